"""Two writers of one week, each with a day that is new for what the other adds to."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from app.core.db import unit_of_work
from app.credit.credits import Part
from app.donations.models import Donation
from app.reports import rollups, summed
from app.reports.models import WeekRollup
from tests import factories
from tests.waits import eventually

DAYS = (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))  # of one week
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def part(donation: Donation, at: datetime) -> Part:
    row = {"video_id": None, "creator_id": None, "currency": "EUR", "rule": "last", "rule_version": 1}
    return Part(donation, {**row, "at": at, "amount_minor": 500, "fee_minor": 0})


def count(donations: list[Donation], at: datetime) -> None:
    with unit_of_work() as session:
        rollups.count(session, [part(donation, at) for donation in donations], [])


def waiting() -> int:
    with unit_of_work() as session:
        return session.scalar(WAITING) or 0


@pytest.mark.usefixtures("live_database")
def test_two_days_of_a_week_are_counted_at_once_without_a_deadlock() -> None:
    with unit_of_work() as session:
        nonprofit = factories.nonprofit(session, time_zone="UTC")
        gifts = [factories.donation(session, to=factories.project(session, nonprofit)) for _ in range(2)]
    for donation, at in zip(gifts, DAYS, strict=True):
        count([donation], at)
    with ThreadPoolExecutor(3) as threads:
        with unit_of_work() as session:  # holds the first project's week until both writers wait
            first = select(WeekRollup).where(WeekRollup.project_id == gifts[0].project_id)
            session.execute(first.with_for_update())
            done = []  # of these, the second would hold what the first needs next
            for writers, at in enumerate(DAYS, 1):
                done.append(threads.submit(count, gifts, at))
                eventually(lambda writers=writers: threads.submit(waiting).result() == writers)
        for one in done:
            one.result()
    with unit_of_work() as session:
        assert summed.differences(session, summed.MONEY) == []
        assert sorted(session.scalars(select(WeekRollup.gross_minor))) == [1500, 1500]
