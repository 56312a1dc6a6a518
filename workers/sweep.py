"""The sweeper: calls again for every task that is due and that nobody holds. One sweeps at a time."""

import threading

import structlog
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.core import clock, db, runtime, tasks, wakeups
from workers import alarms, touches

SWEEP_LOCK = 5_467_365  # any number that nothing else locks

# Deferred once an hour, and once a day (UTC), by whoever sweeps then.
HOURLY = (
    "donations.reconcile",
    "donations.expire",
    "donations.close_open",
    "monthly.hold",
    "ledger.snapshot",
    "media.sweep_orphans",
    "reports.send_due",
    "reports.expire",
)
DAILY = ("media.sweep_all", "payees.look", "touches.forget")
# The same where the simulated provider stands in for a real one.
SANDBOX_HOURLY = ("sandbox.renew",)
SANDBOX_DAILY = ("sandbox.pay_out",)

log = structlog.get_logger()


def run(stop: threading.Event, pause_seconds: float) -> None:
    """Sweep every `pause_seconds` until `stop` is set; an engine that is down is waited for."""
    while not stop.is_set():
        try:
            sweep()
            touches.write()
        except (OperationalError, RedisError) as error:
            log.warning("sweep failed; trying again", error=str(error))
        stop.wait(pause_seconds)


def sweep() -> int:
    """Bury what is out of attempts, defer what is regular, call for what is due; returns how many."""
    with db.unit_of_work() as session:
        if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": SWEEP_LOCK}):
            return 0
        dead = tasks.bury_exhausted(session)
        now = clock.now()
        simulated = runtime.settings().payment_provider == "sandbox"
        for name in (*HOURLY, *(SANDBOX_HOURLY if simulated else ())):
            tasks.defer(session, name, dedupe_key=f"{name}:{now:%Y-%m-%dT%H}")
        for name in (*DAILY, *(SANDBOX_DAILY if simulated else ())):
            tasks.defer(session, name, dedupe_key=f"{name}:{now:%Y-%m-%d}")
        due = tasks.due(session)
        alarms.tasks_died(session, dead)
    if dead:
        log.error("tasks are dead", task_ids=list(dead))
    wakeups.top_up(due)
    return sum(due.values())
