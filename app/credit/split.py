"""Integer parts of money: pure, exact, reproducible."""

from collections.abc import Sequence
from fractions import Fraction

from app.core.money import largest_remainder


def in_parts(total: int, weights: Sequence[Fraction]) -> list[int]:
    """`total` minor units by weights, adding up exactly. Raises ValueError as `largest_remainder` does."""
    return largest_remainder(total, weights)


def either_way(total: int, weights: Sequence[Fraction]) -> list[int]:
    """`total` minor units by weights, above zero or below: the parts of -x are those of x, negated.

    Raises ValueError as `largest_remainder` does.
    """
    sign = 1 if total >= 0 else -1
    return [sign * part for part in in_parts(abs(total), weights)]


def taken_back(refunded: int, remaining: Sequence[int]) -> list[int]:
    """What a refund of `refunded` minor units takes from parts of which `remaining` is left.

    In proportion to what is left of each, so that no part ever goes below zero, in however many steps it is
    refunded, and a full refund takes back exactly everything. Raises ValueError for more than is left in all.
    """
    if refunded == 0:
        return [0] * len(remaining)
    if refunded > sum(remaining):
        raise ValueError(f"cannot take back {refunded} of {sum(remaining)}")
    return largest_remainder(refunded, [Fraction(part) for part in remaining])
