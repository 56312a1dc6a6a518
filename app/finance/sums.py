"""The same money as each of the books has it: sums by nonprofit and currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.credit.credits import stands
from app.credit.models import Credit, CreditReversal
from app.donations.ledger_models import LedgerEntry, LedgerTransaction
from app.donations.models import Donation
from app.reports.models import DayRollup


@dataclass(frozen=True)
class Sums:
    """What one of the books says, in minor units. Lost disputes count as refunded."""

    gross: int = 0
    refunded: int = 0
    fees: int = 0


Key = tuple[int, str]  # the nonprofit's id and a currency


def of_donations(session: Session) -> dict[Key, Sums]:
    """What the donations' own rows say."""
    rows = session.execute(
        select(
            Donation.nonprofit_id,
            Donation.currency,
            func.sum(Donation.captured_minor),
            func.sum(Donation.refunded_minor + Donation.lost_minor),
            func.sum(Donation.fee_minor),
        )
        .where(Donation.captured_minor > 0)
        .group_by(Donation.nonprofit_id, Donation.currency)
    )
    return keyed(rows)


def of_ledger(session: Session) -> dict[Key, Sums]:
    """What was booked."""

    def total(which: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(LedgerEntry.amount_minor).filter(which), 0)

    given = LedgerEntry.account == "donations"
    captures = LedgerTransaction.kind == "capture"
    rows = session.execute(
        select(
            Donation.nonprofit_id,
            LedgerEntry.currency,
            -total(given & captures),
            total(given & ~captures),
            total(LedgerEntry.account == "fees"),
        )
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .join(Donation, Donation.id == LedgerTransaction.donation_id)
        .group_by(Donation.nonprofit_id, LedgerEntry.currency)
    )
    return keyed(rows)


def of_credit(session: Session) -> dict[Key, Sums]:
    """What is credited to videos, or to none, as it stands."""
    gone = (
        select(
            CreditReversal.credit_id,
            func.sum(CreditReversal.amount_minor).label("minor"),
            func.sum(CreditReversal.fee_minor).label("fee"),
        )
        .group_by(CreditReversal.credit_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Donation.nonprofit_id,
            Credit.currency,
            func.sum(Credit.amount_minor),
            func.coalesce(func.sum(gone.c.minor), 0),
            func.sum(Credit.fee_minor) + func.coalesce(func.sum(gone.c.fee), 0),
        )
        .join(Donation, Donation.id == Credit.donation_id)
        .outerjoin(gone, gone.c.credit_id == Credit.id)
        .where(stands())
        .group_by(Donation.nonprofit_id, Credit.currency)
    )
    return keyed(rows)


def of_reports(session: Session) -> dict[Key, Sums]:
    """What reports show."""
    rows = session.execute(
        select(
            DayRollup.nonprofit_id,
            DayRollup.currency,
            func.sum(DayRollup.gross_minor),
            func.sum(DayRollup.refunded_minor),
            func.sum(DayRollup.fee_minor),
        ).group_by(DayRollup.nonprofit_id, DayRollup.currency)
    )
    return keyed(rows)


def keyed(rows: Iterable[Any]) -> dict[Key, Sums]:
    """Rows of nonprofit, currency and the three sums, by their key."""
    return {(row[0], row[1]): Sums(*(int(one) for one in row[2:])) for row in rows}
