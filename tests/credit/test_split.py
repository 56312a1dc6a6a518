"""Exact parts, whatever the weights and however many refunds there are."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.credit import split

weights = st.lists(st.fractions(min_value=0, max_value=1000), min_size=1, max_size=12).filter(any)
parts = st.lists(st.integers(min_value=1, max_value=10**10), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("total", "shares", "expected"),
    [(100, 3, [34, 33, 33]), (1271, 2, [636, 635]), (1, 3, [1, 0, 0]), (0, 2, [0, 0])],
)
def test_equal_shares_differ_by_one_at_most_and_the_first_gets_it(
    total: int, shares: int, expected: list[int]
):
    assert split.in_parts(total, [Fraction(1)] * shares) == expected


@given(st.integers(min_value=0, max_value=10**13), weights)
def test_parts_add_up_and_are_within_one_of_their_exact_share(total: int, given_weights: list[Fraction]):
    found = split.in_parts(total, given_weights)
    assert sum(found) == total
    for part, weight in zip(found, given_weights, strict=True):
        assert abs(part - total * weight / sum(given_weights)) < 1


@given(parts, st.lists(st.integers(min_value=0, max_value=10**10), max_size=10))
def test_refunds_in_any_steps_never_take_more_than_there_is_and_end_at_nothing(
    credits: list[int], wanted: list[int]
):
    left = list(credits)
    for refund in [*wanted, sum(credits)]:
        refund = min(refund, sum(left))
        taken = split.taken_back(refund, left) if refund else [0] * len(left)
        assert sum(taken) == refund
        left = [have - gone for have, gone in zip(left, taken, strict=True)]
        assert min(left) >= 0
    assert left == [0] * len(credits)


def test_a_refund_of_more_than_is_left_is_refused():
    with pytest.raises(ValueError, match="take back"):
        split.taken_back(11, [5, 5])
