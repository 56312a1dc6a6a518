"""Which videos moved a donation, and by what weight: pure rules over a donation's path.

A rule sees the steps of the path, oldest first, each as the time that lay between it and the donation. The
weights add up to 1 exactly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Context, Decimal
from fractions import Fraction

Ages = Sequence[timedelta]

HALF_LIFE = timedelta(days=7)
EDGE, BETWEEN = Fraction(2, 5), Fraction(1, 5)
# Powers of two with broken exponents are rounded here, to the same digits on every machine.
PRECISION = Context(prec=30)


@dataclass(frozen=True)
class Rule:
    """A rule under the version that is written on every credit; a changed rule gets the next version."""

    name: str
    version: int
    weigh: Callable[[Ages], list[Fraction]]


def last(ages: Ages) -> list[Fraction]:
    """All of it to the last step: the video the donation was made from, if there was one."""
    return [Fraction(int(step == len(ages) - 1)) for step in range(len(ages))]


def first(ages: Ages) -> list[Fraction]:
    """All of it to the first step."""
    return [Fraction(int(step == 0)) for step in range(len(ages))]


def linear(ages: Ages) -> list[Fraction]:
    """The same to each step."""
    return [Fraction(1, len(ages)) for _ in ages]


def decay(ages: Ages) -> list[Fraction]:
    """Half as much for every seven days that lay between the step and the donation."""
    # Counted from the newest step on, which changes no share, so that even old paths keep all their digits.
    newest = min(ages, default=timedelta())
    halvings = (Decimal((age - newest) / timedelta(microseconds=1)) for age in ages)
    half_life = Decimal(HALF_LIFE / timedelta(microseconds=1))
    raw = [Fraction(PRECISION.power(2, -PRECISION.divide(one, half_life))) for one in halvings]
    total = sum(raw, Fraction(0))
    return [weight / total for weight in raw]


def position(ages: Ages) -> list[Fraction]:
    """Two fifths each to the first and the last step, one fifth spread over those between them."""
    between = len(ages) - 2
    if between < 0:
        return [Fraction(1)] * len(ages)
    if between == 0:
        return [Fraction(1, 2)] * 2
    return [EDGE, *[BETWEEN / between] * between, EDGE]


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("last", 1, last),
        Rule("first", 1, first),
        Rule("linear", 1, linear),
        Rule("decay", 1, decay),
        Rule("position", 1, position),
    )
}
