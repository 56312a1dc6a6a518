"""How the provider tells what has happened: an event in its books, and tasks that post it to the platform."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.ids import new_code
from app.core.money import Money
from app.gateways.models import SandboxEvent, SandboxPayment, SandboxSubscription
from app.gateways.payments.contract import EventKind
from app.gateways.payments.sandbox.scripts import WAITS, Script, fingerprint

EVENTS_PAGE = 500


@dataclass(frozen=True)
class News:
    """What happened, and to what: a payment, or a subscription of which no payment came about."""

    kind: EventKind
    about: SandboxPayment | SandboxSubscription
    amount: Money
    fee_minor: int = 0
    part: str = ""
    reason: str = ""
    respond_by: datetime | None = None
    card: str = ""  # another one than that which it is paid with


def of_payment(payment: SandboxPayment, kind: EventKind) -> News:
    """News of a whole payment; what it cost belongs to the news that it was paid."""
    paid = kind in (EventKind.SUCCEEDED, EventKind.RENEWED)
    amount = Money(payment.amount_minor, payment.currency)
    return News(kind, payment, amount, fee_minor=payment.fee_minor if paid else 0)


def tell(session: Session, news: News, script: Script = Script.PAYS) -> None:
    """Write the event and have it posted: late, twice or never where the script says so."""
    happened = clock.now()
    payment = news.about if isinstance(news.about, SandboxPayment) else None
    code = new_code(16)
    event = SandboxEvent(
        code=code,
        payment_id=payment.id if payment else None,
        kind=news.kind.value,
        body=_body(news, code, happened),
        created_at=happened,
    )
    session.add(event)
    session.flush()
    if script is Script.LOST:
        return
    due = happened + WAITS.get(script, timedelta(0))
    for _ in range(2 if script is Script.TWICE else 1):
        tasks.defer(session, "sandbox.deliver", run_after=due, event_id=event.id)


def _body(news: News, code: str, happened: datetime) -> dict[str, Any]:
    payment, subscription = "", news.about.code
    if isinstance(news.about, SandboxPayment):
        payment, subscription = news.about.code, news.about.subscription
    return {
        "id": code,
        "kind": news.kind.value,
        "created": int(happened.timestamp()),
        "test": True,
        "account": news.about.account,
        "payment": payment,
        "part": news.part,
        "subscription": subscription,
        "card": fingerprint(news.card or news.about.card),
        "amount_minor": news.amount.minor,
        "fee_minor": news.fee_minor,
        "currency": news.amount.currency,
        "reason": news.reason,
        "respond_by": int(news.respond_by.timestamp()) if news.respond_by else None,
    }


def since(
    session: Session, moment: datetime, accounts: Collection[str], after: str = ""
) -> Sequence[SandboxEvent]:
    """A page of what happened at `accounts` since, oldest first, delivered or not.

    `after` is the last one already read.
    """
    query = select(SandboxEvent).where(
        SandboxEvent.created_at >= moment, SandboxEvent.body["account"].astext.in_(accounts)
    )
    if after:
        last = select(SandboxEvent.id).where(SandboxEvent.code == after).scalar_subquery()
        query = query.where(SandboxEvent.id > last)
    return session.scalars(query.order_by(SandboxEvent.id).limit(EVENTS_PAGE)).all()


def of(session: Session, payment: SandboxPayment) -> Sequence[SandboxEvent]:
    """All that was told of a payment, and of the subscription it belongs to where no payment came about."""
    about = SandboxEvent.payment_id == payment.id
    if payment.subscription:
        subscription = SandboxEvent.body["subscription"].astext == payment.subscription
        about = or_(about, and_(SandboxEvent.payment_id.is_(None), subscription))
    return session.scalars(select(SandboxEvent).where(about).order_by(SandboxEvent.id)).all()


def tell_again(session: Session, code: str) -> SandboxEvent:
    """Post an event once more, delivered before or not. Raises NotFound."""
    event = session.scalar(select(SandboxEvent).where(SandboxEvent.code == code))
    if event is None:
        raise NotFound(N_("There is no such event."))
    tasks.defer(session, "sandbox.deliver", event_id=event.id)
    return event
