"""The simulated provider's own books: payments, refunds, and the events that tell of them.

Nothing here knows donations; the platform is to the provider one merchant among others.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.core.ids import new_code
from app.gateways.models import SandboxEvent, SandboxPayment, SandboxRefund
from app.gateways.payments.contract import EventKind, PaymentRequest
from app.gateways.payments.sandbox.scripts import LATE_SECONDS, Script, script_for

FEE_PERMILLE = 29
EVENTS_PAGE = 500


class KeyReused(KindrelayError):  # noqa: N818 (it names what happened)
    """An idempotency key came again with another request."""

    def __init__(self) -> None:
        super().__init__(N_("This key was used for another request."))


def open_payment(session: Session, request: PaymentRequest) -> SandboxPayment:
    """The payment of the request's key, new or as it was. Raises KeyReused for the key with another body."""
    values = {
        "code": new_code(22),
        "idempotency": request.key,
        "request": request.body(),
        "state": "open",
        "fee_minor": 0,
        "refunded_minor": 0,
        "created_at": clock.now(),
        "account": request.account,
        "amount_minor": request.amount.minor,
        "currency": request.amount.currency,
        "description": request.description,
        "return_url": request.return_url,
    }
    session.execute(insert(SandboxPayment).values(**values).on_conflict_do_nothing())
    payment = session.scalars(
        select(SandboxPayment).where(
            SandboxPayment.account == request.account, SandboxPayment.idempotency == request.key
        )
    ).one()
    if payment.request != request.body():
        raise KeyReused
    return payment


def find(session: Session, code: str, *, lock: bool = False) -> SandboxPayment:
    """A payment by its code. Raises NotFound."""
    query = select(SandboxPayment).where(SandboxPayment.code == code)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    payment = session.scalar(query)
    if payment is None:
        raise NotFound(N_("There is no such payment."))
    return payment


def pay(session: Session, code: str, card: str) -> Script:
    """Try to pay with a test card; a declined payment can be tried again, a paid one stays paid.

    Raises Invalid("card") for a card that is not in the list, NotFound, and KindrelayError once cancelled.
    """
    payment = find(session, code, lock=True)
    script = script_for(card, payment.amount_minor)
    if script is None:
        raise Invalid("card", N_("Choose one of the test cards."))
    if payment.state == "cancelled":
        raise KindrelayError(N_("This payment was cancelled."))
    if payment.state == "paid":
        return Script.PAYS
    if script is Script.DECLINED:
        payment.state = "declined"
        _tell(session, payment, EventKind.FAILED, payment.amount_minor, script)
        return script
    payment.state = "paid"
    payment.settled_at = clock.now()
    payment.fee_minor = (payment.amount_minor * FEE_PERMILLE + 500) // 1000
    _tell(session, payment, EventKind.SUCCEEDED, payment.amount_minor, script)
    return script


def cancel(session: Session, code: str) -> SandboxPayment:
    """Leave without paying; a payment that is paid stays paid."""
    payment = find(session, code, lock=True)
    if payment.state in ("open", "declined"):
        payment.state = "cancelled"
        _tell(session, payment, EventKind.EXPIRED, payment.amount_minor, Script.PAYS)
    return payment


def refund(session: Session, code: str, key: str, amount_minor: int, currency: str) -> SandboxRefund:
    """Give a part of a payment back, once for each key.

    Raises KeyReused for the key with another amount, Invalid("amount") for more than is left.
    """
    payment = find(session, code, lock=True)
    earlier = session.scalar(
        select(SandboxRefund).where(SandboxRefund.payment_id == payment.id, SandboxRefund.idempotency == key)
    )
    if earlier is not None:
        if earlier.amount_minor != amount_minor:
            raise KeyReused
        return earlier
    left = payment.amount_minor - payment.refunded_minor
    if payment.state != "paid" or currency != payment.currency or not 0 < amount_minor <= left:
        raise Invalid("amount", N_("There is not that much left to give back."))
    payment.refunded_minor += amount_minor
    refund = SandboxRefund(payment_id=payment.id, idempotency=key, amount_minor=amount_minor)
    session.add(refund)
    session.flush()
    _tell(session, payment, EventKind.REFUNDED, amount_minor, Script.PAYS, part=refund.code or "")
    return refund


def events_since(session: Session, since: datetime, after: str = "") -> Sequence[SandboxEvent]:
    """A page of what happened since, oldest first, delivered or not; `after` is the last one already read."""
    query = select(SandboxEvent).where(SandboxEvent.created_at >= since)
    if after:
        last = select(SandboxEvent.id).where(SandboxEvent.code == after).scalar_subquery()
        query = query.where(SandboxEvent.id > last)
    return session.scalars(query.order_by(SandboxEvent.id).limit(EVENTS_PAGE)).all()


def recent(session: Session, limit: int = 50) -> Sequence[SandboxPayment]:
    """The newest payments."""
    return session.scalars(select(SandboxPayment).order_by(SandboxPayment.id.desc()).limit(limit)).all()


def _tell(
    session: Session,
    payment: SandboxPayment,
    kind: EventKind,
    amount_minor: int,
    script: Script,
    part: str = "",
) -> None:
    happened = clock.now()
    code = new_code(16)
    body: dict[str, Any] = {
        "id": code,
        "kind": kind.value,
        "created": int(happened.timestamp()),
        "test": True,
        "account": payment.account,
        "payment": payment.code,
        "part": part,
        "amount_minor": amount_minor,
        "fee_minor": payment.fee_minor if kind is EventKind.SUCCEEDED else 0,
        "currency": payment.currency,
    }
    event = SandboxEvent(code=code, payment_id=payment.id, kind=kind.value, body=body, created_at=happened)
    session.add(event)
    session.flush()
    if script is Script.LOST:
        return
    due = happened + timedelta(seconds=LATE_SECONDS) if script is Script.LATE else happened
    for _ in range(2 if script is Script.TWICE else 1):
        tasks.defer(session, "sandbox.deliver", run_after=due, event_id=event.id)
