"""All that is known of one donation: its moves, the provider's events, the ledger, the credit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.money import Money
from app.credit import telling
from app.credit.telling import Why
from app.donations.ledger_models import LedgerEntry, LedgerTransaction
from app.donations.models import Donation, DonationMove, PaymentEvent


@dataclass(frozen=True)
class Posting:
    """One side of a balanced posting."""

    kind: str
    account: str
    amount: Money
    at: datetime


@dataclass(frozen=True)
class Evidence:
    """The record of a donation, each part in the order it happened."""

    moves: Sequence[DonationMove]
    events: Sequence[PaymentEvent]
    postings: Sequence[Posting]
    why: Why | None  # None until money has arrived


def of(session: Session, donation: Donation) -> Evidence:
    """The record of a donation."""
    moves = session.scalars(
        select(DonationMove).where(DonationMove.donation_id == donation.id).order_by(DonationMove.id)
    ).all()
    events = session.scalars(
        select(PaymentEvent)
        .where(
            PaymentEvent.provider == donation.provider,
            PaymentEvent.reference.in_({donation.reference, donation.capture_reference} - {None}),
        )
        .order_by(PaymentEvent.id)
    ).all()
    rows = session.execute(
        select(
            LedgerTransaction.kind,
            LedgerEntry.account,
            LedgerEntry.amount_minor,
            LedgerEntry.currency,
            LedgerTransaction.at,
        )
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerTransaction.donation_id == donation.id)
        .order_by(LedgerTransaction.id, LedgerEntry.id)
    )
    postings = [
        Posting(kind, account, Money(minor, currency), at) for kind, account, minor, currency, at in rows
    ]
    return Evidence(moves, events, postings, telling.of(session, donation))
