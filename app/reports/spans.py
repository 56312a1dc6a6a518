"""Which rows a period is read from: its whole weeks are summed up already, the days at its ends are not."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Subquery, cast, func, select, union_all

from app.reports.models import DayDonors, DayReach, DayRollup, WeekDonors, WeekReach, WeekRollup
from app.reports.periods import Period


class ByDayAndWeek(NamedTuple):
    """The same sums by the day and by the week; each row is of the span that begins on its `day`."""

    days: Any
    weeks: Any


CREDIT = ByDayAndWeek(DayRollup, WeekRollup)
DONORS = ByDayAndWeek(DayDonors, WeekDonors)
REACH = ByDayAndWeek(DayReach, WeekReach)
Where = Callable[[Any], Iterable[ColumnElement[bool]]]  # of either table


def rows(kept: ByDayAndWeek, period: Period, columns: Sequence[str], where: Where) -> Subquery:
    """These columns of the fewest rows that a period is the sum of."""
    return union_all(
        *(
            select(*(getattr(table, name) for name in columns)).where(
                table.day >= first, table.day < until, *where(table)
            )
            for table, first, until in _parts(kept, period)
        )
    ).subquery()


def credited(
    nonprofit_id: int, period: Period, columns: Sequence[str], where: Where = lambda _: ()
) -> Subquery:
    """The same of an organisation's credited money. A week whose days are gone again may stand there with
    nothing in it: it is left out."""
    return rows(
        CREDIT,
        period,
        columns,
        lambda table: (table.nonprofit_id == nonprofit_id, table.lines != 0, *where(table)),
    )


def total(column: Any) -> ColumnElement[int]:
    """A sum of whole numbers that is one itself: the database gives a decimal, which takes long to read."""
    return cast(func.sum(column), BigInteger)


def monday(day: date) -> date:
    """The day that the week of a day begins on."""
    return day - timedelta(days=day.weekday())


def _parts(kept: ByDayAndWeek, period: Period) -> Iterator[tuple[Any, date, date]]:
    begins, ends = monday(period.first + timedelta(days=6)), monday(period.until)
    if begins >= ends:
        yield kept.days, period.first, period.until
        return
    yield kept.weeks, begins, ends
    if period.first < begins:
        yield kept.days, period.first, begins
    if ends < period.until:
        yield kept.days, ends, period.until
