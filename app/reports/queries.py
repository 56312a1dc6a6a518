"""The report: what each creator, video and project brought in a period, with the period before beside it.

Every figure is a sum of rollups; currencies are never added together. The uncredited part is a row of its
own, so that the money of a currency's rows always adds up to its total. Donations do not: a gift that is
split counts once in each row that it reaches, and once in the total.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.core import bulk
from app.credit import ranking
from app.reports import lines_sql, people, spans
from app.reports.figures import Cause, Clip, Creator, Figures, Line
from app.reports.lines_sql import COLUMNS, LEVELS
from app.reports.periods import Period

_NOW = COLUMNS.index("currency")
_BEFORE = _NOW + len(lines_sql.FIGURES)
_NAMED = _BEFORE + len(lines_sql.FIGURES_BEFORE)


@dataclass(frozen=True)
class Order:
    """The order of the lines of a currency, what no video moved being the last: by one of lines_sql.SORTS,
    the greatest first unless upwards; what is alike, or all, by the net without what a ranking holds.

    What is held has a creator and a video: it is left aside where projects are asked for.
    With `most`, a table has the lines in its first places, and those with the first `leading` ranks.
    """

    sort: str = ""
    is_upward: bool = False
    held: Mapping[ranking.Key, int] = field(default_factory=dict[ranking.Key, int])
    most: int | None = None
    leading: int = 0


@dataclass(frozen=True)
class Report:
    """A nonprofit's report for a period; lines by currency, then in their order, uncredited last. `counts`
    says how many there are of a table in a currency, with those that were left out.

    `donors_as_of` is the moment up to which it is counted who gave, never after the period's end. Of the
    period before, nobody is told how often something was seen; how many gave then is told of totals alone.
    """

    period: Period
    rule: str
    donors_as_of: datetime
    counts: Mapping[tuple[str, str], int]
    creators: Sequence[Line] = ()
    videos: Sequence[Line] = ()
    projects: Sequence[Line] = ()
    totals: Sequence[Line] = ()


def report(
    session: Session,
    nonprofit_id: int,
    period: Period,
    only: Collection[str] = tuple(LEVELS),
    order: Order = Order(),
) -> Report:
    """The report of a nonprofit for a period, beside the one before. Tables (of LEVELS) that are not in
    `only` stay empty."""
    sort = order.sort if order.sort in lines_sql.SORTS else ""  # a statement of each order is kept
    statement = lines_sql.statement(
        tuple(only) or ("totals",), sort, is_upward=order.is_upward, is_cut=order.most is not None
    )
    held = [
        {"creator_id": creator_id, "video_id": video_id, "currency": currency, "minor": minor}
        for (creator_id, video_id, currency), minor in order.held.items()
    ]
    about: dict[str, Any] = {
        "nonprofit_id": nonprofit_id,
        "held": bulk.as_json(held),
        **spans.bounds("now", period),
        **spans.bounds("before", period.previous()),
    }
    if order.most is not None:
        about |= {"most": order.most, "leading": order.leading}
    donors_as_of = min(people.as_of(session), period.ends_at)  # before those who are counted meanwhile
    rows = session.execute(statement, about).all()
    tables: defaultdict[str, list[Line]] = defaultdict(list)
    for row in rows:
        tables[row.table_name].append(_line(row))
    return Report(
        period,
        rows[0].rules or "" if rows else "",
        donors_as_of,
        {(row.table_name, row.currency): row.line_count for row in rows},
        **{name: tables[name] for name in only},
    )


def _line(row: Row[Any]) -> Line:
    return Line(
        Creator(row.creator_id, row.creator_code, row.creator_name) if row.creator_id else None,
        Clip(row.video_id, row.video_code, row.video_name) if row.video_id else None,
        Figures(*row[_NOW:_BEFORE]),
        Figures(*row[_BEFORE:_NAMED]),
        Cause(row.project_id, row.project_code, row.project_name) if row.project_id else None,
        row.place,
        row.rank,
    )
