"""Which videos moved a donation, and by what weight: pure rules over a donation's path.

A path is what is known of how the donor came, oldest first; each step is a video by its id. The last step is
the video the donation was made from, if there was one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Path = Sequence[int]


@dataclass(frozen=True)
class Rule:
    """A rule under the version that is written on every credit; a changed rule gets the next version."""

    name: str
    version: int
    weigh: Callable[[Path], list[Fraction]]


def last(path: Path) -> list[Fraction]:
    """All of it to the last step."""
    return [Fraction(int(step == len(path) - 1)) for step in range(len(path))]


RULES: Mapping[str, Rule] = {"last": Rule("last", 1, last)}


def weights_by_video(rule: Rule, path: Path) -> dict[int, Fraction]:
    """What each video of the path weighs, in the order of its first step; empty for an empty path."""
    weights: dict[int, Fraction] = {}
    for video_id, weight in zip(path, rule.weigh(path), strict=True):
        weights[video_id] = weights.get(video_id, Fraction(0)) + weight
    return weights
