"""The rollup equals what is computed anew from the credits, in whatever order money came and went."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core import clock
from app.donations.models import Donation
from app.finance import books
from app.gateways.payments.contract import EventKind
from app.reports import periods, queries, rollups
from app.reports.models import DayRollup
from app.reports.periods import Period
from tests import factories
from workers import credit

# What happens: a donation by its place in the list, and by how many hours the clock has gone on.
happenings = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(list(EventKind)), st.integers(1, 1000), st.integers(0, 30)),
    max_size=14,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings)
def test_state_ledger_credit_and_rollup_agree_after_anything(
    session: Session, told: list[tuple[int, EventKind, int, int]]
):
    real_now = clock.now
    with session.begin_nested() as kept, pytest.MonkeyPatch.context() as patch:
        project = factories.project(session, factories.nonprofit(session, time_zone="Asia/Shanghai"))
        video = factories.video(session, carries=project)
        gifts = [factories.donation(session, through, project) for through in (video, video, None, None)]
        moment = real_now()
        for place, kind, minor, hours in told:
            moment += timedelta(hours=hours)
            patch.setattr(clock, "now", lambda moment=moment: moment)
            about = gifts[place]
            amount = minor if kind is EventKind.REFUNDED else about.amount_minor
            event = factories.event(
                session, about, kind, amount, fee_minor=30 * (kind is EventKind.SUCCEEDED)
            )
            credit.settle(session, event_ids=[event.id])
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        assert books.check(session).right
        assert rollups.apart(session) == []
        before = snapshot(session)
        rollups.rebuild(session, project.nonprofit_id)
        assert snapshot(session) == before
        kept.rollback()


def snapshot(session: Session) -> list[tuple[object, ...]]:
    columns = [getattr(DayRollup, name) for name in rollups.COLUMNS]
    return [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]


def settled_at(
    session: Session,
    patch: pytest.MonkeyPatch,
    moment: datetime,
    kind: EventKind,
    donation: Donation,
    minor: int,
) -> None:
    patch.setattr(clock, "now", lambda: moment)
    credit.settle(session, event_ids=[factories.event(session, donation, kind, minor).id])


def test_a_day_is_the_nonprofits_day_and_a_late_refund_lands_where_it_happened(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    project = factories.project(session, factories.nonprofit(session, time_zone="Asia/Shanghai"))
    donation = factories.donation(session, to=project)
    evening = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)  # half past midnight on 1 April in Shanghai
    settled_at(session, monkeypatch, evening, EventKind.SUCCEEDED, donation, 1000)
    march = periods.month_of(date(2026, 3, 15), "Asia/Shanghai")
    april = periods.month_of(date(2026, 4, 15), "Asia/Shanghai")
    may = periods.month_of(date(2026, 5, 15), "Asia/Shanghai")
    closed = queries.report(session, project.nonprofit_id, april)
    settled_at(session, monkeypatch, datetime(2026, 5, 2, tzinfo=UTC), EventKind.REFUNDED, donation, 400)
    assert queries.report(session, project.nonprofit_id, march).totals == []
    project.credit_rule = "linear"
    session.flush()
    assert queries.report(session, project.nonprofit_id, april) == closed
    assert closed.rule == "last v1"
    after = queries.report(session, project.nonprofit_id, may)
    assert after.rule == "last v1"
    [total] = after.totals
    assert (total.now.donations, total.now.gross.minor, total.now.net.minor) == (0, 0, -400)
    assert total.before.net.minor == 1000


def test_another_time_zone_moves_days_and_no_money(session: Session, monkeypatch: pytest.MonkeyPatch):
    project = factories.project(session, factories.nonprofit(session, time_zone="UTC"))
    donation = factories.donation(session, to=project)
    evening = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)
    settled_at(session, monkeypatch, evening, EventKind.SUCCEEDED, donation, 1000)
    project.nonprofit.time_zone = "Asia/Shanghai"
    session.flush()
    assert not books.check(session).right
    rollups.rebuild(session, project.nonprofit_id)
    assert books.check(session).right
    assert session.scalars(select(DayRollup.day)).one() == date(2026, 4, 1)


def test_a_rollup_that_was_tampered_with_is_found(session: Session):
    donation = factories.donation(session, to=factories.project(session))
    credit.settle(session, event_ids=[factories.event(session, donation).id])
    assert books.check(session).right
    session.execute(text("UPDATE day_rollup SET gross_minor = gross_minor + 1"))
    assert rollups.apart(session) == [donation.nonprofit_id]
    found = books.check(session)
    assert not found.right
    assert [account.agrees for account in found.accounts] == [False]
    assert found.findings.counts == {books.REPORT_ROW: 2}


def test_periods_are_half_open_and_the_one_before_touches():
    period = Period(date(2026, 3, 28), date(2026, 3, 31), "Europe/Amsterdam")
    assert period.starts_at == datetime(2026, 3, 27, 23, tzinfo=UTC)
    assert period.ends_at == datetime(2026, 3, 30, 22, tzinfo=UTC)  # summer time began in between
    assert period.previous() == Period(date(2026, 3, 25), date(2026, 3, 28), "Europe/Amsterdam")
    assert period.last == date(2026, 3, 30)


def test_days_typed_the_wrong_way_round_or_far_out_still_make_a_period():
    assert periods.between(date(2026, 2, 2), date(2026, 1, 1), "UTC").first == date(2026, 1, 1)
    assert periods.between(date.min, date.max, "UTC").previous().starts_at.year > 1
    assert periods.between(date.min, date.min, "UTC").previous().starts_at.year > 1
    assert periods.between(date.max, date.max, "UTC").ends_at.year < 9999
