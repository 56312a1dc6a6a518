"""Monthly gifts to what may not receive: paused until it may again, ended where that is for good.

A project that was paused against card testing goes on with its monthly gifts: their givers are known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, true, update
from sqlalchemy.orm import Session, joinedload

from app.core import clock
from app.donations import eligibility, monthly, renewals
from app.donations.models import Donation, MonthlyGift
from app.donations.monthly import Change
from app.donations.offers import obstacle_of
from app.nonprofits.models import PaymentAccount
from app.projects.models import Project

FOR_GOOD = frozenset({eligibility.CLOSED, eligibility.ENDED})
NO_MATTER = frozenset({eligibility.PAUSED, eligibility.SWITCHED_OFF})
AT_ONCE = 500
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """What is to be asked of the provider for one monthly gift."""

    gift_id: int
    account: str
    reference: str
    change: Change
    looked_at: datetime | None


def due(session: Session, provider: str) -> list[Step]:
    """What is to be done now, at most `AT_ONCE` steps; the rest is due the next time.

    First come the gifts that were not looked at for longest, so that those which a provider keeps refusing
    never hide the others.
    """
    given = (
        select(Donation.project_id, MonthlyGift.payment_account_id)
        .join(Donation, Donation.id == MonthlyGift.first_donation_id)
        .where(MonthlyGift.provider == provider, MonthlyGift.state.in_(("active", "failing", "paused")))
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(Project, PaymentAccount)
        .select_from(given)
        .join(Project, Project.id == given.c.project_id)
        .join(PaymentAccount, PaymentAccount.id == given.c.payment_account_id)
        .options(joinedload(Project.nonprofit))
        .order_by(Project.id, PaymentAccount.id)
    ).all()
    steps = [step for project, account in rows for step in _steps(session, project, account, provider)]
    return sorted(steps, key=lambda step: (step.looked_at or NEVER, step.gift_id))[:AT_ONCE]


def looked_at(session: Session, step: Step) -> None:
    """Note that the provider was asked, whatever it said; the others come first the next time."""
    session.execute(update(MonthlyGift).where(MonthlyGift.id == step.gift_id).values(looked_at=clock.now()))


def note(session: Session, step: Step) -> None:
    """Note what the provider has done; doing it again changes nothing."""
    gift = session.get_one(MonthlyGift, step.gift_id, with_for_update=True, populate_existing=True)
    if step.change is Change.END:
        renewals.end(session, gift, clock.now(), "project")
    elif step.change is Change.PAUSE and gift.state in ("active", "failing"):
        monthly.note(session, gift.id, Change.PAUSE)
        gift.held_at = clock.now()
    elif step.change is Change.RESUME and gift.held_at is not None:
        monthly.note(session, gift.id, Change.RESUME)
        # News may have changed the state meanwhile: what fails goes on to fail until a payment comes.
        gift.held_at = None
    session.flush()


def _steps(session: Session, project: Project, account: PaymentAccount, provider: str) -> Iterator[Step]:
    why_not = obstacle_of(project, account, provider)
    free = why_not is None or why_not in NO_MATTER
    gifts = session.scalars(
        select(MonthlyGift)
        .join(Donation, Donation.id == MonthlyGift.first_donation_id)
        .where(
            Donation.project_id == project.id,
            MonthlyGift.payment_account_id == account.id,
            MonthlyGift.state.in_(("active", "failing", "paused")),
            MonthlyGift.held_at.is_not(None) if free else true(),
            true() if free or why_not in FOR_GOOD else MonthlyGift.state != "paused",
            MonthlyGift.reference.is_not(None),
        )
        .order_by(MonthlyGift.looked_at.asc().nulls_first(), MonthlyGift.id)
        .limit(AT_ONCE)
    )
    change = Change.END if why_not in FOR_GOOD else Change.RESUME if free else Change.PAUSE
    for gift in gifts:
        yield Step(gift.id, account.reference, gift.reference or "", change, gift.looked_at)
