"""The database itself refuses to change what is written about money, and what does not add up."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import clock
from app.credit.models import Credit
from app.donations.ledger_models import LedgerEntry, LedgerTransaction
from app.donations.models import Donation
from tests import factories
from workers import credit

TABLES = ("ledger_transaction", "ledger_entry", "credit", "credit_reversal", "donation_move", "audit_event")


@pytest.fixture
def donation(session: Session) -> Donation:
    made = factories.donation(session, factories.video(session, carries=factories.project(session)))
    credit.settle(session, event_ids=[factories.event(session, made).id])
    session.execute(
        text(
            "INSERT INTO credit_reversal (credit_id, project_id, event_id, amount_minor, at) "
            "SELECT credit.id, project_id, payment_event.id, 1, now() FROM credit, payment_event"
        )
    )
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    return made


@pytest.mark.usefixtures("donation")
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = DEFAULT", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_money_tables_refuse_to_be_changed(session: Session, table: str, statement: str):
    if table == "audit_event":
        session.execute(
            text("INSERT INTO audit_event (at, action, subject, details) VALUES (now(), 'a', 's', '{}')")
        )
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement.format(table)))


@pytest.mark.usefixtures("donation")
@pytest.mark.parametrize("change", ["amount_minor = 1", "payload = '{\"a\": 1}'", "reference = 'x'"])
def test_an_event_stays_as_it_came(session: Session, change: str):
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(f"UPDATE payment_event SET {change}"))


def test_a_posting_that_does_not_balance_is_refused(session: Session, donation: Donation):
    posting = LedgerTransaction(kind="capture", idempotency="unbalanced", donation_id=donation.id)
    session.add(posting)
    session.flush()
    with session.begin_nested():
        session.add_all(
            LedgerEntry(transaction_id=posting.id, account=account, currency=currency, amount_minor=minor)
            for account, currency, minor in (("provider", "EUR", 5), ("donations", "USD", -5))
        )
    with pytest.raises(DBAPIError, match="does not balance"), session.begin_nested():
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def test_credit_beyond_what_was_captured_is_refused(session: Session, donation: Donation):
    beyond = {"amount_minor": 1, "currency": "EUR", "rule": "last", "rule_version": 1, "evidence": {}}
    with session.begin_nested():
        session.add(Credit(donation_id=donation.id, project_id=donation.project_id, at=clock.now(), **beyond))
    with pytest.raises(DBAPIError, match="captured is 1000"), session.begin_nested():
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def test_what_was_refused_left_nothing(session: Session, donation: Donation):
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert session.scalars(select(func.sum(Credit.amount_minor))).one() == donation.captured_minor
