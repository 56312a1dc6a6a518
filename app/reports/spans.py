"""Which rows a period is read from: its whole weeks are summed up already, the days at its ends are not."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    Subquery,
    any_,
    cast,
    func,
    literal,
    select,
    union_all,
)

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


def credited(
    nonprofit_id: int, period: Period, columns: Sequence[str], where: Where = lambda _: ()
) -> Subquery:
    """These columns of the fewest rows of an organisation's credited money that a period is the sum of. A
    week whose days are gone again may stand there with nothing in it: it is left out."""
    day = _days_of(period)
    return union_all(
        *(
            select(*(getattr(table, name) for name in columns)).where(
                table.day >= day[first],
                table.day < day[until],
                table.nonprofit_id == nonprofit_id,
                table.lines != 0,
                *where(table),
            )
            for table, first, until in _parts(CREDIT)
        )
    ).subquery()


def by_step(
    kept: ByDayAndWeek, period: Period, begin: Callable[[date], date], columns: Sequence[str], where: Where
) -> Subquery:
    """These columns of the fewest rows, and their `day`, of which each lies in one step: `begin` says on
    which day that of a day began."""
    part = _days_of(period)
    mondays = [
        day
        for day in _days(part["begins"], part["ends"])[::7]
        if begin(day) == begin(day + timedelta(days=6))
    ]
    summed = {monday + timedelta(days=n) for monday in mondays for n in range(7)}
    others = [day for day in _days(period.first, period.until) if day not in summed]
    return union_all(
        *(
            select(table.day, *(getattr(table, name) for name in columns)).where(
                table.day == any_(literal(days, ARRAY(Date))), *where(table)
            )
            for table, days in ((kept.weeks, mondays), (kept.days, others))
        )
    ).subquery()


def statement(kept: ByDayAndWeek, name: str, columns: Sequence[str], where: str) -> str:
    """The fewest rows of any of these tables in SQL, of the period that `bounds` says under this name."""
    return " UNION ALL ".join(
        f"SELECT {', '.join(columns)} FROM {table.__tablename__} WHERE {where} "  # noqa: S608 (names of our own)
        f"AND day >= :{name}_{first} AND day < :{name}_{until}"
        for table, first, until in _parts(kept)
    )


def bounds(name: str, period: Period) -> dict[str, date]:
    """Parameters of `statement`."""
    return {f"{name}_{what}": day for what, day in _days_of(period).items()}


def total(column: Any) -> ColumnElement[int]:
    """A sum of whole numbers that is one itself: the database gives a decimal, which takes long to read."""
    return cast(func.sum(column), BigInteger)


def monday(day: date) -> date:
    """The day that the week of a day begins on."""
    return day - timedelta(days=day.weekday())


def _parts(kept: ByDayAndWeek) -> Iterable[tuple[Any, str, str]]:
    """The tables that a period is read from, each from one of `_days_of` up to another."""
    return (kept.weeks, "begins", "ends"), (kept.days, "first", "begins"), (kept.days, "ends", "until")


def _days_of(period: Period) -> dict[str, date]:
    """A period's first day, the one on which its whole weeks begin, the one after these (both its end if
    there are none), and the first that is not in it any more."""
    begins, ends = monday(period.first + timedelta(days=6)), monday(period.until)
    if begins >= ends:
        begins = ends = period.until
    return {"first": period.first, "begins": begins, "ends": ends, "until": period.until}


def _days(first: date, until: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((until - first).days)]
