"""Day snapshots of the ledger: what each account of an organisation held at the end of a day, in UTC.

An account has a row for each day on which it moved. A balance is its last row and the entries since.
"""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.core import clock
from app.core.money import Money
from app.donations.ledger_models import ACCOUNTS, LedgerEntry, LedgerSnapshot, LedgerTransaction
from app.donations.models import Donation

# How long after its end a day is closed: what was begun before midnight has long been committed.
MARGIN = timedelta(hours=1)

_TAKE = """
    INSERT INTO ledger_snapshot (day, nonprofit_id, account, currency, amount_minor)
    SELECT moved.day, moved.nonprofit_id, moved.account, moved.currency,
        coalesce(last.amount_minor, 0) + sum(moved.minor) OVER (
            PARTITION BY moved.nonprofit_id, moved.account, moved.currency ORDER BY moved.day)
    FROM (
        SELECT (booked.at AT TIME ZONE 'UTC')::date AS day,
            coalesce(booked.nonprofit_id, donation.nonprofit_id) AS nonprofit_id,
            entry.account, entry.currency, sum(entry.amount_minor) AS minor
        FROM ledger_transaction booked
        JOIN ledger_entry entry ON entry.transaction_id = booked.id
        LEFT JOIN donation ON donation.id = booked.donation_id
        WHERE booked.at >= :since AND booked.at < :until
        GROUP BY 1, 2, 3, 4
    ) moved
    LEFT JOIN (
        SELECT DISTINCT ON (nonprofit_id, account, currency) nonprofit_id, account, currency, amount_minor
        FROM ledger_snapshot ORDER BY nonprofit_id, account, currency, day DESC
    ) last USING (nonprofit_id, account, currency)
"""


def take(session: Session) -> None:
    """Close every finished day that is not closed yet, however many were missed; again changes nothing."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('ledger_snapshot'))"))
    until = _midnight((clock.now() - MARGIN).astimezone(UTC).date())
    session.execute(text(_TAKE), {"since": _closed_until(session), "until": until})


def balances(session: Session, nonprofit_id: int) -> dict[str, dict[str, Money]]:
    """What each account of an organisation holds now, by currency: currency → account → amount."""
    closed = (
        select(LedgerSnapshot.account, LedgerSnapshot.currency, LedgerSnapshot.amount_minor)
        .ext(distinct_on(LedgerSnapshot.account, LedgerSnapshot.currency))
        .where(LedgerSnapshot.nonprofit_id == nonprofit_id)
        .order_by(LedgerSnapshot.account, LedgerSnapshot.currency, LedgerSnapshot.day.desc())
    )
    whose = func.coalesce(LedgerTransaction.nonprofit_id, Donation.nonprofit_id)
    since = (
        select(LedgerEntry.account, LedgerEntry.currency, func.sum(LedgerEntry.amount_minor))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .outerjoin(Donation, Donation.id == LedgerTransaction.donation_id)
        .where(whose == nonprofit_id, LedgerTransaction.at >= _closed_until(session))
        .group_by(LedgerEntry.account, LedgerEntry.currency)
    )
    held: dict[str, dict[str, Money]] = {}
    for account, currency, minor in [*session.execute(closed), *session.execute(since)]:
        accounts = held.setdefault(currency, {name: Money(0, currency) for name in ACCOUNTS})
        accounts[account] += Money(int(minor), currency)
    return held


def _closed_until(session: Session) -> datetime:
    """The end of the last day that was closed. Every entry before it is in the snapshots."""
    last = session.scalar(select(func.max(LedgerSnapshot.day)))
    return _midnight(last + timedelta(days=1)) if last else datetime.min.replace(tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
