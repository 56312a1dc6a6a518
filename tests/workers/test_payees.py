"""What the provider says of an account reaches the organisation's page."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.models import Task
from app.core.money import Money
from app.donations import events
from app.donations.models import PaymentEvent
from app.gateways.payments.contract import EventKind, VerifiedEvent
from app.nonprofits import payees
from app.nonprofits.models import PaymentAccount
from tests import factories
from workers.runner import run_due


def waiting_account(session: Session) -> PaymentAccount:
    account = payees.account_of(session, factories.nonprofit(session))
    assert account is not None
    account.ready, account.missing = False, ["external_account"]
    session.flush()
    return account


def test_news_of_an_account_has_the_provider_asked_once(session: Session) -> None:
    account = waiting_account(session)
    news = VerifiedEvent(
        provider="sandbox",
        event_id="evt_1",
        kind=EventKind.ACCOUNT_CHANGED,
        account=account.reference,
        reference="",
        amount=Money(0, "EUR"),
        fee_minor=0,
        occurred_at=datetime.now(UTC),
    )
    assert [events.record(session, news) for _ in range(2)] == [True, False]
    assert session.scalars(select(PaymentEvent)).all() == []
    run_due("outbound")
    assert (account.ready, account.missing) == (True, [])


def test_every_connected_account_is_asked_about_once_a_day(session: Session) -> None:
    account, left = waiting_account(session), waiting_account(session)
    left.disconnected_at = left.connected_at
    session.add(Task(name="payees.look", queue="outbound", args={}, run_after=account.connected_at))
    session.flush()
    run_due("outbound")
    run_due("outbound")
    assert (account.ready, left.ready) == (True, False)
