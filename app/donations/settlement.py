"""Donation states: one table of legal moves, and events that come early, late, twice or wrong.

Pure: from a donation and the events kept for it to the steps it takes. An event that is not legal yet is
kept and applied when it becomes so. One whose amount, currency or account is not the donation's is never.
Whatever order a provider's events come in, the donation ends with the same figures: each is a sum over the
events, and the state of a donation that was paid follows from its figures alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.donations.models import Donation, PaymentEvent
from app.gateways.payments.contract import EventKind

SUCCESSES = frozenset({EventKind.SUCCEEDED, EventKind.RENEWED})
CLOSINGS = frozenset({EventKind.DISPUTE_WON, EventKind.DISPUTE_LOST})

# In which states an event of a kind is applied; in every other it is kept until it becomes legal, if ever.
UNPAID = frozenset({"pending", "failed", "expired"})
PAID = frozenset({"paid", "partly_refunded", "refunded", "disputed", "lost"})
MOVES = {
    EventKind.SUCCEEDED: UNPAID,
    EventKind.RENEWED: UNPAID,
    EventKind.FAILED: frozenset({"pending"}),
    EventKind.EXPIRED: frozenset({"pending", "failed"}),
    EventKind.REFUNDED: PAID - {"refunded"},
    EventKind.REFUND_FAILED: PAID - {"paid"},
    EventKind.DISPUTE_OPENED: PAID,
    EventKind.DISPUTE_WON: frozenset({"disputed"}),
    EventKind.DISPUTE_LOST: frozenset({"disputed"}),
    EventKind.FEE: PAID,
}
UNPAID_STATES = {EventKind.FAILED: "failed", EventKind.EXPIRED: "expired"}


class UnknownPayment(KindrelayError):  # noqa: N818 (it names what the event is about)
    """No donation has this payment (yet)."""


class Mismatch(KindrelayError):  # noqa: N818 (it names what was found)
    """The provider's figures are not the donation's; nobody but a person can decide what to do."""


@dataclass(frozen=True)
class Move:
    """A step that a donation has taken; `event` is None when time took it.

    Amounts are what this step adds, in minor units. Below zero: what a failed refund brings back, what a
    closed dispute sets free, and what a refund takes over from a lost dispute, whose cost it becomes.
    """

    donation: Donation
    event: PaymentEvent | None
    at: datetime
    from_state: str
    to_state: str
    captured_minor: int = 0
    fee_minor: int = 0
    refunded_minor: int = 0
    disputed_minor: int = 0
    lost_minor: int = 0


@dataclass(frozen=True)
class _Step:
    captured: int = 0
    refunded: int = 0
    disputed: int = 0
    taken: int = 0  # by the donor's bank, when a dispute is lost


def check(donation: Donation, account: str, event: PaymentEvent) -> None:
    """Raises Mismatch unless an event's account, currency and amount are the donation's own.

    `account` is the provider's name of the account that the donation goes to.
    """
    if not _fits(donation, account, event):
        raise Mismatch(
            N_("The provider reports %(told)s; the donation is %(expected)s."),
            told=f"{event.amount_minor} {event.currency} at {event.account}",
            expected=f"{donation.amount_minor} {donation.currency} at {account}",
        )


def advance(donation: Donation, account: str, events: Sequence[PaymentEvent], at: datetime) -> Iterator[Move]:
    """Take every legal step that the donation's kept events allow, in the order they occurred.

    `events` are all that were ever kept for it, applied or not. The donation and the events are changed as
    the steps are taken; the caller holds the donation's lock and writes what comes out.
    """
    fitting = [event for event in sorted(events, key=_order) if _fits(donation, account, event)]
    moved = True
    while moved:
        moved = False
        for event in fitting:
            if event.applied_at is not None:
                continue
            if _says_nothing_new(donation, event, events):
                event.applied_at = at
            elif (step := _step(donation, event, events)) is not None:
                yield _take(donation, event, step, events, at)
                moved = True
                break


def expire(donation: Donation, at: datetime) -> Move:
    """Close a donation that nobody has paid; a payment that comes later still counts."""
    move = Move(donation, None, at, donation.state, "expired")
    donation.state = "expired"
    return move


def _order(event: PaymentEvent) -> tuple[datetime, int]:
    return event.occurred_at, event.id


def _fits(donation: Donation, account: str, event: PaymentEvent) -> bool:
    kind = event.kind
    if event.currency != donation.currency or event.account != account:
        return False
    if kind in SUCCESSES:
        return event.amount_minor == donation.amount_minor and event.fee_minor <= donation.amount_minor
    return event.amount_minor <= donation.amount_minor or kind in CLOSINGS


def _says_nothing_new(donation: Donation, event: PaymentEvent, events: Sequence[PaymentEvent]) -> bool:
    kind = EventKind(event.kind)
    if kind in SUCCESSES:
        return donation.captured_minor > 0
    if kind in UNPAID_STATES:
        return donation.state == UNPAID_STATES[kind]
    if kind is EventKind.REFUNDED and not event.part:
        return donation.captured_minor > 0 and event.amount_minor <= donation.refunded_minor
    return _applied(events, event.part, *(CLOSINGS if kind in CLOSINGS else {kind})) is not None


def _step(donation: Donation, event: PaymentEvent, events: Sequence[PaymentEvent]) -> _Step | None:
    """What the event adds; None while it is not legal, or asks for more than there is."""
    kind = EventKind(event.kind)
    if donation.state not in MOVES.get(kind, ()):
        return None
    if kind in SUCCESSES:
        return _Step(captured=event.amount_minor)
    if kind in UNPAID_STATES:
        return _Step()
    if kind is EventKind.REFUNDED:
        refund = event.amount_minor - (0 if event.part else donation.refunded_minor)
        return (
            _Step(refunded=refund)
            if 0 < refund <= donation.captured_minor - donation.refunded_minor
            else None
        )
    if not event.part:
        return None  # of which refund, dispute or fee?
    if kind is EventKind.FEE:
        return _Step()
    if kind is EventKind.DISPUTE_OPENED:
        return _Step(disputed=event.amount_minor) if event.amount_minor else None
    begun = EventKind.REFUNDED if kind is EventKind.REFUND_FAILED else EventKind.DISPUTE_OPENED
    before = _applied(events, event.part, begun)
    if before is None:
        return None
    if kind is EventKind.REFUND_FAILED:
        return _Step(refunded=-before.amount_minor)
    lost = kind is EventKind.DISPUTE_LOST
    return _Step(disputed=-before.amount_minor, taken=before.amount_minor * lost)


def _take(
    donation: Donation, event: PaymentEvent, step: _Step, events: Sequence[PaymentEvent], at: datetime
) -> Move:
    before = donation.state
    # A bank may take more than is left of the gift after its refunds. The rest is what the dispute cost.
    captured = donation.captured_minor + step.captured
    refunded = donation.refunded_minor + step.refunded
    taken = _taken_by_banks(events) + step.taken
    lost = min(taken, captured - refunded) - donation.lost_minor
    fee = (event.fee_minor if captured else 0) + step.taken - lost
    donation.captured_minor, donation.refunded_minor = captured, refunded
    donation.disputed_minor += step.disputed
    donation.lost_minor += lost
    donation.fee_minor += fee
    event.applied_at = at
    if step.captured:
        donation.paid_at = at
        donation.capture_reference = event.alias or None
    donation.state = UNPAID_STATES.get(EventKind(event.kind)) or _state_by_money(donation)
    return Move(
        donation,
        event,
        at,
        before,
        donation.state,
        captured_minor=step.captured,
        fee_minor=fee,
        refunded_minor=step.refunded,
        disputed_minor=step.disputed,
        lost_minor=lost,
    )


def _applied(events: Sequence[PaymentEvent], part: str, *kinds: EventKind) -> PaymentEvent | None:
    """The event of that refund or dispute that has been applied, if one has; later ones said nothing new."""
    found = [
        (one.applied_at, _order(one), one)
        for one in events
        if one.applied_at is not None and one.part == part and one.kind in kinds
    ]
    return min(found)[2] if found else None


def _taken_by_banks(events: Sequence[PaymentEvent]) -> int:
    """All that was taken by lost disputes, be it of the gift or beyond it."""
    lost = {one.part for one in events if one.applied_at is not None and one.kind == EventKind.DISPUTE_LOST}
    opened = (_applied(events, part, EventKind.DISPUTE_OPENED) for part in lost)
    return sum(one.amount_minor for one in opened if one)


def _state_by_money(donation: Donation) -> str:
    if donation.disputed_minor:
        return "disputed"
    if donation.lost_minor:
        return "lost"
    if donation.refunded_minor == 0:
        return "paid"
    return "refunded" if donation.refunded_minor == donation.captured_minor else "partly_refunded"
