"""Day snapshots hold what the entries add up to, whenever they are taken."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.money import Money
from app.donations.ledger_models import LedgerSnapshot
from app.donations.models import Donation
from app.finance import books, snapshots
from app.gateways.payments.contract import EventKind
from app.nonprofits.models import Nonprofit
from tests import factories
from tests.finance.conftest import told


def days_ago(patch: pytest.MonkeyPatch, days: int) -> None:
    """Let the clock stand at noon of a day in the past."""
    noon = REAL_NOW().replace(hour=12, minute=0) - timedelta(days=days)
    patch.setattr(clock, "now", lambda: noon)


REAL_NOW = clock.now


def rows(session: Session, nonprofit_id: int, account: str) -> list[tuple[date, int]]:
    query = (
        select(LedgerSnapshot.day, LedgerSnapshot.amount_minor)
        .where(LedgerSnapshot.nonprofit_id == nonprofit_id, LedgerSnapshot.account == account)
        .order_by(LedgerSnapshot.day)
    )
    return [tuple(row) for row in session.execute(query)]


@pytest.fixture
def gift(session: Session) -> Donation:
    return factories.donation(session, to=factories.project(session))


def test_missed_days_are_caught_up_once_and_balances_go_on_from_them(
    session: Session, gift: Donation, monkeypatch: pytest.MonkeyPatch
):
    days_ago(monkeypatch, 9)
    told(session, gift, EventKind.SUCCEEDED, fee_minor=29)
    days_ago(monkeypatch, 5)
    told(session, gift, EventKind.REFUNDED, 400, part="re-1")
    days_ago(monkeypatch, 0)
    snapshots.take(session)
    today = clock.now().date()
    held = [(today - timedelta(days=9), 971), (today - timedelta(days=5), 571)]
    assert rows(session, gift.nonprofit_id, "provider") == held
    snapshots.take(session)
    assert rows(session, gift.nonprofit_id, "provider") == held
    told(session, gift, EventKind.REFUNDED, 100, part="re-2")
    [accounts] = snapshots.balances(session, gift.nonprofit_id).values()
    assert accounts["provider"] == Money(471, "EUR")
    assert accounts["donations"] == Money(-500, "EUR")
    assert books.check(session).right


def test_a_day_is_closed_an_hour_after_its_end(
    session: Session, gift: Donation, monkeypatch: pytest.MonkeyPatch
):
    days_ago(monkeypatch, 1)
    told(session, gift, EventKind.SUCCEEDED)
    midnight = REAL_NOW().replace(hour=0, minute=0, second=0, microsecond=0)
    for minutes, closed in ((59, 0), (61, 1)):
        monkeypatch.setattr(clock, "now", lambda minutes=minutes: midnight + timedelta(minutes=minutes))
        snapshots.take(session)
        assert len(rows(session, gift.nonprofit_id, "provider")) == closed


def test_an_organisation_without_money_has_no_balances(session: Session):
    nonprofit: Nonprofit = factories.nonprofit(session)
    assert snapshots.balances(session, nonprofit.id) == {}


def test_a_snapshot_cannot_be_changed(session: Session, gift: Donation, monkeypatch: pytest.MonkeyPatch):
    days_ago(monkeypatch, 2)
    told(session, gift, EventKind.SUCCEEDED)
    monkeypatch.setattr(clock, "now", REAL_NOW)
    snapshots.take(session)
    assert session.scalar(select(func.count()).select_from(LedgerSnapshot))
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(LedgerSnapshot.__table__.update().values(amount_minor=1))
