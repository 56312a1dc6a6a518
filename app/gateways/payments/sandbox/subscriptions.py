"""The simulated provider's subscriptions: a payment that is repeated each month until it is ended."""

import calendar
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.core.money import Money
from app.gateways.models import SandboxPayment, SandboxSubscription
from app.gateways.payments.contract import EventKind
from app.gateways.payments.sandbox.capturing import capture
from app.gateways.payments.sandbox.lookup import by_code
from app.gateways.payments.sandbox.news import News, tell
from app.gateways.payments.sandbox.scripts import Script, script_for

RETRY_AFTER = timedelta(days=3)
MAX_FAILURES = 4  # in a row; then the provider gives the subscription up
RENEWED_AT_ONCE = 200
UNPAYABLE = frozenset({Script.DECLINED, Script.RENEWAL_FAILS})


def begin(session: Session, first: SandboxPayment) -> None:
    """Have a payment that is being made now repeated each month with the same card."""
    at = clock.now()
    subscription = SandboxSubscription(
        account=first.account,
        amount_minor=first.amount_minor,
        currency=first.currency,
        description=first.description,
        card=first.card,
        created_at=at,
        next_at=month_after(at, at.day),
    )
    session.add(subscription)
    session.flush()
    first.subscription = subscription.code


def renew_due(session: Session) -> int:
    """Renew the subscriptions whose month is over; returns how many were tried."""
    due = session.scalars(
        select(SandboxSubscription.code)
        .where(
            SandboxSubscription.state.in_(("active", "failing")), SandboxSubscription.next_at <= clock.now()
        )
        .order_by(SandboxSubscription.next_at)
        .limit(RENEWED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for code in due:
        renew(session, code)
    return len(due)


def renew(session: Session, code: str) -> SandboxPayment | None:
    """Charge the next month now; None when the card does not pay. Raises NotFound, KindrelayError if idle.

    A subscription whose card keeps failing is tried again after three days, and ended after four failures.
    """
    subscription = find(session, code, lock=True)
    if subscription.state not in ("active", "failing") or subscription.next_at is None:
        raise KindrelayError(N_("This monthly payment is paused or has ended."))
    script = script_for(subscription.card, subscription.amount_minor) or Script.PAYS
    if script in UNPAYABLE:
        _fail(session, subscription)
        return None
    payment = _next_payment(session, subscription, subscription.next_at)
    subscription.state = "active"
    subscription.failures = 0
    subscription.next_at = month_after(subscription.next_at, subscription.created_at.day)
    capture(session, payment, script, EventKind.RENEWED)
    return payment


def pause(session: Session, code: str, account: str) -> SandboxSubscription:
    """Charge nothing until it is resumed. Raises NotFound, KindrelayError once it has ended."""
    subscription = living(session, code, account)
    subscription.state = "paused"
    return subscription


def resume(session: Session, code: str, account: str) -> SandboxSubscription:
    """Charge again from the next month on that is yet to come. Raises NotFound, KindrelayError once ended."""
    subscription = living(session, code, account)
    if subscription.state == "paused":
        subscription.state = "active"
        subscription.failures = 0
        while subscription.next_at is not None and subscription.next_at <= clock.now():
            subscription.next_at = month_after(subscription.next_at, subscription.created_at.day)
    return subscription


def change(session: Session, code: str, account: str, amount: Money) -> SandboxSubscription:
    """Charge another amount from the next month on. Raises NotFound, KindrelayError for another currency."""
    subscription = living(session, code, account)
    if amount.currency != subscription.currency or amount.minor <= 0:
        raise KindrelayError(N_("A monthly payment keeps its currency."))
    subscription.amount_minor = amount.minor
    return subscription


def end(session: Session, code: str, account: str = "") -> SandboxSubscription:
    """Charge nothing any more, and tell so once. Raises NotFound."""
    subscription = find(session, code, account=account, lock=True)
    if subscription.state != "ended":
        _end(session, subscription, "cancellation_requested")
    return subscription


def find(session: Session, code: str, *, account: str = "", lock: bool = False) -> SandboxSubscription:
    """A subscription by its code, at `account` if that is given. Raises NotFound."""
    return by_code(session, SandboxSubscription, code, account=account, lock=lock)


def living(session: Session, code: str, account: str) -> SandboxSubscription:
    """A subscription that has not ended, locked. Raises NotFound, and KindrelayError once it has."""
    subscription = find(session, code, account=account, lock=True)
    if subscription.state == "ended":
        raise KindrelayError(N_("This monthly payment has ended."))
    return subscription


def recent(session: Session, limit: int = 50) -> Sequence[SandboxSubscription]:
    """The newest subscriptions."""
    newest = select(SandboxSubscription).order_by(SandboxSubscription.id.desc()).limit(limit)
    return session.scalars(newest).all()


def month_after(at: datetime, day: int) -> datetime:
    """The same time in the next month, on `day` or on the last day of a month that is shorter."""
    year, month = (at.year, at.month + 1) if at.month < 12 else (at.year + 1, 1)
    return at.replace(year=year, month=month, day=min(day, calendar.monthrange(year, month)[1]))


def _next_payment(session: Session, subscription: SandboxSubscription, due: datetime) -> SandboxPayment:
    first = session.scalars(
        select(SandboxPayment)
        .where(SandboxPayment.subscription == subscription.code)
        .order_by(SandboxPayment.id)
        .limit(1)
    ).one()
    payment = SandboxPayment(
        account=subscription.account,
        idempotency=f"renewal {subscription.code} {due:%Y-%m-%d}",
        request={},
        amount_minor=subscription.amount_minor,
        currency=subscription.currency,
        description=subscription.description,
        return_url=first.return_url,
        card=subscription.card,
        subscription=subscription.code,
    )
    session.add(payment)
    session.flush()
    return payment


def _fail(session: Session, subscription: SandboxSubscription) -> None:
    subscription.state = "failing"
    subscription.failures += 1
    subscription.next_at = clock.now() + RETRY_AFTER
    tell(session, _news(subscription, EventKind.RENEWAL_FAILED, "card_declined"))
    if subscription.failures >= MAX_FAILURES:
        _end(session, subscription, "payment_failed")


def _end(session: Session, subscription: SandboxSubscription, reason: str) -> None:
    subscription.state = "ended"
    subscription.ended_at = clock.now()
    subscription.next_at = None
    tell(session, _news(subscription, EventKind.SUBSCRIPTION_ENDED, reason))


def _news(subscription: SandboxSubscription, kind: EventKind, reason: str) -> News:
    return News(kind, subscription, Money(subscription.amount_minor, subscription.currency), reason=reason)
