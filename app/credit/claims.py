"""The gifts a creator may know of: those their videos are credited with, and those nobody is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, joinedload

from app.core import clock
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.money import Money
from app.credit import credits, disputes
from app.credit.models import Credit, CreditDispute, CreditReversal
from app.donations.models import Donation
from app.videos import links
from app.videos.models import DonationLink, Video

PAGE = 50
SHOWN = 20  # of gifts that no video is credited with,
SHOWN_FOR = timedelta(days=60)  # and how long


@dataclass(frozen=True)
class Own:
    """A gift with what a creator's videos have of it: credited, and what refunds left of that. `videos` are
    their titles. `outcome` is that of what the creator said of it last, None who said nothing."""

    donation: Donation
    videos: Sequence[str]
    credited: Money
    left: Money
    outcome: str | None


def of_creator(session: Session, creator_id: int, page: int) -> tuple[Sequence[Own], bool]:
    """A page of the gifts that a creator's videos are credited with, or that the creator has spoken of,
    newest first; and whether there are more. Pages count from 1."""
    titles, credited, gone = _theirs(creator_id)
    said = and_(CreditDispute.donation_id == Donation.id, CreditDispute.creator_id == creator_id)
    outcome = (
        select(CreditDispute.outcome).where(said).order_by(CreditDispute.id.desc()).limit(1).scalar_subquery()
    )
    theirs = select(Credit.donation_id).where(Credit.creator_id == creator_id)
    spoken = select(CreditDispute.donation_id).where(CreditDispute.creator_id == creator_id)
    rows = session.execute(
        select(Donation, titles, credited, gone, outcome)
        .where(Donation.id.in_(theirs.union(spoken)))
        .options(joinedload(Donation.project), joinedload(Donation.nonprofit))
        .order_by(Donation.id.desc())
        .limit(PAGE + 1)
        .offset((max(page, 1) - 1) * PAGE)
    ).all()
    found = [
        Own(
            donation,
            videos or (),
            Money(int(amount), donation.currency),
            Money(int(amount) - int(taken), donation.currency),
            answer,
        )
        for donation, videos, amount, taken, answer in rows
    ]
    return found[:PAGE], len(found) > PAGE


def uncredited(session: Session, creator_id: int) -> Sequence[Donation]:
    """The newest gifts of late that no video is credited with, and of which a creator's video carried the
    project's tag on that day; none that the creator has spoken of."""
    has_video = exists().where(
        Credit.donation_id == Donation.id, Credit.video_id.is_not(None), credits.stands()
    )
    spoken = exists().where(CreditDispute.donation_id == Donation.id, CreditDispute.creator_id == creator_id)
    theirs = exists().where(Credit.donation_id == Donation.id, Credit.creator_id == creator_id)
    carried = (
        exists()
        .where(
            DonationLink.project_id == Donation.project_id,
            links.stood_at(Donation.created_at),
        )
        .where(Video.id == DonationLink.video_id, Video.creator_id == creator_id)
    )
    projects = (
        select(DonationLink.project_id)
        .join(Video, Video.id == DonationLink.video_id)
        .where(Video.creator_id == creator_id)
    )
    of_late = and_(Donation.project_id.in_(projects), Donation.paid_at >= clock.now() - SHOWN_FOR)
    return session.scalars(
        select(Donation)
        .where(of_late, Donation.captured_minor > 0, carried, ~has_video, ~spoken, ~theirs)
        .options(joinedload(Donation.project), joinedload(Donation.nonprofit))
        .order_by(Donation.id.desc())
        .limit(SHOWN)
    ).all()


def donation(session: Session, creator_id: int, number: str) -> Donation:
    """A gift that a creator may know of, by its number. Raises NotFound for any other."""
    found = session.scalar(
        select(Donation)
        .where(Donation.number == number)
        .options(joinedload(Donation.project), joinedload(Donation.nonprofit))
    )
    if found is None or not (
        disputes.of_creator(session, creator_id, found.id) or disputes.may_speak(session, found, creator_id)
    ):
        raise NotFound(N_("There is no gift at this address that your videos have to do with."))
    return found


def _theirs(creator_id: int) -> tuple[ColumnElement[Any], ColumnElement[int], ColumnElement[int]]:
    """Of a donation's standing credits of a creator: the videos' titles, the sum, what refunds took of it."""
    standing = and_(Credit.donation_id == Donation.id, Credit.creator_id == creator_id, credits.stands())
    credited = select(func.coalesce(func.sum(Credit.amount_minor), 0)).where(standing).scalar_subquery()
    gone = (
        select(func.coalesce(func.sum(CreditReversal.amount_minor), 0))
        .join(Credit, Credit.id == CreditReversal.credit_id)
        .where(standing)
        .scalar_subquery()
    )
    titles = (
        select(func.array_agg(aggregate_order_by(Video.title, Credit.id)))
        .join(Credit, Credit.video_id == Video.id)
        .where(standing)
        .scalar_subquery()
    )
    return titles, credited, gone
