"""Rules and paths: worked out by hand, and what holds for any path."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.credit import paths, split
from app.credit.paths import MADE_FROM, Step
from app.credit.rules import RULES

GIVEN = datetime(2026, 11, 21, 12, tzinfo=UTC)
WINDOW = timedelta(days=30)
AGES = st.lists(st.timedeltas(timedelta(), timedelta(days=400)), min_size=1, max_size=12).map(
    lambda ages: sorted(ages, reverse=True)
)


def days(*ages: float) -> list[timedelta]:
    return [timedelta(days=age) for age in ages]


@pytest.mark.parametrize(
    ("rule", "ages", "shares"),
    [
        ("last", days(3, 2, 1), [0, 0, 1]),
        ("first", days(3, 2, 1), [1, 0, 0]),
        ("linear", days(3, 2, 1), [Fraction(1, 3)] * 3),
        ("position", days(3), [1]),
        ("position", days(3, 2), [Fraction(1, 2)] * 2),
        ("position", days(4, 3, 2, 1), [Fraction(2, 5), Fraction(1, 10), Fraction(1, 10), Fraction(2, 5)]),
        ("decay", days(22, 15, 8, 1), [Fraction(1, 15), Fraction(2, 15), Fraction(4, 15), Fraction(8, 15)]),
    ],
)
def test_shares_by_hand(rule: str, ages: list[timedelta], shares: list[Fraction]) -> None:
    assert RULES[rule].weigh(ages) == pytest.approx([float(share) for share in shares], abs=1e-9)


@given(st.sampled_from(sorted(RULES)), AGES, st.integers(1, 10**12))
def test_money_split_by_any_rule_adds_up(rule: str, ages: list[timedelta], minor: int) -> None:
    shares = RULES[rule].weigh(ages)
    assert sum(shares) == 1
    assert all(share >= 0 for share in shares)
    parts = split.in_parts(minor, shares)
    assert sum(parts) == minor
    assert parts == split.in_parts(minor, RULES[rule].weigh(ages))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_nothing_comes_of_an_empty_path(rule: str) -> None:
    assert RULES[rule].weigh([]) == []
    assert paths.weights(RULES[rule], [], GIVEN) == {}


@given(AGES)
def test_decay_never_gives_more_to_an_older_step(ages: list[timedelta]) -> None:
    shares = RULES["decay"].weigh(ages)
    assert shares == sorted(shares)


def at(age: float, video: int = 1, kind: str = "view") -> Step:
    return Step(video, kind, GIVEN - timedelta(days=age))


def test_a_video_stands_once_at_its_best_touch() -> None:
    steps = [at(9), at(5, kind="open"), at(1), at(7, video=2), at(2, video=2)]
    assert paths.path(steps, GIVEN, WINDOW) == [at(5, kind="open"), at(2, video=2)]


def test_what_lies_before_the_window_or_after_the_gift_is_left_out() -> None:
    steps = [at(30, video=1), at(30.1, video=2), at(-0.1, video=3)]
    assert paths.path(steps, GIVEN, WINDOW) == [at(30, video=1)]


def test_the_video_given_from_comes_last_even_at_the_same_moment() -> None:
    steps = [at(0, video=1, kind=MADE_FROM), at(0, video=2, kind="open")]
    assert [step.video_id for step in paths.path(steps, GIVEN, WINDOW)] == [2, 1]


@given(st.permutations([at(9), at(5, kind="open"), at(1, video=3), at(7, video=2), at(0, 4, MADE_FROM)]))
def test_the_order_of_telling_changes_nothing(steps: list[Step]) -> None:
    assert [step.video_id for step in paths.path(steps, GIVEN, WINDOW)] == [2, 1, 3, 4]
