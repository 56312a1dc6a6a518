"""Pay pages that nobody shall pay any more, and how one is closed at the provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core import clock
from app.donations.cases import ABANDONED_AFTER
from app.donations.models import Donation
from app.donations.offers import obstacle_of
from app.gateways.payments.contract import PaymentGateway, PaymentRefused, PaymentsUnavailable
from app.nonprofits import payees
from app.projects.models import Project

MARGIN = timedelta(hours=1)
PAID = frozenset({"paid", "refunded"})
OPEN = frozenset({"open", "declined"})


@dataclass(frozen=True)
class OpenPage:
    """A payment at the provider that could still be made."""

    account: str
    reference: str


def close(gateway: PaymentGateway, page: OpenPage) -> bool:
    """Make a pay page unpayable; False when it was paid before. Not inside a transaction.

    Raises PaymentsUnavailable when the provider does not answer, or refuses and leaves the page open: what
    nobody knows is asked again. Doing it again is safe.
    """
    why = ""
    try:
        gateway.close_payment(page.account, page.reference)
    except PaymentRefused as error:
        why = error.detail or "no reason"
    try:
        state = gateway.fetch(page.account, page.reference).state
    except PaymentRefused as error:
        raise PaymentsUnavailable(f"{page.reference}: {why} {error.detail}") from error
    if why and state not in PAID and state in OPEN:
        raise PaymentsUnavailable(f"{page.reference} stays open: {why}")
    return state not in PAID


def to_close(
    session: Session, provider: str, *, project_id: int | None = None, nonprofit_id: int | None = None
) -> list[OpenPage]:
    """The open pages of what may not receive now, or whose account was disconnected since.

    Of one project, of one organisation, or of all. Pages older than a day have lapsed by themselves.
    """
    asked = (
        select(Donation)
        .where(
            Donation.provider == provider,
            Donation.state.in_(("pending", "failed")),
            Donation.reference.is_not(None),
            Donation.created_at > clock.now() - ABANDONED_AFTER - MARGIN,
        )
        .options(
            joinedload(Donation.payment_account),
            joinedload(Donation.project).joinedload(Project.nonprofit),
        )
        .order_by(Donation.id)
    )
    if project_id is not None:
        asked = asked.where(Donation.project_id == project_id)
    if nonprofit_id is not None:
        asked = asked.where(Donation.nonprofit_id == nonprofit_id)
    open_ones = session.scalars(asked).all()
    shut = _shut(session, open_ones, provider)
    return [
        OpenPage(donation.payment_account.reference, donation.reference or "")
        for donation in open_ones
        if donation.project_id in shut or donation.payment_account.disconnected_at is not None
    ]


def _shut(session: Session, donations: Sequence[Donation], provider: str) -> set[int]:
    projects = {donation.project_id: donation.project for donation in donations}
    accounts = payees.accounts_of(session, {project.nonprofit_id for project in projects.values()})
    return {
        project_id
        for project_id, project in projects.items()
        if obstacle_of(project, accounts.get(project.nonprofit_id), provider) is not None
    }
