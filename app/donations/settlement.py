"""Donation states: one table of legal moves, and events that come early, late, twice or wrong.

Pure: from a donation and the events kept for it to the steps it takes. An event that is not legal yet is
kept and applied when it becomes so. One whose amount, currency or account is not the donation's is never.
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
ABOUT_A_PART = frozenset({EventKind.REFUNDED, EventKind.REFUND_FAILED, EventKind.DISPUTE_OPENED, *CLOSINGS})

# What may happen in which state. Where it leads stands beside, or follows from what is left of the money.
BY_MONEY = "by what is left"
MOVES = {
    **dict.fromkeys((("pending", kind) for kind in SUCCESSES), BY_MONEY),
    **dict.fromkeys((("failed", kind) for kind in SUCCESSES), BY_MONEY),
    **dict.fromkeys((("expired", kind) for kind in SUCCESSES), BY_MONEY),
    ("pending", EventKind.FAILED): "failed",
    ("pending", EventKind.EXPIRED): "expired",
    ("failed", EventKind.EXPIRED): "expired",
    ("paid", EventKind.REFUNDED): BY_MONEY,
    ("partly_refunded", EventKind.REFUNDED): BY_MONEY,
    ("lost", EventKind.REFUNDED): BY_MONEY,
    ("partly_refunded", EventKind.REFUND_FAILED): BY_MONEY,
    ("refunded", EventKind.REFUND_FAILED): BY_MONEY,
    ("lost", EventKind.REFUND_FAILED): BY_MONEY,
    ("paid", EventKind.DISPUTE_OPENED): "disputed",
    ("partly_refunded", EventKind.DISPUTE_OPENED): "disputed",
    ("refunded", EventKind.DISPUTE_OPENED): "disputed",
    ("disputed", EventKind.DISPUTE_WON): BY_MONEY,
    ("disputed", EventKind.DISPUTE_LOST): BY_MONEY,
}


class UnknownPayment(KindrelayError):  # noqa: N818 (it names what the event is about)
    """No donation has this payment (yet)."""


class Mismatch(KindrelayError):  # noqa: N818 (it names what was found)
    """The provider's figures are not the donation's; nobody but a person can decide what to do."""


@dataclass(frozen=True)
class Move:
    """A step that a donation has taken; `event` is None when time took it.

    Amounts are what this step adds, in minor units: below zero for a refund that failed, and for a dispute
    that is closed.
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
    fee: int = 0
    refunded: int = 0
    disputed: int = 0
    lost: int = 0


def check(donation: Donation, account: str, event: PaymentEvent) -> None:
    """Raises Mismatch unless an event's account, currency and amount are the donation's own.

    `account` is the provider's name of the account that the donation goes to.
    """
    exact = event.kind in SUCCESSES
    amount_fits = event.amount_minor == donation.amount_minor if exact else True
    refund_fits = event.amount_minor <= donation.amount_minor or event.kind in CLOSINGS
    fee_fits = not exact or event.fee_minor <= donation.amount_minor
    same = event.currency == donation.currency and event.account == account
    if amount_fits and refund_fits and fee_fits and same:
        return
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
    moved = True
    while moved:
        moved = False
        for event in sorted(events, key=lambda event: (event.occurred_at, event.id)):
            if event.applied_at is not None or not _fits(donation, account, event):
                continue
            if _says_nothing_new(donation, event, events):
                event.applied_at = at
            elif (step := _step(donation, event, events)) is not None:
                yield _take(donation, event, step, at)
                moved = True
                break


def expire(donation: Donation, at: datetime) -> Move:
    """Close a donation that nobody has paid; a payment that comes later still counts."""
    move = Move(donation, None, at, donation.state, "expired")
    donation.state = "expired"
    return move


def _fits(donation: Donation, account: str, event: PaymentEvent) -> bool:
    try:
        check(donation, account, event)
    except Mismatch:
        return False
    return True


def _applied(events: Sequence[PaymentEvent], part: str, *kinds: EventKind) -> PaymentEvent | None:
    """The event of that refund or dispute that has been applied, if one has."""
    found = (one for one in events if one.applied_at is not None and one.part == part and one.kind in kinds)
    return next(found, None)


def _says_nothing_new(donation: Donation, event: PaymentEvent, events: Sequence[PaymentEvent]) -> bool:
    kind = EventKind(event.kind)
    if kind in SUCCESSES:
        return donation.captured_minor > 0
    if kind is EventKind.REFUNDED and not event.part:
        return donation.captured_minor > 0 and event.amount_minor <= donation.refunded_minor
    if kind in CLOSINGS:
        return _applied(events, event.part, *CLOSINGS) is not None
    if kind in ABOUT_A_PART:
        return _applied(events, event.part, kind) is not None
    return donation.state == ("failed" if kind is EventKind.FAILED else "expired")


def _step(donation: Donation, event: PaymentEvent, events: Sequence[PaymentEvent]) -> _Step | None:
    """What the event adds; None while it is not legal, or asks for more than there is."""
    kind = EventKind(event.kind)
    left = donation.captured_minor - donation.refunded_minor - donation.lost_minor
    if (donation.state, kind) not in MOVES:
        return None
    if kind in SUCCESSES:
        return _Step(captured=event.amount_minor, fee=event.fee_minor)
    if kind is EventKind.REFUNDED:
        refund = event.amount_minor - (0 if event.part else donation.refunded_minor)
        return _Step(refunded=refund) if 0 < refund <= left else None
    if kind is EventKind.REFUND_FAILED:
        refund = _applied(events, event.part, EventKind.REFUNDED)
        return _Step(refunded=-refund.amount_minor) if refund else None
    if kind is EventKind.DISPUTE_OPENED:
        return _Step(disputed=event.amount_minor) if event.amount_minor else None
    if kind in CLOSINGS:
        opened = _applied(events, event.part, EventKind.DISPUTE_OPENED)
        return _closing(donation, event, kind, left) if opened else None
    return _Step()


def _closing(donation: Donation, event: PaymentEvent, kind: EventKind, left: int) -> _Step:
    held = donation.disputed_minor
    if kind is EventKind.DISPUTE_WON:
        return _Step(disputed=-held, fee=event.fee_minor)
    # The bank may take more than is left of the gift (after a refund); the rest is what the dispute cost.
    lost = min(held, left)
    return _Step(disputed=-held, lost=lost, fee=event.fee_minor + held - lost)


def _take(donation: Donation, event: PaymentEvent, step: _Step, at: datetime) -> Move:
    before = donation.state
    kind = EventKind(event.kind)
    event.applied_at = at
    donation.captured_minor += step.captured
    donation.fee_minor += step.fee
    donation.refunded_minor += step.refunded
    donation.disputed_minor += step.disputed
    donation.lost_minor += step.lost
    if kind in SUCCESSES:
        donation.paid_at = at
        donation.capture_reference = event.alias or None
    state = MOVES[before, kind]
    donation.state = _by_money(donation) if state == BY_MONEY else state
    return Move(
        donation,
        event,
        at,
        before,
        donation.state,
        captured_minor=step.captured,
        fee_minor=step.fee,
        refunded_minor=step.refunded,
        disputed_minor=step.disputed,
        lost_minor=step.lost,
    )


def _by_money(donation: Donation) -> str:
    if donation.lost_minor:
        return "lost"
    if donation.refunded_minor == 0:
        return "paid"
    return "refunded" if donation.refunded_minor == donation.captured_minor else "partly_refunded"
