"""Behind every figure: the gifts and refunds it is made of, and credit that was moved, line by line.

A line is a credit, a reversal or a withdrawal. Newest first, a page of them is found through indexes in each
of the projects, however many there are; their sums are those of the rollup.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, exists, func, literal, select, true, tuple_, union_all
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import bulk
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.money import Money
from app.credit.models import Credit, CreditReversal, CreditWithdrawal
from app.donations.models import Donation
from app.projects.models import Project
from app.reports import places, spans
from app.reports import which as whose
from app.reports.figures import Figures
from app.reports.lines_sql import MONEY
from app.reports.periods import Period
from app.reports.places import Place
from app.reports.rollups import rule_of
from app.reports.which import Scope, Which
from app.videos.models import Video

PAGE = 50
KINDS = ("gift", "refund", "moved")  # in the order of lines of one moment


@dataclass(frozen=True)
class Movement:
    """A part of a gift that was credited, or (`is_gift` is false) what was taken back of it: `amount` is
    below zero then, and `fee` what a dispute cost. A refund that failed gives back, so it is above zero.

    `is_decided` says that no money moved: the nonprofit moved the credit, out of a video or into it.
    """

    at: datetime
    is_gift: bool
    is_decided: bool
    number: str
    donor_name: str
    anonymous: bool
    email: str
    project: str
    project_code: str
    video: str | None
    video_code: str | None
    creator: str | None
    rule: str
    amount: Money
    fee: Money


@dataclass(frozen=True)
class Page:
    """Lines, newest first, and what to ask for those after them with: empty when there are none."""

    movements: Sequence[Movement]
    next: str


def page(session: Session, nonprofit_id: int, period: Period, which: Which, after: str = "") -> Page:
    """The lines behind a figure that come `after` a page's end; the newest without it, or for nonsense."""
    scope = whose.scope(session, which)
    last = places.read(after, len(KINDS))
    found = union_all(
        *(_newest(kind, nonprofit_id, period, scope, last) for kind in range(len(KINDS)))
    ).subquery()
    newest = session.execute(
        select(found.c.at, found.c.kind, found.c.id)
        .order_by(found.c.at.desc(), found.c.kind.desc(), found.c.id.desc())
        .limit(PAGE + 1)
    ).all()
    shown = [Place(*one) for one in newest[:PAGE]]
    return Page(_read(session, shown), places.told(shown[-1]) if len(newest) > PAGE else "")


class Sums(NamedTuple):
    """What lines add up to, a currency, and how many there are."""

    figures: list[Figures]
    lines: int


def sums(session: Session, nonprofit_id: int, period: Period, which: Which) -> Sums:
    """The sums of the lines behind a figure; from the rollup. Of gifts that were made through a share it has
    nothing but the net: their lines are added up one by one."""
    if which.relay:
        query = _relayed(nonprofit_id, period, which)
    else:
        query = _of_rollup(nonprofit_id, period, whose.scope(session, which))
    rows = session.execute(query).all()
    return Sums([Figures(*row[:-1]) for row in rows], sum(row[-1] for row in rows))


def statement(nonprofit_id: int, period: Period, which: Which) -> Select[*tuple[Any, ...]]:
    """Every line behind a figure with all there is to say of it, oldest first, in a total order.

    To be read through a cursor: there may be a million of them.
    """
    conditions = [Project.nonprofit_id == nonprofit_id, *_told_by_codes(which)]
    lines = [
        _line(kind)
        .join(Project, Project.id == _table(kind).project_id)
        .where(*_in(_table(kind), period), *conditions)
        for kind in range(len(KINDS))
    ]
    found = union_all(*lines).subquery()
    return _named(found).order_by(found.c.at, found.c.place, found.c.id)


def donation_by_number(session: Session, nonprofit_id: int, number: str) -> Donation:
    """A donation to this nonprofit by the number that reports show. Raises NotFound."""
    donation = session.scalar(
        select(Donation).where(Donation.nonprofit_id == nonprofit_id, Donation.number == number)
    )
    if donation is None:
        raise NotFound(N_("There is no donation with this number."))
    return donation


def _relayed(nonprofit_id: int, period: Period, which: Which) -> Select[*tuple[Any, ...]]:
    found = statement(nonprofit_id, period, which).order_by(None).subquery().c
    gifts = func.count(found.donation_id.distinct()).filter(found.kind == KINDS[0])
    relay = found.gross - found.refunded - found.fee
    money = [spans.total(one) for one in (found.gross, found.refunded, found.fee, relay)]
    return select(found.currency, gifts, *money, func.count()).group_by(found.currency).order_by("currency")


def _of_rollup(nonprofit_id: int, period: Period, scope: Scope) -> Select[*tuple[Any, ...]]:
    names = (scope.donations, *MONEY, "lines")
    found = spans.credited(nonprofit_id, period, ("currency", *names), scope.on).c
    counted = [spans.total(found[name]) for name in names]
    return select(found.currency, *counted).group_by(found.currency).order_by(found.currency)


def _by_share() -> ColumnElement[bool]:
    """Whether a credit is of a gift that was made through a share."""
    return exists().where(Donation.id == Credit.donation_id, Donation.share_id.is_not(None))


def _table(kind: int) -> Any:
    return (Credit, CreditReversal, CreditWithdrawal)[kind]


def _newest(
    kind: int, nonprofit_id: int, period: Period, scope: Scope, after: Place | None
) -> Select[*tuple[Any, ...]]:
    """The places of one kind's newest lines, as many as a page can show, found in each project for itself."""
    table = _table(kind)
    own = [Project.nonprofit_id == nonprofit_id]
    if scope.currency:  # that of its project, which is closed from its publication on
        own.append(Project.currency == scope.currency)
    narrowed = replace(scope, currency="").on(Credit)
    if scope.relay:
        narrowed.append(_by_share())
    query = select(table.at, table.id).where(
        table.project_id == Project.id, *_in(table, period), *narrowed, *_after(table, kind, after)
    )
    if narrowed and table is not Credit:
        query = query.join(Credit, Credit.id == table.credit_id)
    some = query.order_by(table.at.desc(), table.id.desc()).limit(PAGE + 1).lateral()
    return (
        select(some.c.at, literal(kind).label("kind"), some.c.id)
        .select_from(Project)
        .join(some, true())
        .where(*own)
    )


def _in(table: Any, period: Period) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.at >= period.starts_at, table.at < period.ends_at


def _after(table: Any, kind: int, place: Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    if kind == place.kind:
        return [tuple_(table.at, table.id) < tuple_(literal(place.at), literal(place.id))]
    return [table.at <= place.at if kind < place.kind else table.at < place.at]


def _read(session: Session, wanted: Sequence[Place]) -> list[Movement]:
    ids = [[one.id for one in wanted if one.kind == kind] for kind in range(len(KINDS))]
    lines = [_line(kind).where(_table(kind).id == bulk.of_ids(ids[kind])) for kind in range(len(KINDS))]
    rows = session.execute(_named(union_all(*lines).subquery())).all()
    found = {(row.place, row.id): row for row in rows}
    return [_movement(found[one.kind, one.id]) for one in wanted]


def _movement(row: Any) -> Movement:
    return Movement(
        row.at,
        row.kind == KINDS[0],
        row.is_decided,
        row.number,
        row.donor_name,
        row.anonymous,
        row.email,
        row.project,
        row.project_code,
        row.video,
        row.video_code,
        row.creator,
        rule_of(row.rule, row.rule_version),
        Money(row.gross - row.refunded, row.currency),
        Money(row.fee, row.currency),
    )


def _told_by_codes(which: Which) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.currency:
        conditions.append(Credit.currency == which.currency)
    for code, table, column in (
        (which.video_code, Video, Credit.video_id),
        (which.creator_code, Person, Credit.creator_id),
        (which.project_code, Project, Credit.project_id),
    ):
        if code:
            conditions.append(column == select(table.id).where(table.code == code).scalar_subquery())
    if which.uncredited:
        conditions.append(Credit.video_id.is_(None))
    if which.relay:
        conditions.append(_by_share())
    return conditions


def _line(kind: int) -> Select[*tuple[Any, ...]]:
    """Lines of a kind, with the credit that each is of."""
    table, none = _table(kind), literal(0)
    gross, refunded, fee = (
        (Credit.amount_minor, none, Credit.fee_minor),
        (none, CreditReversal.amount_minor, CreditReversal.fee_minor),
        (-Credit.amount_minor, -CreditWithdrawal.refunded_minor, -CreditWithdrawal.fee_minor),
    )[kind]
    query = select(
        table.at,
        literal(kind).label("place"),
        table.id,
        literal(KINDS[kind]).label("kind"),
        table.decision_id.is_not(None).label("is_decided"),
        Credit.id.label("credit_id"),
        Credit.donation_id,
        Credit.project_id,
        Credit.video_id,
        Credit.creator_id,
        Credit.currency,
        Credit.rule,
        Credit.rule_version,
        gross.label("gross"),
        refunded.label("refunded"),
        fee.label("fee"),
    ).select_from(Credit)
    return query if table is Credit else query.join(table, table.credit_id == Credit.id)


def _named(lines: Subquery) -> Select[*tuple[Any, ...]]:
    """Lines with the names of all that they are of."""
    return (
        select(
            lines,
            Donation.number,
            Donation.donor_name,
            Donation.anonymous,
            Donation.email,
            Project.title.label("project"),
            Project.code.label("project_code"),
            Video.title.label("video"),
            Video.code.label("video_code"),
            Person.name.label("creator"),
        )
        .select_from(lines)
        .join(Donation, Donation.id == lines.c.donation_id)
        .join(Project, Project.id == lines.c.project_id)
        .outerjoin(Video, Video.id == lines.c.video_id)
        .outerjoin(Person, Person.id == lines.c.creator_id)
    )
