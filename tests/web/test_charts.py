"""Charts are drawn from their numbers alone."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.web import charts

VALUES = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("values", "low", "high", "ticks"),
    [
        ([], 0, 1, 2),
        ([0], 0, 1, 2),
        ([7], 0, 8, 5),
        ([1234_56], 0, 150_000, 4),
        ([-30, 100], -50, 100, 4),
        ([-5], -6, 0, 4),
    ],
)
def test_a_scale_holds_zero_and_ends_on_round_numbers(values: list[int], low: int, high: int, ticks: int):
    made = charts.scale(values)
    assert (made.low, made.high, len(made.ticks)) == (low, high, ticks)


@settings(max_examples=30)
@given(VALUES)
def test_every_bar_lies_on_its_scale_and_longer_ones_mean_more(values: list[int]):
    on = charts.scale(values)
    assert on.low <= min(0, *values) <= max(0, *values) <= on.high
    for value, place in zip(values, charts.columns(on, values), strict=True):
        made = charts.bar(on, value)
        assert made.start >= -0.01
        assert place.top + place.height <= 101
        assert (made.length == 0) == (value == 0)
    lengths = sorted((abs(value), charts.bar(on, value).length) for value in values)
    assert [length for _, length in lengths] == sorted(length for _, length in lengths)


def test_a_hill_goes_through_its_values_and_never_above_them():
    on = charts.scale([0, 4, 1])
    path = charts.ridge(on, [0, 4, 1])
    heights = [float(y) for _, y in re.findall(r"([\d.]+),([\d.]+)", path)]
    assert min(heights) == on.down(4)
    assert path.startswith("M0,100.0 C")
    assert charts.line(on, [0, 4, 1]) == f"16.67,{on.down(0)} 50.0,{on.down(4)} 83.33,{on.down(1)}"


def test_a_long_time_has_few_names_below_it():
    assert charts.labelled(3, 6) == [0, 1, 2]
    assert charts.labelled(31, 6) == [0, 6, 12, 18, 24, 30]
    assert charts.labelled(0, 6) == []
