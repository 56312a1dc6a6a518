"""A period in steps: the same figures a day, a week or a month, each step half-open as the period is."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Date, cast, func, select
from sqlalchemy.orm import Session

from app.projects.models import Project
from app.reports import spans
from app.reports import which as whose
from app.reports.figures import Figures
from app.reports.lines_sql import MONEY, REACH
from app.reports.models import SCOPES
from app.reports.periods import Period
from app.reports.which import Scope, Which
from app.videos.models import Video

STEPS = ("day", "week", "month")
Sums = defaultdict[tuple[date, str], defaultdict[str, int]]  # by the step's calendar begin and currency


@dataclass(frozen=True)
class Step:
    """The days from `first` up to, but not including, `until`, as far as they lie in the period; figures a
    currency, the same currencies in each step of a period."""

    first: date
    until: date
    lines: list[Figures]


def over_time(
    session: Session, nonprofit_id: int, period: Period, step: str, which: Which | None = None
) -> list[Step]:
    """Every step of a period, oldest first; weeks begin on Monday. Donors are unique within their step.

    Raises ValueError for a step that is none of STEPS.
    """
    if step not in STEPS:
        raise ValueError(step)
    scope = whose.scope(session, which or Which())
    sums: Sums = defaultdict(lambda: defaultdict(int))
    for rows in (
        _money(session, nonprofit_id, period, step, scope),
        _reach(session, nonprofit_id, period, step, scope),
        _donors(session, nonprofit_id, period, step, scope),
    ):
        for begin, currency, name, count in rows:
            sums[begin, currency][name] += count
    currencies = sorted({currency for _, currency in sums})
    return [
        Step(first, until, [Figures(one, **sums[_begin(first, step), one]) for one in currencies])
        for first, until in _steps(period, step)
    ]


Counted = Iterator[tuple[date, str, str, int]]


def _money(session: Session, nonprofit_id: int, period: Period, step: str, scope: Scope) -> Counted:
    counted = (scope.donations, *MONEY)
    found = spans.by_step(
        spans.CREDIT,
        period,
        partial(_begin, step=step),
        ("currency", *counted),
        lambda table: (table.nonprofit_id == nonprofit_id, table.lines != 0, *scope.on(table)),
    ).c
    begin = _begin_of(found.day, step)
    sums = [spans.total(found[name]) for name in counted]
    names = ("donations", *MONEY)
    for first, currency, *values in session.execute(
        select(begin, found.currency, *sums).group_by(begin, found.currency)
    ):
        yield from ((first, currency, name, one) for name, one in zip(names, values, strict=True))


def _reach(session: Session, nonprofit_id: int, period: Period, step: str, scope: Scope) -> Counted:
    if scope.uncredited:
        return
    own = select(Project.id).where(Project.nonprofit_id == nonprofit_id)
    found = spans.by_step(
        spans.REACH,
        period,
        partial(_begin, step=step),
        ("video_id", "project_id", *REACH),
        lambda table: (table.project_id.in_(own),),
    ).c
    begin = _begin_of(found.day, step)
    query = (
        select(begin, Project.currency, *[spans.total(found[name]) for name in REACH])
        .join(Project, Project.id == found.project_id)
        .join(Video, Video.id == found.video_id)
        .group_by(begin, Project.currency)
    )
    wanted = {Video.id: scope.video_id, Video.creator_id: scope.creator_id, Project.id: scope.project_id}
    for column, one in wanted.items():
        if one:
            query = query.where(column == one)
    if scope.currency:
        query = query.where(Project.currency == scope.currency)
    for first, currency, *values in session.execute(query):
        yield from ((first, currency, name, one) for name, one in zip(REACH, values, strict=True) if one)


def _donors(session: Session, nonprofit_id: int, period: Period, step: str, scope: Scope) -> Counted:
    if scope.donors is None:
        return
    name, scope_id = scope.donors
    found = spans.by_step(
        spans.DONORS,
        period,
        partial(_begin, step=step),
        ("currency", "donors"),
        lambda table: (
            table.nonprofit_id == nonprofit_id,
            table.scope == SCOPES[name],
            table.scope_id == scope_id,
            table.before < func.greatest(_begin_of(table.day, step), period.first),
            *([table.currency == scope.currency] if scope.currency else []),
        ),
    ).c
    begin = _begin_of(found.day, step)
    rows = session.execute(
        select(begin, found.currency, spans.total(found.donors)).group_by(begin, found.currency)
    )
    yield from ((first, currency, "donors", count) for first, currency, count in rows)


def _begin_of(day: Any, step: str) -> Any:
    return day if step == "day" else cast(func.date_trunc(step, day), Date)


def _begin(day: date, step: str) -> date:
    if step == "week":
        return spans.monday(day)
    return day.replace(day=1) if step == "month" else day


def _steps(period: Period, step: str) -> Iterator[tuple[date, date]]:
    first = period.first
    while first < period.until:
        begin = _begin(first, step)
        after = {
            "day": begin + timedelta(days=1),
            "week": begin + timedelta(days=7),
            "month": (begin.replace(day=1) + timedelta(days=31)).replace(day=1),
        }[step]
        until = min(after, period.until)
        yield first, until
        first = until
