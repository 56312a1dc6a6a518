"""Proof that the books agree: donations, ledger, credit and report sums, by nonprofit and currency."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.money import Money
from app.credit.models import Credit, CreditReversal
from app.donations.models import Donation, LedgerEntry, LedgerTransaction
from app.nonprofits.models import Nonprofit
from app.reports import rollups
from app.reports.models import DayRollup


@dataclass(frozen=True)
class Sums:
    """What one of the books says, in minor units."""

    gross: int = 0
    refunded: int = 0
    fees: int = 0


@dataclass(frozen=True)
class Account:
    """A nonprofit's money in one currency, as each of the books has it."""

    nonprofit: str
    currency: str
    donations: Sums
    ledger: Sums
    credit: Sums
    reports: Sums

    @property
    def agrees(self) -> bool:
        """Whether all the books say the same."""
        return self.donations == self.ledger == self.credit == self.reports


@dataclass(frozen=True)
class Books:
    """The result of the check."""

    accounts: Sequence[Account]
    unbalanced_transactions: Sequence[int]
    wrong_report_rows: int

    @property
    def right(self) -> bool:
        """Whether everything agrees."""
        return (
            all(account.agrees for account in self.accounts)
            and not self.unbalanced_transactions
            and not self.wrong_report_rows
        )


def check(session: Session) -> Books:
    """Add up every book anew and compare."""
    donations, ledger, credit, reports = (
        _donations(session),
        _ledger(session),
        _credit(session),
        _reports(session),
    )
    named = session.execute(select(Nonprofit.id, Nonprofit.code))
    codes = dict(named.all())
    keys = sorted({*donations, *ledger, *credit, *reports})
    accounts = [
        Account(
            codes[key[0]],
            key[1],
            donations.get(key, Sums()),
            ledger.get(key, Sums()),
            credit.get(key, Sums()),
            reports.get(key, Sums()),
        )
        for key in keys
    ]
    wrong = sum(len(rollups.differences(session, nonprofit_id)) for nonprofit_id in codes)
    return Books(accounts, _unbalanced(session), wrong)


def run(say: Callable[[str], None], *, as_json: bool) -> bool:
    """Check the books as they are at one moment and say what was found; whether everything agrees."""
    with unit_of_work() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        books = check(session)
    if as_json:
        say(json.dumps({"right": books.right, **asdict(books)}))
    else:
        for line in _in_words(books):
            say(line)
    return books.right


def _in_words(books: Books) -> Iterable[str]:
    for account in books.accounts:
        sums = account.donations
        net = Money(sums.gross - sums.refunded - sums.fees, account.currency)
        verdict = "agrees" if account.agrees else "DIFFERS"
        yield f"{account.nonprofit}  net {net.decimal} {account.currency}  {verdict}"
        if not account.agrees:
            for book in ("donations", "ledger", "credit", "reports"):
                yield f"    {book}: {getattr(account, book)}"
    if books.unbalanced_transactions:
        yield f"Ledger transactions that do not balance: {list(books.unbalanced_transactions)}"
    if books.wrong_report_rows:
        yield f"Report rows that a recomputation does not confirm: {books.wrong_report_rows}"
    yield "The books agree to the cent." if books.right else "THE BOOKS DO NOT AGREE."


Key = tuple[int, str]


def _donations(session: Session) -> dict[Key, Sums]:
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
    return _keyed(rows)


def _ledger(session: Session) -> dict[Key, Sums]:
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
    return _keyed(rows)


def _credit(session: Session) -> dict[Key, Sums]:
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
        .group_by(Donation.nonprofit_id, Credit.currency)
    )
    return _keyed(rows)


def _reports(session: Session) -> dict[Key, Sums]:
    rows = session.execute(
        select(
            DayRollup.nonprofit_id,
            DayRollup.currency,
            func.sum(DayRollup.gross_minor),
            func.sum(DayRollup.refunded_minor),
            func.sum(DayRollup.fee_minor),
        ).group_by(DayRollup.nonprofit_id, DayRollup.currency)
    )
    return _keyed(rows)


def _unbalanced(session: Session) -> Sequence[int]:
    return session.scalars(
        select(LedgerEntry.transaction_id)
        .group_by(LedgerEntry.transaction_id, LedgerEntry.currency)
        .having(func.sum(LedgerEntry.amount_minor) != 0)
        .order_by(LedgerEntry.transaction_id)
    ).all()


def _keyed(rows: Iterable[Any]) -> dict[Key, Sums]:
    return {(row[0], row[1]): Sums(*(int(one) for one in row[2:])) for row in rows}
