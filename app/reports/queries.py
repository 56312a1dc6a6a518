"""The report: what each creator, video and project brought in a period, with the period before beside it.

Every figure is a sum of rollups; currencies are never added together. The uncredited part is a row of its
own, so that the money of a currency's rows always adds up to its total. Donations do not: a gift that is
split counts once in each row that it reaches, and once in the total.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, null, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import bulk
from app.credit.models import VideoCount
from app.projects.models import Project
from app.reports import people
from app.reports.figures import Cause, Clip, Creator, Figures, Line
from app.reports.models import SCOPES, DayDonors, DayRollup
from app.reports.periods import Period
from app.reports.rollups import COUNTS
from app.videos.models import Video

TOUCHES = {"shown": "shown", "view": "views", "open": "opens", "arrive": "arrivals"}
MONEY = ("gross_minor", "refunded_minor", "fee_minor", "relay_minor")


@dataclass(frozen=True)
class Report:
    """A nonprofit's report for a period; lines by currency, then by what they brought, uncredited last.

    `donors_as_of` is the moment up to which it is counted who gave, never after the period's end.
    """

    period: Period
    rule: str
    donors_as_of: datetime
    creators: list[Line] = field(default_factory=list[Line])
    videos: list[Line] = field(default_factory=list[Line])
    projects: list[Line] = field(default_factory=list[Line])
    totals: list[Line] = field(default_factory=list[Line])


class _Part(NamedTuple):
    """What a video (or none) brought a project in a period, in a currency, or how often it was touched. An id
    that no line of the wanted tables is of is 0: what differs by it alone is one part."""

    creator_id: int
    video_id: int
    project_id: int
    currency: str
    figures: Mapping[str, int]


class _Level(NamedTuple):
    """One of the report's tables: whose lines it has, and which count of donations is theirs."""

    scope: str
    named: tuple[str, ...]  # what a line is of; the rest of the key is 0
    counted: str


LEVELS = {
    "creators": _Level("creator", ("creator_id",), "creator_donations"),
    "videos": _Level("video", ("creator_id", "video_id"), "donations"),
    "projects": _Level("project", ("project_id",), "gifts"),
    "totals": _Level("total", (), "gifts"),
}
WHOSE = ("creator_id", "video_id", "project_id")
Whose = tuple[int, int, int]  # the same
Key = tuple[Whose, str]  # and a currency
Donors = Mapping[tuple[int, int, str], int]  # by scope, id and currency


def report(
    session: Session,
    nonprofit_id: int,
    period: Period,
    only: Collection[str] = tuple(LEVELS),
) -> Report:
    """The report of a nonprofit for a period, beside the one before. Tables (of LEVELS) that are not in
    `only` stay empty."""
    earlier = period.previous()
    rules: set[str] = set()
    named = frozenset(name for table in only for name in LEVELS[table].named)
    now = [
        *_money(session, nonprofit_id, period, named, rules),
        *_touches(session, nonprofit_id, period, named),
    ]
    then = _money(session, nonprofit_id, earlier, named, set())  # nobody is told how often it was seen then
    scopes = [SCOPES[LEVELS[table].scope] for table in only]
    donors, donors_then = (_donors(session, nonprofit_id, one, scopes) for one in (period, earlier))
    names = _Names(session, [*now, *then])
    tables: dict[str, list[Line]] = {}
    for name in only:
        level = LEVELS[name]
        these, those = _lines(level, now, donors), _lines(level, then, donors_then)
        found = [
            names.line(key, these.get(key) or Figures(key[1]), those.get(key) or Figures(key[1]))
            for key in {**these, **those}
        ]
        tables[name] = sorted(found, key=_order)
    as_of = min(people.as_of(session), period.ends_at)
    return Report(period, ", ".join(sorted(rules)), as_of, **tables)


def _money(
    session: Session, nonprofit_id: int, period: Period, named: Collection[str], rules: set[str]
) -> list[_Part]:
    """What the rollup has of a period; notes the rules that decided it, whatever the projects say today.

    A refund goes by the rule that had decided the credit it takes from.
    """
    names = (*COUNTS, *MONEY)
    ids = {name: getattr(DayRollup, name) for name in named}
    keys = [*ids.values(), DayRollup.currency, DayRollup.rule]
    sums = [_sum(getattr(DayRollup, name)) for name in names]
    rows = _rows(
        session,
        select(*_whose_ids(ids), DayRollup.currency, DayRollup.rule, *sums)
        .where(
            DayRollup.nonprofit_id == nonprofit_id,
            DayRollup.day >= period.first,
            DayRollup.day < period.until,
        )
        .group_by(*keys),
    )
    found: list[_Part] = []
    for creator_id, video_id, project_id, currency, rule, *added in rows:
        rules.add(rule)
        figures = {name: one for name, one in zip(names, added, strict=True) if one}
        found.append(_Part(creator_id or 0, video_id or 0, project_id or 0, currency, figures))
    return found


def _touches(session: Session, nonprofit_id: int, period: Period, named: Collection[str]) -> list[_Part]:
    """How often videos were touched while they carried one of its projects, in the project's currency."""
    whole = {"creator_id": Video.creator_id, "video_id": Video.id, "project_id": Project.id}
    ids = {name: whole[name] for name in named}
    rows = _rows(
        session,
        select(*_whose_ids(ids), Project.currency, VideoCount.kind, _sum(VideoCount.count))
        .select_from(VideoCount)
        .join(Project, Project.id == VideoCount.project_id)
        .join(Video, Video.id == VideoCount.video_id)
        .where(
            Project.nonprofit_id == nonprofit_id,
            VideoCount.kind.in_(TOUCHES),
            VideoCount.day >= period.first,
            VideoCount.day < period.until,
        )
        .group_by(*ids.values(), Project.currency, VideoCount.kind),
    )
    return [
        _Part(creator_id or 0, video_id or 0, project_id or 0, currency, {TOUCHES[kind]: times})
        for creator_id, video_id, project_id, currency, kind, times in rows
    ]


def _sum(column: Any) -> ColumnElement[int]:
    """A sum of whole numbers that is one itself: the database gives a decimal, which takes long to read."""
    return cast(func.sum(column), BigInteger)


def _rows(session: Session, query: Select[Any]) -> Iterable[Any]:
    return session.execute(query)


def _whose_ids(ids: Mapping[str, Any]) -> list[ColumnElement[Any]]:
    """The ids of a part in its order; NULL for those that are not asked for."""
    return [ids[name] if name in ids else null() for name in WHOSE]


def _donors(session: Session, nonprofit_id: int, period: Period, scopes: Collection[int]) -> Donors:
    """How many people gave: on each day those are counted who had not given in the period before it."""
    rows = session.execute(
        select(DayDonors.scope, DayDonors.scope_id, DayDonors.currency, _sum(DayDonors.donors))
        .where(
            DayDonors.nonprofit_id == nonprofit_id,
            DayDonors.scope.in_(scopes),
            DayDonors.day >= period.first,
            DayDonors.day < period.until,
            DayDonors.before < period.first,
        )
        .group_by(DayDonors.scope, DayDonors.scope_id, DayDonors.currency)
    )
    return {(scope, scope_id, currency): count for scope, scope_id, currency, count in rows}


def _lines(level: _Level, parts: Iterable[_Part], donors: Donors) -> dict[Key, Figures]:
    sums: dict[Key, dict[str, int]] = {}
    by_creator, by_video, by_project = (name in level.named for name in WHOSE)
    for creator_id, video_id, project_id, currency, figures in parts:
        whose = (
            creator_id if by_creator else 0,
            video_id if by_video else 0,
            project_id if by_project else 0,
        )
        line = sums.setdefault((whose, currency), {})
        for name, number in figures.items():
            line[name] = line.get(name, 0) + number
    lines: dict[Key, Figures] = {}
    for (whose, currency), line in sums.items():
        donations = line.get(level.counted, 0)
        told = {name: number for name, number in line.items() if name not in COUNTS}
        donors_of = donors.get((SCOPES[level.scope], _id(whose), currency), 0)
        lines[whose, currency] = Figures(currency, donations=donations, donors=donors_of, **told)
    return lines


def _id(whose: Whose) -> int:
    creator_id, video_id, project_id = whose
    return project_id or video_id or creator_id


class _Names:
    """The names of everything that lines are of, read at once."""

    def __init__(self, session: Session, parts: Collection[_Part]) -> None:
        self.creators = _named(session, Creator, Person, Person.name, {one.creator_id for one in parts})
        self.videos = _named(session, Clip, Video, Video.title, {one.video_id for one in parts})
        self.projects = _named(session, Cause, Project, Project.title, {one.project_id for one in parts})

    def line(self, key: Key, now: Figures, before: Figures) -> Line:
        creator_id, video_id, project_id = key[0]
        return Line(
            self.creators.get(creator_id),
            self.videos.get(video_id),
            now,
            before,
            self.projects.get(project_id),
        )


def _named(session: Session, kind: Any, table: Any, name: Any, ids: Collection[int]) -> dict[int, Any]:
    rows = session.execute(select(table.id, table.code, name).where(table.id == bulk.of_ids(ids)))
    return {row[0]: kind(*row) for row in rows}


def _order(line: Line) -> tuple[str, bool, int, int, str, str]:
    named = line.video or line.creator or line.project
    return (
        line.now.currency,
        named is None,
        -line.now.net.minor,
        -line.now.views,
        named[2] if named else "",
        named[1] if named else "",
    )
