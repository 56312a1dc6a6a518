"""The ledger: balanced postings, written once and never changed. Debit positive, credit negative.

`provider` is what the provider holds for the payee, `donations` what donors gave, `fees` what it cost,
`disputed` what the provider holds back while a dispute is open, `bank` what was paid out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import bulk
from app.donations.ledger_models import LedgerEntry
from app.donations.settlement import Move
from app.gateways.payments.contract import EventKind

KINDS = {
    EventKind.SUCCEEDED: "capture",
    EventKind.RENEWED: "capture",
    EventKind.REFUNDED: "refund",
    EventKind.REFUND_FAILED: "refund_failed",
    EventKind.DISPUTE_OPENED: "dispute",
    EventKind.DISPUTE_WON: "dispute_won",
    EventKind.DISPUTE_LOST: "dispute_lost",
    EventKind.FEE: "fee",
}

_BEGIN = text(
    "INSERT INTO ledger_transaction (kind, idempotency, donation_id, nonprofit_id, at) "
    "SELECT kind, idempotency, donation_id, nonprofit_id, at "
    "FROM json_populate_recordset(CAST(NULL AS ledger_transaction), CAST(:rows AS json)) "
    "RETURNING idempotency, id"
)


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
    """Book what steps added: one transaction for each step that moved money."""
    book(session, [posting for posting in map(_posting, moves) if posting])


def book(session: Session, postings: Sequence[Posting]) -> None:
    """Write postings; a key that was booked before is an IntegrityError."""
    if not postings:
        return
    rows = [
        {
            "kind": one.kind,
            "idempotency": one.key,
            "donation_id": one.donation_id,
            "nonprofit_id": one.nonprofit_id,
            "at": one.at,
        }
        for one in postings
    ]
    ids = dict(session.execute(_BEGIN, {"rows": bulk.as_json(rows)}).all())
    entries: list[dict[str, Any]] = [
        {"transaction_id": ids[one.key], "account": account, "currency": one.currency, "amount_minor": minor}
        for one in postings
        for account, minor in one.sides.items()
    ]
    bulk.insert(session, LedgerEntry, entries)


def _posting(move: Move) -> Posting | None:
    sides = {
        "donations": move.refunded_minor + move.lost_minor - move.captured_minor,
        "fees": move.fee_minor,
        "disputed": move.disputed_minor,
    }
    # What the provider holds for the payee is the other side of all: what was given, less what is elsewhere.
    sides["provider"] = -sum(sides.values())
    moved = {account: minor for account, minor in sides.items() if minor}
    if move.event is None or not moved:
        return None
    kind = KINDS[EventKind(move.event.kind)]
    # A donation is captured once, whatever the provider calls the event.
    key = f"{kind}:{move.donation.id if move.captured_minor else move.event.id}"
    return Posting(kind, key, move.at, move.donation.currency, moved, donation_id=move.donation.id)
