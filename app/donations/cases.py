"""Donations in hand: locked, each with its account and all that the provider ever told of it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core import bulk, clock
from app.core.i18n import N_
from app.donations import settlement
from app.donations.models import Donation, DonationMove, PaymentEvent
from app.donations.settlement import Move, UnknownPayment
from app.nonprofits.models import PaymentAccount

ABANDONED_AFTER = timedelta(hours=24)
EXPIRE_BATCH = 500
# What a step changes of a donation.
STEPPED = (
    "state",
    "captured_minor",
    "refunded_minor",
    "fee_minor",
    "disputed_minor",
    "lost_minor",
    "paid_at",
    "capture_reference",
)


@dataclass(frozen=True)
class Case:
    """A locked donation, the provider's name of its account, and every event that was kept for it."""

    donation: Donation
    account: str
    events: list[PaymentEvent] = field(default_factory=list[PaymentEvent])

    def check(self, event: PaymentEvent) -> None:
        """Raises Mismatch unless the event's figures are the donation's own."""
        settlement.check(self.donation, self.account, event)


def take(session: Session, events: Sequence[PaymentEvent]) -> list[Case]:
    """The donations that the events are about, locked in the order of their ids until the transaction ends.

    Raises UnknownPayment when an event is about none.
    """
    cases: list[Case] = []
    for provider in sorted({event.provider for event in events}):
        names = {event.reference for event in events if event.provider == provider}
        cases += _of_provider(session, provider, names)
    known = {(case.donation.provider, name) for case in cases for name in _names(case)}
    for event in events:
        if (event.provider, event.reference) not in known:
            raise UnknownPayment(N_("No donation has the payment %(reference)s."), reference=event.reference)
    return cases


def advance(session: Session, cases: Sequence[Case], at: datetime) -> list[Move]:
    """Take every step that is legal now, and record it."""
    moves = [
        move for case in cases for move in settlement.advance(case.donation, case.account, case.events, at)
    ]
    bulk.update(session, PaymentEvent, ["applied_at"])
    bulk.update(session, Donation, STEPPED)
    _record(session, moves)
    return moves


def expire_abandoned(session: Session) -> bool:
    """Close pending donations that nobody has paid for a day; a payment that comes later still counts.

    It closes `EXPIRE_BATCH` at most, the oldest first, and returns whether there may be more.
    """
    at = clock.now()
    abandoned = session.scalars(
        select(Donation)
        .where(Donation.state == "pending", Donation.created_at < at - ABANDONED_AFTER)
        .order_by(Donation.created_at)
        .limit(EXPIRE_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    moves = [settlement.expire(donation, at) for donation in abandoned]
    session.flush()
    _record(session, moves)
    return len(moves) == EXPIRE_BATCH


def _of_provider(session: Session, provider: str, names: Collection[str]) -> list[Case]:
    asked = bulk.of_names(names)
    rows = session.execute(
        select(Donation, PaymentAccount.reference)
        .join(PaymentAccount, PaymentAccount.id == Donation.payment_account_id)
        .where(
            Donation.provider == provider,
            or_(Donation.reference == asked, Donation.capture_reference == asked),
        )
        .order_by(Donation.id)
        .with_for_update(of=Donation)
        .execution_options(populate_existing=True)
    ).all()
    cases = [Case(donation, account) for donation, account in rows]
    found: set[str] = set()
    while others := {name for case in cases for name in _names(case)} - found:
        found |= others
        _add_events(cases, _told_of(session, provider, others))
    return cases


def _told_of(session: Session, provider: str, names: Collection[str]) -> Sequence[PaymentEvent]:
    return session.scalars(
        select(PaymentEvent)
        .where(PaymentEvent.provider == provider, PaymentEvent.reference == bulk.of_names(names))
        .order_by(PaymentEvent.id)
        .execution_options(populate_existing=True)
    ).all()


def _add_events(cases: Sequence[Case], events: Sequence[PaymentEvent]) -> None:
    by_name: defaultdict[str, list[PaymentEvent]] = defaultdict(list)
    for event in events:
        by_name[event.reference].append(event)
    for case in cases:
        for name in _names(case):
            case.events.extend(by_name.pop(name, []))


def _names(case: Case) -> set[str]:
    """What the provider calls the payment: as it was opened, as it was captured, and as events alias it."""
    told = {event.alias for event in case.events}
    return {case.donation.reference or "", case.donation.capture_reference or "", *told} - {""}


def _record(session: Session, moves: Sequence[Move]) -> None:
    rows = [
        {
            "donation_id": move.donation.id,
            "from_state": move.from_state,
            "to_state": move.to_state,
            "event_id": move.event.id if move.event else None,
            "at": move.at,
        }
        for move in moves
    ]
    bulk.insert(session, DonationMove, rows)
