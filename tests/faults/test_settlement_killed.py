"""SIGKILL in mid-settlement, and the loss of every wake-up call: each ends by itself in one credit."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select, text

from app.core import clock, runtime
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.money import Money
from app.core.settings import Settings
from app.credit.models import Credit
from app.donations import events
from app.donations.models import Donation
from app.finance import books
from app.gateways.payments.contract import EventKind, VerifiedEvent
from app.nonprofits.models import PaymentAccount
from tests import factories
from tests.donations.sums import balance_of
from tests.engines import variables_of
from tests.faults.engines import Valkey
from tests.site import Processes, processes

RECOVERY_SECONDS = 60
WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'day_rollup'::regclass"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def impatient(live_database: Settings) -> Settings:
    """Settings under which a silent worker is given up soon."""
    return live_database.model_copy(update={"task_lease_seconds": 3, "sweep_seconds": 1})


@pytest.fixture
def workers(impatient: Settings, tmp_path: Path) -> Iterator[Processes]:
    with processes(variables_of(impatient), tmp_path) as started:
        yield started


@pytest.fixture
def donation(live_database: Settings) -> Donation:
    with unit_of_work() as session:
        video = factories.video(session, carries=factories.project(session))
        return factories.donation(session, video)


def tell(donation: Donation) -> None:
    """Keep a verified success of the donation's payment, with its task, as the webhook does."""
    with unit_of_work() as session:
        account = session.get_one(PaymentAccount, donation.payment_account_id)
        assert events.record(
            session,
            VerifiedEvent(
                provider=donation.provider,
                event_id="event-1",
                kind=EventKind.SUCCEEDED,
                account=account.reference,
                reference=str(donation.reference),
                amount=Money(donation.amount_minor, donation.currency),
                fee_minor=29,
                occurred_at=clock.now(),
            ),
        )


def settled(donation: Donation) -> bool:
    with unit_of_work() as session:
        return session.get_one(Donation, donation.id).state == "paid"


def until(condition: Callable[[], bool], seconds: float, workers: Processes) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, workers.log("money")
        time.sleep(0.1)


def assert_credited_once(donation: Donation) -> Task:
    with unit_of_work() as session:
        assert session.scalars(select(Credit.amount_minor)).all() == [1000]
        assert balance_of(session, donation.id) == {"provider": 971, "donations": -1000, "fees": 29}
        assert books.check(session).right
        task = session.scalars(select(Task).where(Task.name == "credit.settle")).one()
        assert task.done_at is not None
        return task


def test_a_settlement_whose_worker_is_killed_ends_in_one_credit(workers: Processes, donation: Donation):
    workers.worker("sweep")
    workers.worker("money")
    with unit_of_work() as holder:
        # Nobody can write the rollup now: the worker has moved, posted and credited, and waits to go on.
        holder.execute(text("LOCK TABLE day_rollup IN SHARE MODE"))
        tell_from_elsewhere(donation)
        until(lambda: holder.scalar(WAITING) == 1, RECOVERY_SECONDS, workers)
        workers.kill("money")
    killed_at = time.monotonic()
    assert not settled(donation)
    workers.worker("money")
    until(lambda: settled(donation), RECOVERY_SECONDS, workers)
    assert time.monotonic() - killed_at < RECOVERY_SECONDS
    assert assert_credited_once(donation).attempts == 2


def tell_from_elsewhere(donation: Donation) -> None:
    """Tell on a connection of its own, outside of the unit of work that is open here."""
    thread = threading.Thread(target=tell, args=(donation,))
    thread.start()
    thread.join()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "valkey")
    yield server
    server.stop()


@pytest.fixture
def on_own_valkey(impatient: Settings, own_valkey: Valkey) -> Iterator[Settings]:
    settings = impatient.model_copy(update={"redis_url": own_valkey.url})
    engine = runtime.start(settings)
    yield settings
    engine.dispose()
    runtime.start(impatient)


def test_a_settlement_whose_wake_up_call_is_lost_with_valkey_ends_in_one_credit(
    on_own_valkey: Settings, own_valkey: Valkey, donation: Donation, tmp_path: Path
):
    with processes(variables_of(on_own_valkey), tmp_path) as workers:
        tell(donation)
        assert own_valkey.jobs() == 1
        own_valkey.kill_and_forget()
        own_valkey.start()
        assert own_valkey.jobs() == 0
        workers.worker("money")
        workers.worker("sweep")
        lost_at = time.monotonic()
        until(lambda: settled(donation), RECOVERY_SECONDS, workers)
        assert time.monotonic() - lost_at < RECOVERY_SECONDS
        assert_credited_once(donation)


def test_what_was_committed_while_valkey_was_gone_is_settled_once_it_is_back(
    on_own_valkey: Settings, own_valkey: Valkey, donation: Donation, tmp_path: Path
):
    with processes(variables_of(on_own_valkey), tmp_path) as workers:
        workers.worker("sweep")
        workers.worker("money")
        until(lambda: "rq:workers:money" in keys(own_valkey), 90, workers)
        own_valkey.kill_and_forget()
        tell(donation)
        own_valkey.start()
        back_at = time.monotonic()
        until(lambda: supervised(workers) and settled(donation), RECOVERY_SECONDS, workers)
        assert time.monotonic() - back_at < RECOVERY_SECONDS
        assert_credited_once(donation)


def supervised(workers: Processes) -> bool:
    """Start a worker again that has ended because its queue was gone, as every supervisor does."""
    if workers.running["money"].poll() is not None:
        workers.worker("money")
    return True


def keys(valkey: Valkey) -> set[str]:
    with Redis.from_url(valkey.url, decode_responses=True) as redis:
        return set(redis.keys())  # pyright: ignore[reportArgumentType]
