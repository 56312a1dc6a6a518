"""Everything that happened to a donation in one line of time: what was told, what came of it, who acted."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.money import Money
from app.donations.ledger_models import LedgerEntry, LedgerTransaction
from app.donations.models import (
    Donation,
    DonationMove,
    PaymentEvent,
    Receipt,
    Refund,
)


@dataclass(frozen=True)
class Happening:
    """Something that happened; `kind` is an event's kind, or begun, expired, refund_asked, refund_refused,
    receipt_issued, receipt_void. `state` is where it led, `sides` what was booked for it."""

    kind: str
    at: datetime
    amount: Money | None = None
    event: PaymentEvent | None = None
    state: str = ""
    sides: Sequence[tuple[str, Money]] = field(default_factory=tuple[tuple[str, Money], ...])
    refund: Refund | None = None
    person: str = ""
    receipt: Receipt | None = None


def of(session: Session, donation: Donation) -> list[Happening]:
    """The line of a donation, newest first."""
    happenings = [
        *_moved(session, donation),
        *_refunds(session, donation),
        *_receipts(session, donation),
    ]
    # Providers tell time in whole seconds, so a payment may seem older than the gift it belongs to.
    begun = Happening("begun", donation.created_at, donation.amount)
    return [*sorted(happenings, key=lambda one: one.at, reverse=True), begun]


def _moved(session: Session, donation: Donation) -> Iterator[Happening]:
    moves = session.scalars(select(DonationMove).where(DonationMove.donation_id == donation.id)).all()
    led_to = {move.event_id: move.to_state for move in moves if move.event_id is not None}
    booked = _booked(session, donation)
    for event in _events(session, donation, led_to):
        keys = [f"capture:{donation.id}", f"fee:{donation.id}"] if event.kind in _SUCCESSES else []
        sides = [
            side
            for key, posted in booked.items()
            if event.id in led_to and (key in keys or (_of_event(key) == event.id and not _of_gift(key)))
            for side in posted
        ]
        amount = Money(event.amount_minor, event.currency)
        yield Happening(
            event.kind,
            event.occurred_at,
            amount if event.amount_minor else None,
            event,
            led_to.get(event.id, ""),
            tuple(sides),
        )
    for move in moves:
        if move.event_id is None:
            yield Happening("expired", move.at, state=move.to_state)


_SUCCESSES = ("payment.succeeded", "subscription.renewed")


def _of_gift(key: str) -> bool:
    return key.startswith("capture:")


def _of_event(key: str) -> int:
    return int(key.rsplit(":", 1)[1])


def _events(session: Session, donation: Donation, moved: Collection[int]) -> Sequence[PaymentEvent]:
    names = {donation.reference, donation.capture_reference} - {None}
    about = PaymentEvent.reference.in_(names) | PaymentEvent.id.in_(moved)
    return session.scalars(
        select(PaymentEvent)
        .where(PaymentEvent.provider == donation.provider, about)
        .order_by(PaymentEvent.occurred_at, PaymentEvent.id)
    ).all()


def _booked(session: Session, donation: Donation) -> dict[str, list[tuple[str, Money]]]:
    rows = session.execute(
        select(
            LedgerTransaction.idempotency, LedgerEntry.account, LedgerEntry.amount_minor, LedgerEntry.currency
        )
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerTransaction.donation_id == donation.id)
        .order_by(LedgerEntry.id)
    )
    booked: defaultdict[str, list[tuple[str, Money]]] = defaultdict(list)
    for key, account, minor, currency in rows:
        booked[key].append((account, Money(minor, currency)))
    return booked


def _refunds(session: Session, donation: Donation) -> Iterator[Happening]:
    rows = session.execute(
        select(Refund, Person.name)
        .outerjoin(Person, Person.id == Refund.asked_by_id)
        .where(Refund.donation_id == donation.id, Refund.asked_by_id.is_not(None))
    )
    for refund, name in rows:
        amount = Money(refund.amount_minor, donation.currency)
        yield Happening("refund_asked", refund.created_at, amount, refund=refund, person=name or "")
        if refund.state == "refused" and refund.settled_at:
            yield Happening("refund_refused", refund.settled_at, amount, refund=refund)


def _receipts(session: Session, donation: Donation) -> Iterator[Happening]:
    for receipt in session.scalars(select(Receipt).where(Receipt.donation_id == donation.id)):
        amount = Money(receipt.amount_minor, receipt.currency)
        yield Happening("receipt_issued", receipt.issued_at, amount, receipt=receipt)
        if receipt.voided_at:
            yield Happening("receipt_void", receipt.voided_at, amount, receipt=receipt)
