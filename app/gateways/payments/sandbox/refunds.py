"""The simulated provider's refunds: partial or whole, and those that fail after all."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.core.money import Money
from app.gateways.models import SandboxPayment, SandboxRefund
from app.gateways.payments.contract import EventKind
from app.gateways.payments.sandbox import disputes, payments
from app.gateways.payments.sandbox.news import News, tell
from app.gateways.payments.sandbox.payments import KeyReused
from app.gateways.payments.sandbox.scripts import AFTERMATH, Script, script_for

FAILURE = "expired_or_canceled_card"


def refund(session: Session, payment: SandboxPayment, key: str, amount: Money) -> SandboxRefund:
    """Give a part of a locked payment back, once for each key.

    Raises KeyReused for the key with another amount, Invalid("amount") for more than is left, and
    KindrelayError while the payment is disputed.
    """
    earlier = session.scalar(
        select(SandboxRefund).where(SandboxRefund.payment_id == payment.id, SandboxRefund.idempotency == key)
    )
    if earlier is not None:
        if (earlier.amount_minor, payment.currency) != (amount.minor, amount.currency):
            raise KeyReused
        return earlier
    if disputes.is_open(session, payment):
        raise KindrelayError(N_("The bank has not decided the dispute of this payment yet."))
    if amount.currency != payment.currency or not 0 < amount.minor <= disputes.left(session, payment):
        raise Invalid("amount", N_("There is not that much left to give back."))
    payment.refunded_minor += amount.minor
    given = SandboxRefund(payment_id=payment.id, idempotency=key, amount_minor=amount.minor)
    session.add(given)
    session.flush()
    tell(session, News(EventKind.REFUNDED, payment, amount, part=given.code or ""))
    if script_for(payment.card, payment.amount_minor) is Script.REFUND_FAILS:
        tasks.defer(session, "sandbox.fail_refund", run_after=clock.now() + AFTERMATH, refund_code=given.code)
    return given


def of(session: Session, payment: SandboxPayment) -> Sequence[SandboxRefund]:
    """The refunds of a payment, oldest first."""
    made = select(SandboxRefund).where(SandboxRefund.payment_id == payment.id).order_by(SandboxRefund.id)
    return session.scalars(made).all()


def fail(session: Session, code: str) -> SandboxPayment:
    """Have the money of a refund come back, once; returns its payment. Raises NotFound."""
    payment_id = session.scalar(select(SandboxRefund.payment_id).where(SandboxRefund.code == code))
    if payment_id is None:
        raise NotFound(N_("There is no such refund."))
    payment = payments.locked(session, payment_id)
    failed = session.scalars(
        select(SandboxRefund).where(SandboxRefund.code == code).execution_options(populate_existing=True)
    ).one()
    if failed.state == "succeeded":
        failed.state = "failed"
        payment.refunded_minor -= failed.amount_minor
        amount = Money(failed.amount_minor, payment.currency)
        tell(session, News(EventKind.REFUND_FAILED, payment, amount, part=code, reason=FAILURE))
    return payment
