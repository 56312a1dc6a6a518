"""Where the state machine's gifts go: projects in four currencies, and what is written when one begins."""

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.money import Money
from app.donations.models import Donation, MonthlyGift
from app.nonprofits.models import PaymentAccount
from app.projects.models import Project
from tests import factories


@dataclass(frozen=True)
class Place:
    """A project that can be given to, from one of some videos or from its own page."""

    project_id: int
    nonprofit_id: int
    payment_account_id: int
    account: str
    currency: str
    ways: tuple[tuple[int | None, int | None], ...]  # a video and its link


@dataclass(frozen=True)
class Gift:
    """What somebody begins to give, and how its provider will tell of it."""

    place: int
    video: int
    minor: int
    tells_totals: bool
    aliased: bool
    monthly: bool


def places(session: Session) -> list[Place]:
    """Projects in yen, euro, dollar and dinar; two of one organisation, two far from UTC."""
    europe = factories.nonprofit(session)
    japan = factories.nonprofit(session, time_zone="Asia/Tokyo")
    kuwait = factories.nonprofit(session, time_zone="Asia/Kuwait")
    wanted = ((japan, "JPY"), (europe, "EUR"), (europe, "USD"), (kuwait, "KWD"))
    return [_place(session, factories.project(session, at, goal=Money(10**6, code))) for at, code in wanted]


def begin(session: Session, at: Place, gift: Gift, name: str) -> None:
    """Write a pending donation whose payment the provider calls `name`, and its monthly gift if it is one."""
    video_id, link_id = at.ways[gift.video % len(at.ways)]
    donation_id = session.scalar(
        insert(Donation)
        .values(
            nonprofit_id=at.nonprofit_id,
            project_id=at.project_id,
            payment_account_id=at.payment_account_id,
            video_id=video_id,
            link_id=link_id,
            amount_minor=gift.minor,
            currency=at.currency,
            provider="sandbox",
            reference=name,
            idempotency=name,
        )
        .returning(Donation.id)
    )
    if gift.monthly:
        monthly = MonthlyGift(
            first_donation_id=donation_id,
            payment_account_id=at.payment_account_id,
            provider="sandbox",
            amount_minor=gift.minor,
            currency=at.currency,
            created_at=clock.now(),
        )
        session.add(monthly)
        session.flush()
        session.get_one(Donation, donation_id).monthly_gift_id = monthly.id
        session.flush()


def _place(session: Session, project: Project) -> Place:
    of_project = PaymentAccount.nonprofit_id == project.nonprofit_id
    account = session.scalars(select(PaymentAccount).where(of_project)).one()
    videos = [factories.video(session) for _ in range(2)]
    ways = [(video.id, factories.link(session, video, project).id) for video in videos]
    return Place(
        project.id,
        project.nonprofit_id,
        account.id,
        account.reference,
        project.currency,
        ((None, None), *ways),
    )
