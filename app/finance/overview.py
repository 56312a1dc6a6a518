"""What the finance desk opens with, and its lists of disputes and payouts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.money import Money
from app.donations.models import Dispute, Donation, PaymentEvent, Refund
from app.finance.models import Difference, Payout, PayoutItem, Reconciliation
from app.nonprofits.models import PaymentAccount

MAX_NOTE_LENGTH = 1000
PAGE = 50
REPAIRED_BACK = timedelta(days=30)
REPAIRED_SHOWN = 100


@dataclass(frozen=True)
class Waiting:
    """What waits for somebody: open disputes, open differences, refunds that the provider has refused."""

    disputes: int
    answer_by: datetime | None
    differences: int
    refunds_refused: int
    refunds_under_way: int


@dataclass(frozen=True)
class Case:
    """A dispute with its donation; `days_left` to answer, None when there is no deadline or it is decided."""

    dispute: Dispute
    donation: Donation
    days_left: int | None

    @property
    def amount(self) -> Money:
        """What the donor's bank asks for."""
        return Money(self.dispute.amount_minor, self.donation.currency)

    @property
    def cost(self) -> Money:
        """What it cost beyond the gift."""
        return Money(self.dispute.cost_minor, self.donation.currency)


@dataclass(frozen=True)
class Sent:
    """A payout with the number of its lines, of those that match no donation, and of other business."""

    payout: Payout
    lines: int
    unmatched: int
    others: int

    @property
    def amount(self) -> Money:
        """What went to the bank."""
        return self.payout.amount


@dataclass(frozen=True)
class Parts:
    """What a payout is made of, fees taken off. `unexplained` is what its lines do not add up to."""

    ours: Money
    others: Money
    unexplained: Money


def waiting(session: Session, nonprofit_id: int) -> Waiting:
    """What waits for somebody in an organisation."""
    disputes = session.execute(
        select(func.count(), func.min(Dispute.respond_by))
        .join(Donation, Donation.id == Dispute.donation_id)
        .where(Donation.nonprofit_id == nonprofit_id, Dispute.state == "open")
    ).one()
    open_ones = (Difference.nonprofit_id == nonprofit_id, Difference.settled_at.is_(None))
    differences = session.scalar(select(func.count()).select_from(Difference).where(*open_ones)) or 0
    recent = clock.now() - REPAIRED_BACK
    refused = (Refund.state == "refused") & (Refund.settled_at >= recent)
    refunds = session.execute(
        select(func.count().filter(refused), func.count().filter(Refund.state.in_(("asked", "sent"))))
        .join(Donation, Donation.id == Refund.donation_id)
        .where(Donation.nonprofit_id == nonprofit_id)
    ).one()
    return Waiting(disputes[0], disputes[1], differences, *refunds)


def disputes(session: Session, nonprofit_id: int) -> list[Case]:
    """The disputes of an organisation: the open ones by deadline, then the decided ones, newest first."""
    rows = session.execute(
        select(Dispute, Donation)
        .join(Donation, Donation.id == Dispute.donation_id)
        .where(Donation.nonprofit_id == nonprofit_id)
        .order_by(Dispute.state != "open", Dispute.closed_at.desc(), Dispute.respond_by, Dispute.id)
        .limit(PAGE * 4)
    )
    return [Case(dispute, donation, _days_left(dispute)) for dispute, donation in rows]


def note_dispute(session: Session, nonprofit_id: int, code: str, words: str, person_id: int) -> None:
    """Write down what was done about a dispute. Raises NotFound, Invalid("note")."""
    dispute = session.scalar(
        select(Dispute)
        .join(Donation, Donation.id == Dispute.donation_id)
        .where(Donation.nonprofit_id == nonprofit_id, Dispute.code == code)
        .with_for_update(of=Dispute)
    )
    if dispute is None:
        raise NotFound(N_("There is no such dispute."))
    if len(words.strip()) > MAX_NOTE_LENGTH:
        raise Invalid("note", N_("Use at most %(length)s characters."), length=MAX_NOTE_LENGTH)
    dispute.note = words.strip()
    audit.record(session, "dispute.noted", person_id, f"dispute:{dispute.code}", note=dispute.note)


def payouts(session: Session, nonprofit_id: int, after: str = "") -> list[Sent]:
    """Up to PAGE payouts and one more, newest first; `after` is the code of the last one seen. From the
    newest on, if there is none with that code."""
    query = (
        select(
            Payout,
            func.count(PayoutItem.id),
            func.count(PayoutItem.id).filter(PayoutItem.donation_id.is_(None), ~PayoutItem.is_other),
            func.count(PayoutItem.id).filter(PayoutItem.is_other),
        )
        .join(PaymentAccount, PaymentAccount.id == Payout.payment_account_id)
        .outerjoin(PayoutItem, PayoutItem.payout_id == Payout.id)
        .where(PaymentAccount.nonprofit_id == nonprofit_id)
        .group_by(Payout.id)
        .order_by(Payout.id.desc())
        .limit(PAGE + 1)
    )
    if after and (last_id := session.scalar(select(Payout.id).where(Payout.code == after))):
        query = query.where(Payout.id < last_id)
    return [Sent(*row) for row in session.execute(query)]


def payout(session: Session, nonprofit_id: int, code: str) -> Payout:
    """A payout of an organisation. Raises NotFound."""
    found = session.scalar(
        select(Payout)
        .join(PaymentAccount, PaymentAccount.id == Payout.payment_account_id)
        .where(PaymentAccount.nonprofit_id == nonprofit_id, Payout.code == code)
    )
    if found is None:
        raise NotFound(N_("There is no such payout."))
    return found


def parts(session: Session, of: Payout) -> Parts | None:
    """What a payout is made of; None before that is known."""
    if of.ours_minor is None:
        return None
    net = PayoutItem.amount_minor - PayoutItem.fee_minor
    others = session.scalars(
        select(func.coalesce(func.sum(net), 0)).where(PayoutItem.payout_id == of.id, PayoutItem.is_other)
    ).one()
    rest = of.amount_minor - of.ours_minor - int(others)
    return Parts(of.money(of.ours_minor), of.money(int(others)), of.money(rest))


def lines(
    session: Session, of: Payout, limit: int | None = None
) -> Sequence[tuple[PayoutItem, Donation | None]]:
    """The lines of a payout with the donations they are matched to, in their order."""
    rows = session.execute(
        select(PayoutItem, Donation)
        .outerjoin(Donation, Donation.id == PayoutItem.donation_id)
        .where(PayoutItem.payout_id == of.id)
        .order_by(PayoutItem.id)
        .limit(limit)
    )
    return [(item, donation) for item, donation in rows]


def repaired(session: Session, nonprofit_id: int) -> Sequence[tuple[PaymentEvent, Money]]:
    """What no webhook had told and the comparisons of the last thirty days have brought, newest first."""
    runs = (
        select(
            Reconciliation.provider,
            func.jsonb_array_elements_text(Reconciliation.repaired["events"]).label("event_id"),
        )
        .where(Reconciliation.at >= clock.now() - REPAIRED_BACK)
        .subquery()
    )
    accounts = select(PaymentAccount.reference).where(PaymentAccount.nonprofit_id == nonprofit_id)
    events = session.scalars(
        select(PaymentEvent)
        .where(
            tuple_(PaymentEvent.provider, PaymentEvent.event_id).in_(
                select(runs.c.provider, runs.c.event_id)
            ),
            PaymentEvent.account.in_(accounts),
        )
        .order_by(PaymentEvent.id.desc())
        .limit(REPAIRED_SHOWN)
    )
    return [(event, Money(event.amount_minor, event.currency)) for event in events]


def _days_left(dispute: Dispute) -> int | None:
    if dispute.state != "open" or dispute.respond_by is None:
        return None
    return (dispute.respond_by - clock.now()).days
