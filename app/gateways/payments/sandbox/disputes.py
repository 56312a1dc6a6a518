"""The simulated provider's disputes: a cardholder's bank asks for the money back, and decides."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import KindrelayError, NotFound
from app.core.i18n import N_
from app.core.money import Money
from app.gateways.models import SandboxDispute, SandboxPayment
from app.gateways.payments.contract import EventKind
from app.gateways.payments.sandbox import payments
from app.gateways.payments.sandbox.news import News, tell

TIME_TO_ANSWER = timedelta(days=7)
COST_MINOR = 1500  # of a lost dispute; never more than was disputed

REASONS = {
    "fraudulent": N_("The cardholder did not make this payment"),
    "unrecognized": N_("The cardholder does not know this payment"),
    "duplicate": N_("Paid twice"),
    "general": N_("No reason was given"),
}
Decision = Literal["won", "withdrawn", "lost"]


def left(session: Session, payment: SandboxPayment) -> int:
    """What the account still has of a payment: not refunded and not lost to a dispute. 0 if it is unpaid."""
    if payment.state != "paid":
        return 0
    lost = session.scalar(
        select(func.coalesce(func.sum(SandboxDispute.amount_minor), 0)).where(
            SandboxDispute.payment_id == payment.id, SandboxDispute.state == "lost"
        )
    )
    return payment.amount_minor - payment.refunded_minor - int(lost or 0)


def is_open(session: Session, payment: SandboxPayment) -> bool:
    """Whether a dispute of the payment waits to be decided."""
    waiting = select(SandboxDispute.id).where(
        SandboxDispute.payment_id == payment.id, SandboxDispute.state == "open"
    )
    return session.scalar(waiting.limit(1)) is not None


def of(session: Session, payment: SandboxPayment) -> Sequence[SandboxDispute]:
    """The disputes of a payment, oldest first."""
    opened = select(SandboxDispute).where(SandboxDispute.payment_id == payment.id).order_by(SandboxDispute.id)
    return session.scalars(opened).all()


def open_dispute(session: Session, payment_code: str, reason: str) -> SandboxDispute:
    """Dispute what is left of a payment. `reason` is one of REASONS.

    Raises NotFound, and KindrelayError when nothing is left or a dispute is open already.
    """
    payment = payments.find(session, payment_code, lock=True)
    amount_minor = left(session, payment)
    if not amount_minor:
        raise KindrelayError(N_("Nothing is left of this payment to be disputed."))
    if is_open(session, payment):
        raise KindrelayError(N_("This payment is disputed already."))
    dispute = SandboxDispute(
        payment_id=payment.id,
        amount_minor=amount_minor,
        reason=reason if reason in REASONS else "general",
        respond_by=clock.now() + TIME_TO_ANSWER,
    )
    session.add(dispute)
    session.flush()
    _tell(session, payment, dispute, EventKind.DISPUTE_OPENED, dispute.reason)
    return dispute


def decide(session: Session, code: str, decision: Decision) -> SandboxPayment:
    """Close a dispute, once; returns its payment. Raises NotFound, KindrelayError once it is closed."""
    payment = payments.locked(session, payment_of(session, code).id)
    dispute = session.scalars(
        select(SandboxDispute).where(SandboxDispute.code == code).execution_options(populate_existing=True)
    ).one()
    if dispute.state != "open":
        raise KindrelayError(N_("This dispute is closed already."))
    dispute.closed_at = clock.now()
    if decision == "lost":
        dispute.state = "lost"
        dispute.fee_minor = min(COST_MINOR, dispute.amount_minor)
        _tell(session, payment, dispute, EventKind.DISPUTE_LOST, "")
    else:
        dispute.state = "won"
        _tell(session, payment, dispute, EventKind.DISPUTE_WON, decision)
    return payment


def payment_of(session: Session, code: str) -> SandboxPayment:
    """The payment that a dispute is about. Raises NotFound."""
    payment = session.scalar(
        select(SandboxPayment)
        .join(SandboxDispute, SandboxDispute.payment_id == SandboxPayment.id)
        .where(SandboxDispute.code == code)
    )
    if payment is None:
        raise NotFound(N_("There is no such dispute."))
    return payment


def _tell(
    session: Session, payment: SandboxPayment, dispute: SandboxDispute, kind: EventKind, reason: str
) -> None:
    news = News(
        kind,
        payment,
        Money(dispute.amount_minor, payment.currency),
        fee_minor=dispute.fee_minor,
        part=dispute.code,
        reason=reason,
        respond_by=dispute.respond_by if kind is EventKind.DISPUTE_OPENED else None,
    )
    tell(session, news)
