"""Why a gift was split as it was: the path, the weights, the rounding, and what other rules would have said.

Pure: from the evidence that was frozen with the credit and from the gift's own figures, so that the same gift
is explained in the same way for good.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from app.core.money import Money
from app.credit import paths, split
from app.credit.paths import Step
from app.credit.rules import RULES


@dataclass(frozen=True)
class Met:
    """A step of the path. `video` is a public code, None for a video of somebody else; `age` is the time that
    lay between it and the gift, None where it is not told."""

    video: str | None
    kind: str
    at: datetime | None
    age: timedelta | None
    weight: Fraction


@dataclass(frozen=True)
class Share:
    """What a video has of a gift. `exact` is its part in minor units before rounding; `is_rounded_up` says
    that it got one of the minor units that rounding down had left over."""

    video: str | None
    weight: Fraction
    exact: Fraction
    amount: Money
    is_rounded_up: bool


@dataclass(frozen=True)
class Verdict:
    """What a rule would give: each video of the path its part, in the order of the path."""

    rule: str
    version: int
    parts: Sequence[tuple[str | None, Money]]


@dataclass(frozen=True)
class Explanation:
    """A gift's split, told whole. `rule` is "decided" for one that the nonprofit moved."""

    rule: str
    version: int
    window_days: int
    inherited_from: str
    captured: Money
    steps: Sequence[Met]
    shares: Sequence[Share]
    others: Sequence[Verdict]


def explain(
    evidence: Mapping[str, Any], rule: str, version: int, captured: Money, given_at: datetime
) -> Explanation:
    """The split of `captured` by the evidence that was frozen when it was decided.

    `given_at` is when the gift was made, for evidence that does not say it itself.
    """
    given = datetime.fromisoformat(evidence["given_at"]) if "given_at" in evidence else given_at
    weights = {code: Fraction(weight) for code, weight in evidence["weights"]}
    return Explanation(
        rule,
        version,
        evidence["window_days"],
        evidence.get("inherited_from", ""),
        captured,
        [_met(step, given, weights) for step in evidence["path"]],
        _shares(weights or {None: Fraction(1)}, captured),
        _others(evidence["path"], given, captured),
    )


def own_only(told: Explanation, own: Collection[str]) -> Explanation:
    """The same for a creator: whose the other videos are, and when the donor met them, is left out."""
    return replace(
        told,
        steps=[
            one if one.video in own else replace(one, video=None, kind="", at=None, age=None)
            for one in told.steps
        ],
        shares=[one for one in told.shares if one.video in own],
        others=[replace(one, parts=[part for part in one.parts if part[0] in own]) for one in told.others],
    )


def _met(step: Mapping[str, Any], given: datetime, weights: Mapping[str | None, Fraction]) -> Met:
    at = datetime.fromisoformat(step["at"]) if "at" in step else None
    weight = weights.get(step["video"], Fraction(0))
    return Met(step["video"], step["kind"], at, given - at if at else None, weight)


def _shares(weights: Mapping[str | None, Fraction], captured: Money) -> list[Share]:
    amounts = split.in_parts(captured.minor, list(weights.values()))
    whole = sum(weights.values(), Fraction(0))
    shares: list[Share] = []
    for (code, weight), amount in zip(weights.items(), amounts, strict=True):
        exact = captured.minor * weight / whole
        shares.append(Share(code, weight, exact, Money(amount, captured.currency), amount > exact))
    return shares


def _others(path: Sequence[Mapping[str, Any]], given: datetime, captured: Money) -> list[Verdict]:
    """What every rule makes of the path, today's versions; nothing of a path whose times were not kept."""
    if not path or any("at" not in step for step in path):
        return []
    steps = [Step(index, step["kind"], datetime.fromisoformat(step["at"])) for index, step in enumerate(path)]
    verdicts: list[Verdict] = []
    for rule in RULES.values():
        amounts = split.in_parts(captured.minor, list(paths.weights(rule, steps, given).values()))
        parts = [
            (step["video"], Money(amount, captured.currency))
            for step, amount in zip(path, amounts, strict=True)
        ]
        verdicts.append(Verdict(rule.name, rule.version, parts))
    return verdicts
