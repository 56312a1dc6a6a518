"""Behind every figure: the gifts and refunds it is made of, and credit that was moved, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.money import Money
from app.credit.models import Credit, CreditReversal, CreditWithdrawal
from app.donations.models import Donation
from app.projects.models import Project
from app.reports.periods import Period
from app.reports.queries import Figures
from app.videos.models import Video

PAGE = 100


@dataclass(frozen=True)
class Which:
    """Which movements of a period: of a video, of a creator, or (uncredited) of neither; all by default."""

    currency: str
    video_code: str = ""
    creator_code: str = ""
    uncredited: bool = False


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
    video: str | None
    creator: str | None
    amount: Money
    fee: Money


def listed(
    session: Session, nonprofit_id: int, period: Period, which: Which, page: int = 1
) -> Sequence[Movement]:
    """A page of the movements behind a figure, newest first; pages count from 1."""
    rows = _all(nonprofit_id, period, which).subquery()
    found = session.execute(
        select(rows)
        .order_by(rows.c.at.desc(), rows.c.number, rows.c.credit_id, rows.c.amount)
        .limit(PAGE)
        .offset((max(page, 1) - 1) * PAGE)
    )
    return [
        Movement(
            row.at,
            row.is_gift,
            row.is_decided,
            row.number,
            row.donor_name,
            row.anonymous,
            row.email,
            row.project,
            row.video,
            row.creator,
            Money(row.amount, which.currency),
            Money(row.fee, which.currency),
        )
        for row in found
    ]


def figures(session: Session, nonprofit_id: int, period: Period, which: Which) -> tuple[Figures, int]:
    """The movements added up, straight from the credits, and how many there are."""
    rows = _all(nonprofit_id, period, which).subquery()
    added = [func.coalesce(func.sum(rows.c[name]), 0) for name in ("gifts", "gross", "refunded", "fee")]
    sums = session.execute(select(*added, func.count())).one()
    *values, count = (int(one) for one in sums)
    return Figures(which.currency, *values), count


def donation_by_number(session: Session, nonprofit_id: int, number: str) -> Donation:
    """A donation to this nonprofit by the number that reports show. Raises NotFound."""
    donation = session.scalar(
        select(Donation).where(Donation.nonprofit_id == nonprofit_id, Donation.number == number)
    )
    if donation is None:
        raise NotFound(N_("There is no donation with this number."))
    return donation


def _all(nonprofit_id: int, period: Period, which: Which) -> Any:
    none = literal(0)
    gifts = _rows(Credit, literal(1), Credit.amount_minor, none, Credit.fee_minor)
    taken_back = _rows(
        CreditReversal, none, none, CreditReversal.amount_minor, CreditReversal.fee_minor
    ).join(CreditReversal, CreditReversal.credit_id == Credit.id)
    moved_out = _rows(
        CreditWithdrawal,
        literal(-1),
        -Credit.amount_minor,
        -CreditWithdrawal.refunded_minor,
        -CreditWithdrawal.fee_minor,
    ).join(CreditWithdrawal, CreditWithdrawal.credit_id == Credit.id)
    return gifts.where(*_conditions(nonprofit_id, period, which, Credit.at)).union_all(
        taken_back.where(*_conditions(nonprofit_id, period, which, CreditReversal.at)),
        moved_out.where(*_conditions(nonprofit_id, period, which, CreditWithdrawal.at)),
    )


def _rows(table: Any, gifts: Any, gross: Any, refunded: Any, fee: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Credit.id.label("credit_id"),
            table.at.label("at"),
            (gifts > 0).label("is_gift"),
            table.decision_id.is_not(None).label("is_decided"),
            Donation.number.label("number"),
            Donation.donor_name.label("donor_name"),
            Donation.anonymous.label("anonymous"),
            Donation.email.label("email"),
            Project.title.label("project"),
            Video.title.label("video"),
            Person.name.label("creator"),
            gifts.label("gifts"),
            gross.label("gross"),
            refunded.label("refunded"),
            (gross - refunded).label("amount"),
            fee.label("fee"),
        )
        .select_from(Credit)
        .join(Donation, Donation.id == Credit.donation_id)
        .join(Project, Project.id == Donation.project_id)
        .outerjoin(Video, Video.id == Credit.video_id)
        .outerjoin(Person, Person.id == Credit.creator_id)
    )


def _conditions(nonprofit_id: int, period: Period, which: Which, at: Any) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        Donation.nonprofit_id == nonprofit_id,
        at >= period.starts_at,
        at < period.ends_at,
    ]
    if which.currency:
        conditions.append(Credit.currency == which.currency)
    if which.video_code:
        conditions.append(Video.code == which.video_code)
    if which.creator_code:
        conditions.append(Person.code == which.creator_code)
    if which.uncredited:
        conditions.append(Credit.video_id.is_(None))
    return conditions
