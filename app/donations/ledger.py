"""The ledger: balanced postings, written once and never changed. Debit positive, credit negative.

`provider` is what the provider holds for the payee, `donations` what donors gave, `fees` what it cost,
`disputed` what the provider holds back while a dispute is open, `bank` what was paid out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.donations.models import LedgerEntry, LedgerTransaction, PaymentEvent
from app.donations.settlement import Move
from app.gateways.payments.contract import EventKind


@dataclass(frozen=True)
class Posting:
    """A balanced transaction to be booked: what each account gets, in minor units of one currency."""

    kind: str
    key: str
    at: datetime
    currency: str
    sides: Mapping[str, int]
    donation_id: int | None = None
    nonprofit_id: int | None = None


def post(session: Session, moves: Sequence[Move]) -> None:
    """Book what steps added: gifts, fees, refunds, disputes."""
    book(session, [posting for move in moves for posting in _postings(move)])


def book(session: Session, postings: Sequence[Posting]) -> None:
    """Write postings; a key that was booked before is an IntegrityError."""
    if not postings:
        return
    ids = session.scalars(
        insert(LedgerTransaction).returning(LedgerTransaction.id, sort_by_parameter_order=True),
        [
            {
                "kind": one.kind,
                "idempotency": one.key,
                "donation_id": one.donation_id,
                "nonprofit_id": one.nonprofit_id,
                "at": one.at,
            }
            for one in postings
        ],
    ).all()
    entries: list[dict[str, Any]] = [
        {"transaction_id": id_, "account": account, "currency": one.currency, "amount_minor": minor}
        for id_, one in zip(ids, postings, strict=True)
        for account, minor in one.sides.items()
    ]
    session.execute(insert(LedgerEntry), entries)


def balance_of(session: Session, donation_id: int) -> dict[str, int]:
    """What each account holds of one donation, in minor units of its currency."""
    rows = session.execute(
        select(LedgerEntry.account, func.sum(LedgerEntry.amount_minor))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.donation_id == donation_id)
        .group_by(LedgerEntry.account)
    )
    return {account: int(minor) for account, minor in rows}


def _postings(move: Move) -> Iterator[Posting]:
    if move.event is None:
        return
    for kind, key, sides in _sides(move, move.event):
        moved = {account: minor for account, minor in sides.items() if minor}
        if moved:
            donation = move.donation
            yield Posting(kind, key, move.at, donation.currency, moved, donation_id=donation.id)


def _sides(move: Move, event: PaymentEvent) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Kind, key and sides of what a step adds; sides of nothing are left out by the caller."""
    gift, refund, fee = move.captured_minor, move.refunded_minor, move.fee_minor
    held, lost = move.disputed_minor, move.lost_minor
    yield "capture", f"capture:{move.donation.id}", {"provider": gift, "donations": -gift}
    yield "refund", f"refund:{event.id}", {"donations": max(refund, 0), "provider": min(-refund, 0)}
    yield (
        "refund_failed",
        f"refund_failed:{event.id}",
        {"provider": max(-refund, 0), "donations": min(refund, 0)},
    )
    if event.kind == EventKind.DISPUTE_LOST:
        # What the bank took beyond what was left of the gift is a cost, too.
        beyond = -held - lost
        fee -= beyond
        yield (
            "dispute_lost",
            f"dispute_lost:{event.id}",
            {"donations": lost, "fees": beyond, "disputed": held},
        )
    elif held:
        kind = "dispute" if held > 0 else "dispute_won"
        yield kind, f"{kind}:{event.id}", {"disputed": held, "provider": -held}
    yield "fee", f"cost:{event.id}", {"fees": fee, "provider": -fee}
