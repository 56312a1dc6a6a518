"""Behind every figure: the gifts and refunds it is made of, line by line."""

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
from app.credit.models import Credit, CreditReversal
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
    """A part of a gift that was credited, or that a refund took back (`amount` below zero, no fee)."""

    at: datetime
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
    rows = _both(nonprofit_id, period, which).subquery()
    found = session.execute(
        select(rows)
        .order_by(rows.c.at.desc(), rows.c.number, rows.c.amount)
        .limit(PAGE)
        .offset((max(page, 1) - 1) * PAGE)
    )
    return [
        Movement(
            row.at,
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
    rows = _both(nonprofit_id, period, which).subquery()
    gifts = rows.c.amount > 0
    sums = session.execute(
        select(
            func.count().filter(gifts),
            func.coalesce(func.sum(rows.c.amount).filter(gifts), 0),
            func.coalesce(-func.sum(rows.c.amount).filter(~gifts), 0),
            func.coalesce(func.sum(rows.c.fee), 0),
            func.count(),
        )
    ).one()
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


def _both(nonprofit_id: int, period: Period, which: Which) -> Any:
    gifts = _rows(Credit.at, Credit.amount_minor, Credit.fee_minor)
    refunds = _rows(CreditReversal.at, -CreditReversal.amount_minor, literal(0)).join(
        CreditReversal, CreditReversal.credit_id == Credit.id
    )
    return gifts.where(*_conditions(nonprofit_id, period, which, Credit.at)).union_all(
        refunds.where(*_conditions(nonprofit_id, period, which, CreditReversal.at))
    )


def _rows(at: Any, amount: Any, fee: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            at.label("at"),
            Donation.number.label("number"),
            Donation.donor_name.label("donor_name"),
            Donation.anonymous.label("anonymous"),
            Donation.email.label("email"),
            Project.title.label("project"),
            Video.title.label("video"),
            Person.name.label("creator"),
            amount.label("amount"),
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
        Credit.currency == which.currency,
        at >= period.starts_at,
        at < period.ends_at,
    ]
    if which.video_code:
        conditions.append(Video.code == which.video_code)
    if which.creator_code:
        conditions.append(Person.code == which.creator_code)
    if which.uncredited:
        conditions.append(Credit.video_id.is_(None))
    return conditions
