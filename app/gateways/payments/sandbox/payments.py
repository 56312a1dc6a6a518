"""The simulated provider's payments in its books: opened once for each key, found, locked."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.core.ids import new_code
from app.gateways.models import SandboxEvent, SandboxPayment
from app.gateways.payments.contract import PaymentRequest
from app.gateways.payments.sandbox.lookup import by_code


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
        "card": "",
        "subscription": "",
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


def find(session: Session, code: str, *, account: str = "", lock: bool = False) -> SandboxPayment:
    """A payment by its code, at `account` if that is given. Raises NotFound."""
    return by_code(session, SandboxPayment, code, account=account, lock=lock)


def locked(session: Session, payment_id: int) -> SandboxPayment:
    """The payment of a refund or a dispute, locked: what is done to one payment is done in turn."""
    return session.get_one(SandboxPayment, payment_id, with_for_update=True, populate_existing=True)


def of_event(session: Session, event: SandboxEvent) -> SandboxPayment:
    """The payment that an event is about, or the first one of its subscription."""
    query = select(SandboxPayment).order_by(SandboxPayment.id).limit(1)
    if event.payment_id is not None:
        return session.scalars(query.where(SandboxPayment.id == event.payment_id)).one()
    return session.scalars(query.where(SandboxPayment.subscription == event.body["subscription"])).one()


def recent(session: Session, limit: int = 50) -> Sequence[SandboxPayment]:
    """The newest payments."""
    return session.scalars(select(SandboxPayment).order_by(SandboxPayment.id.desc()).limit(limit)).all()
