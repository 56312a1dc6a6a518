"""Donation states: one table of legal moves, and events that come early, late, twice or wrong.

An event that is not legal yet is kept and applied when it becomes so. An event whose amount, currency or
account is not the donation's is refused and never applied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.donations.models import Donation, DonationMove, PaymentEvent
from app.gateways.payments.contract import EventKind
from app.nonprofits.models import PaymentAccount

ABANDONED_AFTER = timedelta(hours=24)
EXPIRE_BATCH = 500

# The only legal moves: (state now, what happened) → state then. A refund of everything ends in "refunded".
MOVES = {
    ("pending", EventKind.SUCCEEDED): "paid",
    ("failed", EventKind.SUCCEEDED): "paid",
    ("expired", EventKind.SUCCEEDED): "paid",
    ("pending", EventKind.FAILED): "failed",
    ("pending", EventKind.EXPIRED): "expired",
    ("failed", EventKind.EXPIRED): "expired",
    ("paid", EventKind.REFUNDED): "partly_refunded",
    ("partly_refunded", EventKind.REFUNDED): "partly_refunded",
}


class UnknownPayment(KindrelayError):  # noqa: N818 (it names what the event is about)
    """No donation has this payment (yet)."""


class Mismatch(KindrelayError):  # noqa: N818 (it names what was found)
    """The provider's figures are not the donation's; nobody but a person can decide what to do."""


@dataclass(frozen=True)
class Move:
    """A step that a donation has taken. Amounts are what this step adds, in minor units."""

    donation: Donation
    event: PaymentEvent
    at: datetime
    captured_minor: int = 0
    fee_minor: int = 0
    refunded_minor: int = 0


def lock(session: Session, event: PaymentEvent) -> Donation:
    """The donation an event is about, locked until the end of the transaction. Raises UnknownPayment."""
    donation = session.scalar(
        select(Donation)
        .where(Donation.provider == event.provider, Donation.reference == event.reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if donation is None:
        raise UnknownPayment(N_("No donation has the payment %(reference)s."), reference=event.reference)
    return donation


def check(session: Session, donation: Donation, event: PaymentEvent) -> None:
    """Raises Mismatch unless an event's account, currency and amount are the donation's own."""
    account = session.scalars(
        select(PaymentAccount.reference).where(PaymentAccount.id == donation.payment_account_id)
    ).one()
    expected = f"{donation.amount_minor} {donation.currency} at {account}"
    told = f"{event.amount_minor} {event.currency} at {event.account}"
    amount_fits = (
        event.amount_minor == donation.amount_minor and event.fee_minor <= donation.amount_minor
        if event.kind == EventKind.SUCCEEDED
        else event.amount_minor <= donation.amount_minor
    )
    if not (amount_fits and event.currency == donation.currency and event.account == account):
        raise Mismatch(
            N_("The provider reports %(told)s; the donation is %(expected)s."), told=told, expected=expected
        )


def advance(session: Session, donation: Donation, at: datetime) -> Move | None:
    """Take the next legal step that the kept events allow, or None when there is none.

    The donation must be locked; call again until nothing moves, for one event can make another legal.
    """
    for event in _waiting(session, donation):
        if not _fits(session, donation, event):
            continue
        if _says_nothing_new(donation, event):
            event.applied_at = at
        elif (donation.state, event.kind) in MOVES:
            return _step(session, donation, event, at)
    return None


def expire_abandoned(session: Session) -> int:
    """Close pending donations that nobody has paid for a day; a payment that comes later still counts."""
    at = clock.now()
    abandoned = session.scalars(
        select(Donation)
        .where(Donation.state == "pending", Donation.created_at < at - ABANDONED_AFTER)
        .order_by(Donation.created_at)
        .limit(EXPIRE_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for donation in abandoned:
        _record(session, donation, "expired", None, at)
    return len(abandoned)


def _waiting(session: Session, donation: Donation) -> Sequence[PaymentEvent]:
    return session.scalars(
        select(PaymentEvent)
        .where(
            PaymentEvent.provider == donation.provider,
            PaymentEvent.reference == donation.reference,
            PaymentEvent.applied_at.is_(None),
        )
        .order_by(PaymentEvent.occurred_at, PaymentEvent.id)
        .execution_options(populate_existing=True)
    ).all()


def _fits(session: Session, donation: Donation, event: PaymentEvent) -> bool:
    try:
        check(session, donation, event)
    except Mismatch:
        return False
    return True


def _says_nothing_new(donation: Donation, event: PaymentEvent) -> bool:
    match event.kind:
        case EventKind.SUCCEEDED:
            return donation.captured_minor > 0
        case EventKind.REFUNDED:
            return donation.captured_minor > 0 and event.amount_minor <= donation.refunded_minor
        case EventKind.FAILED:
            return donation.state == "failed"
        case _:
            return donation.state == "expired"


def _step(session: Session, donation: Donation, event: PaymentEvent, at: datetime) -> Move:
    state = MOVES[donation.state, EventKind(event.kind)]
    move = Move(donation, event, at)
    if event.kind == EventKind.SUCCEEDED:
        move = Move(donation, event, at, captured_minor=event.amount_minor, fee_minor=event.fee_minor)
        donation.captured_minor = event.amount_minor
        donation.fee_minor = event.fee_minor
        donation.paid_at = at
    elif event.kind == EventKind.REFUNDED:
        move = Move(donation, event, at, refunded_minor=event.amount_minor - donation.refunded_minor)
        donation.refunded_minor = event.amount_minor
        state = "refunded" if donation.refunded_minor == donation.captured_minor else state
    event.applied_at = at
    _record(session, donation, state, event, at)
    return move


def _record(
    session: Session, donation: Donation, state: str, event: PaymentEvent | None, at: datetime
) -> None:
    session.add(
        DonationMove(
            donation_id=donation.id,
            from_state=donation.state,
            to_state=state,
            event_id=event.id if event else None,
            at=at,
        )
    )
    donation.state = state
    session.flush()
