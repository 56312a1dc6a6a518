"""The path of a donation: what is known of how its donor came to give, oldest first. Pure.

A step is a touch of one video. A video that was met several times stands once, at its best touch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from app.credit.rules import Rule

MADE_FROM = "made_from"
# What says more about the will to give stands above what says less.
RANKS = {"view": 0, "arrive": 1, "open": 2, MADE_FROM: 3}


@dataclass(frozen=True)
class Step:
    """A touch of a video: seen, come to through a share, its sheet opened, or the gift made from it."""

    video_id: int
    kind: str
    at: datetime


def path(steps: Iterable[Step], given_at: datetime, window: timedelta) -> list[Step]:
    """The steps within `window` before the gift, one a video, oldest first; the one given from comes last,
    and counts however long ago it was, as with the later months of a gift.
    """
    best: dict[int, Step] = {}
    for step in steps:
        if step.kind == MADE_FROM or given_at - window <= step.at <= given_at:
            known = best.get(step.video_id)
            if known is None or _worth(step) > _worth(known):
                best[step.video_id] = step
    return sorted(best.values(), key=lambda step: (step.kind == MADE_FROM, step.at, step.video_id))


def weights(rule: Rule, steps: Sequence[Step], given_at: datetime) -> dict[int | None, Fraction]:
    """What each video of a path weighs by a rule, in the order of the path; empty for an empty one."""
    shares = rule.weigh([given_at - step.at for step in steps])
    return {step.video_id: share for step, share in zip(steps, shares, strict=True)}


def _worth(step: Step) -> tuple[int, datetime]:
    return RANKS[step.kind], step.at
