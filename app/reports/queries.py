"""The report: what each creator, video and project brought in a period, with the period before beside it.

Every figure is a sum of rollups; currencies are never added together. The uncredited part is a row of its
own, so that the money of a currency's rows always adds up to its total. Donations do not: a gift that is
split counts once in each row that it reaches, and once in the total.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, null, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import bulk
from app.projects.models import Project
from app.reports import people, spans
from app.reports.figures import Cause, Clip, Creator, Figures, Line
from app.reports.models import SCOPES
from app.reports.periods import Period
from app.reports.rollups import COUNTS
from app.reports.summed import KIND_OF
from app.videos.models import Video

MONEY = ("gross_minor", "refunded_minor", "fee_minor", "relay_minor")
REACH = tuple(KIND_OF)
NO_MONEY, NO_REACH = (0,) * len((*COUNTS, *MONEY)), (0,) * len(REACH)


@dataclass(frozen=True)
class Report:
    """A nonprofit's report for a period; lines by currency, then by what they brought, uncredited last.

    `donors_as_of` is the moment up to which it is counted who gave, never after the period's end. How many
    gave in the period before is told of totals alone.
    """

    period: Period
    rule: str
    donors_as_of: datetime
    creators: list[Line] = field(default_factory=list[Line])
    videos: list[Line] = field(default_factory=list[Line])
    projects: list[Line] = field(default_factory=list[Line])
    totals: list[Line] = field(default_factory=list[Line])


WHOSE = ("creator_id", "video_id", "project_id")
Whose = tuple[int, int, int]  # the same; 0 for none, and for what no line of the wanted tables is of


class _Part(NamedTuple):
    """What a video (or none) brought a project in a period, in a currency, or how often it was touched."""

    whose: Whose
    currency: str
    numbers: Sequence[int]  # of COUNTS, MONEY and REACH


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
        *_reach(session, nonprofit_id, period, named),
    ]
    then = _money(session, nonprofit_id, earlier, named, set())  # nobody is told how often it was seen then
    donors = _donors(session, nonprofit_id, period, [SCOPES[LEVELS[table].scope] for table in only])
    donors_then = _donors(session, nonprofit_id, earlier, [SCOPES["total"]] if "totals" in only else [])
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
    sums = (*COUNTS, *MONEY)
    found = spans.credited(nonprofit_id, period, (*named, "currency", "rule", *sums)).c
    keys = {name: found[name] for name in named}
    rows = _rows(
        session,
        select(
            *_whose_ids(keys), found.currency, found.rule, *(spans.total(found[name]) for name in sums)
        ).group_by(*keys.values(), found.currency, found.rule),
    )
    parts: list[_Part] = []
    for creator_id, video_id, project_id, currency, rule, *numbers in rows:
        rules.add(rule)
        whose = (creator_id or 0, video_id or 0, project_id or 0)
        parts.append(_Part(whose, currency, (*numbers, *NO_REACH)))
    return parts


def _reach(session: Session, nonprofit_id: int, period: Period, named: Collection[str]) -> list[_Part]:
    """How often videos were touched while they carried one of its projects, in the project's currency."""
    own = select(Project.id).where(Project.nonprofit_id == nonprofit_id)
    found = spans.rows(
        spans.REACH,
        period,
        ("video_id", "project_id", *REACH),
        lambda table: (table.project_id.in_(own),),
    ).c
    whole = {"creator_id": Video.creator_id, "video_id": Video.id, "project_id": Project.id}
    keys = {name: whole[name] for name in named}
    rows = _rows(
        session,
        select(*_whose_ids(keys), Project.currency, *(spans.total(found[name]) for name in REACH))
        .join(Project, Project.id == found.project_id)
        .join(Video, Video.id == found.video_id)
        .group_by(*keys.values(), Project.currency),
    )
    return [
        _Part((creator_id or 0, video_id or 0, project_id or 0), currency, (*NO_MONEY, *numbers))
        for creator_id, video_id, project_id, currency, *numbers in rows
        if any(numbers)
    ]


def _rows(session: Session, query: Select[Any]) -> Iterable[Any]:
    return session.execute(query)


def _whose_ids(ids: Mapping[str, Any]) -> list[ColumnElement[Any]]:
    """The ids of a part in its order; NULL for those that are not asked for."""
    return [ids[name] if name in ids else null() for name in WHOSE]


def _donors(session: Session, nonprofit_id: int, period: Period, scopes: Collection[int]) -> Donors:
    """How many people gave: in each span those are counted who had not given in the period before it."""
    if not scopes:
        return {}
    found = spans.rows(
        spans.DONORS,
        period,
        ("scope", "scope_id", "currency", "donors"),
        lambda table: (
            table.nonprofit_id == nonprofit_id,
            table.scope.in_(scopes),
            table.before < period.first,
        ),
    ).c
    rows = session.execute(
        select(found.scope, found.scope_id, found.currency, spans.total(found.donors)).group_by(
            found.scope, found.scope_id, found.currency
        )
    )
    return {(scope, scope_id, currency): count for scope, scope_id, currency, count in rows}


def _lines(level: _Level, parts: Iterable[_Part], donors: Donors) -> dict[Key, Figures]:
    found: defaultdict[Key, list[Sequence[int]]] = defaultdict(list)
    by_creator, by_video, by_project = (name in level.named for name in WHOSE)
    for (creator_id, video_id, project_id), currency, numbers in parts:
        whose = (
            creator_id if by_creator else 0,
            video_id if by_video else 0,
            project_id if by_project else 0,
        )
        found[whose, currency].append(numbers)
    counted, scope = COUNTS.index(level.counted), SCOPES[level.scope]
    lines: dict[Key, Figures] = {}
    for (whose, currency), each in found.items():
        numbers = [sum(column) for column in zip(*each, strict=True)] if len(each) > 1 else each[0]
        money, reach = numbers[len(COUNTS) : -len(REACH)], numbers[-len(REACH) :]
        gave = donors.get((scope, _id(whose), currency), 0)
        lines[whose, currency] = Figures._make([currency, numbers[counted], *money, gave, *reach])
    return lines


def _id(whose: Whose) -> int:
    creator_id, video_id, project_id = whose
    return project_id or video_id or creator_id


class _Names:
    """The names of everything that lines are of, read at once."""

    def __init__(self, session: Session, parts: Collection[_Part]) -> None:
        self.creators = _named(session, Creator, Person, Person.name, {one.whose[0] for one in parts})
        self.videos = _named(session, Clip, Video, Video.title, {one.whose[1] for one in parts})
        self.projects = _named(session, Cause, Project, Project.title, {one.whose[2] for one in parts})

    def line(self, key: Key, now: Figures, before: Figures) -> Line:
        creator_id, video_id, project_id = key[0]
        return Line(
            self.creators.get(creator_id),
            self.videos.get(video_id),
            now,
            before,
            self.projects.get(project_id),
        )


def _named(session: Session, kind: Any, table: Any, name: Any, ids: set[int]) -> dict[int, Any]:
    known = ids - {0}
    if not known:
        return {}
    rows = session.execute(select(table.id, table.code, name).where(table.id == bulk.of_ids(known)))
    return {row[0]: kind._make(row) for row in rows}


def _order(line: Line) -> tuple[str, bool, int, int, str, str]:
    named = line.video or line.creator or line.project
    return (
        line.now.currency,
        named is None,
        -line.now.net_minor,
        -line.now.views,
        named[2] if named else "",
        named[1] if named else "",
    )
