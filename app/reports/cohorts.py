"""Cohorts: donors whose first gift was in the same month, how many of them gave again, and how much."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.money import Money
from app.reports.models import MonthCohort


@dataclass(frozen=True)
class CohortMonth:
    """How many donors of a cohort gave in a month, and how much; refunds are not taken off."""

    month: date
    donors: int
    gross: Money


@dataclass(frozen=True)
class Cohort:
    """Donors whose first gift in a currency was in the month that begins with `began`.

    `months` begins with that month and has every one up to the newest in which anybody gave.
    """

    currency: str
    began: date
    months: list[CohortMonth]

    @property
    def donors(self) -> int:
        """How many they are."""
        return self.months[0].donors


def of(session: Session, nonprofit_id: int) -> list[Cohort]:
    """The cohorts of a nonprofit, by currency, oldest first."""
    found: defaultdict[tuple[str, date], dict[date, MonthCohort]] = defaultdict(dict)
    newest: dict[str, date] = {}
    rows = select(MonthCohort).where(MonthCohort.nonprofit_id == nonprofit_id)
    for row in session.scalars(rows):
        found[row.currency, row.began][row.month] = row
        newest[row.currency] = max(newest.get(row.currency, row.month), row.month)
    return [
        Cohort(currency, began, [_month(currency, month, rows) for month in _months(began, newest[currency])])
        for (currency, began), rows in sorted(found.items())
    ]


def _month(currency: str, month: date, rows: dict[date, MonthCohort]) -> CohortMonth:
    row = rows.get(month)
    return CohortMonth(month, row.donors if row else 0, Money(row.gross_minor if row else 0, currency))


def _months(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = (first + timedelta(days=31)).replace(day=1)
