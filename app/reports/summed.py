"""Sums that the database keeps itself beside those they are made of: whether they still are, and put right.

Triggers add every change to them in its own transaction; nothing else writes them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Session

from app.credit.models import VideoCount
from app.reports import rollups
from app.reports.models import DayDonors, DayReach, DayRollup, WeekDonors, WeekReach, WeekRollup


class _Sums(NamedTuple):
    """A table of sums: what its rows are made of, each of its sums in words of that, and of which rows."""

    table: Any
    source: str
    sums: dict[str, str]
    which: str = "true"
    is_weekly: bool = True

    @property
    def key(self) -> list[str]:
        """What tells its rows apart."""
        table = self.table.__table__
        unique = (one for one in table.constraints if isinstance(one, UniqueConstraint))
        return [column.name for column in next(unique, table.primary_key).columns]


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _by_week(table: Any, days: Any, *sums: str, which: str = "true") -> _Sums:
    return _Sums(table, days.__tablename__, _same(*sums), which)


KIND_OF = {"shown": "shown", "views": "view", "opens": "open", "arrivals": "arrive"}  # by the kind of touch
MONEY, PEOPLE = "money by week", "people by week"
_KEPT = {
    MONEY: _by_week(WeekRollup, DayRollup, *rollups.SUMS),
    PEOPLE: _by_week(WeekDonors, DayDonors, "donors", which="before < monday_of(day)"),
    "reach": _Sums(
        DayReach,
        VideoCount.__tablename__,
        {name: f"CASE kind WHEN '{kind}' THEN count ELSE 0 END" for name, kind in KIND_OF.items()},
        f"project_id IS NOT NULL AND kind IN {tuple(KIND_OF.values())}",
        is_weekly=False,
    ),
    "reach by week": _by_week(WeekReach, DayReach, *KIND_OF),
}
NAMES = tuple(_KEPT)


def differences(session: Session, name: str) -> Sequence[Any]:
    """What a table of sums lacks in each of its rows (below zero: has too much); nothing when all is well."""
    return session.execute(text(_lacking(_KEPT[name]))).all()


def rebuild(session: Session, name: str) -> None:
    """Add what is lacking in one statement, while others may go on writing."""
    kept = _KEPT[name]
    table, key = kept.table.__tablename__, ", ".join(kept.key)
    added = ", ".join(f"{one} = {table}.{one} + excluded.{one}" for one in kept.sums)
    session.execute(
        text(f"""
            INSERT INTO {table} ({key}, {", ".join(kept.sums)}) {_lacking(kept)} ORDER BY {key}
            ON CONFLICT ({key}) DO UPDATE SET {added}
        """)
    )


def of_what(row: Any, name: str) -> str:
    """Which row of its table a difference is of, in words."""
    return ", ".join(f"{one} {getattr(row, one)}" for one in _KEPT[name].key)


def lacking_in_words(row: Any, name: str) -> str:
    """A difference in words."""
    lacks = {one: getattr(row, one) for one in _KEPT[name].sums}
    return ", ".join(f"{one} {lack:+}" for one, lack in lacks.items() if lack)


def _lacking(kept: _Sums) -> str:
    key = ", ".join(kept.key)
    spans = ["monday_of(day) AS day" if kept.is_weekly and one == "day" else one for one in kept.key]
    should = ", ".join(f"{how} AS {one}" for one, how in kept.sums.items())
    has = ", ".join(f"-{one}" for one in kept.sums)
    return f"""
        SELECT {key}, {", ".join(f"sum({one})::bigint AS {one}" for one in kept.sums)} FROM (
            SELECT {", ".join(spans)}, {should} FROM {kept.source} WHERE {kept.which}
            UNION ALL SELECT {key}, {has} FROM {kept.table.__tablename__}
        ) both_sides
        GROUP BY {key} HAVING {" OR ".join(f"sum({one}) <> 0" for one in kept.sums)}
    """  # noqa: S608 (names of our own tables and columns)
