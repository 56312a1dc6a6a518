"""Spans that move with the calendar, and what each is compared with."""

from datetime import UTC, date, datetime

import pytest

from app.reports import periods
from app.reports.periods import Period

NOW = datetime(2026, 2, 28, 17, tzinfo=UTC)  # March has begun in Auckland, February runs in Amsterdam


@pytest.mark.parametrize(
    ("span", "first", "last", "before"),
    [
        ("30-days", date(2026, 1, 31), date(2026, 3, 1), date(2026, 1, 1)),
        ("this-month", date(2026, 3, 1), date(2026, 3, 31), date(2026, 2, 1)),
        ("last-month", date(2026, 2, 1), date(2026, 2, 28), date(2026, 1, 1)),
        ("this-quarter", date(2026, 1, 1), date(2026, 3, 31), date(2025, 10, 1)),
        ("last-quarter", date(2025, 10, 1), date(2025, 12, 31), date(2025, 7, 1)),
        ("this-year", date(2026, 1, 1), date(2026, 12, 31), date(2025, 1, 1)),
        ("last-year", date(2025, 1, 1), date(2025, 12, 31), date(2024, 1, 1)),
    ],
)
def test_a_span_is_whole_days_of_the_zone_and_compares_with_the_same_before(
    span: str, first: date, last: date, before: date
):
    period = periods.named(span, NOW, "Pacific/Auckland")
    assert (period.first, period.last) == (first, last)
    assert (period.previous().first, period.previous().until) == (before, first)


def test_a_period_knows_how_much_of_it_has_begun():
    month = Period(date(2026, 2, 1), date(2026, 3, 1), "Europe/Amsterdam")
    assert month.days_gone(NOW) == 28
    assert month.days_gone(datetime(2026, 1, 31, 22, 59, tzinfo=UTC)) == 0
    assert month.days_gone(datetime(2026, 1, 31, 23, 0, tzinfo=UTC)) == 1
    assert month.days_gone(datetime(2027, 1, 1, tzinfo=UTC)) == 28
