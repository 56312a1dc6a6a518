"""Runs durable tasks: claims them by lease, commits effects and completion together, gives failures back."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog

from app.core import db, runtime, tasks, wakeups
from app.core.tasks import Claim, LeaseLost
from workers import alarms, stopping
from workers.jobs import BATCHED, FIRST, LONG, SHORT
from workers.lease import Finisher, GiveUp, Lease

BATCH = 200
LINGER_SECONDS = (
    0.5  # after a full batch; after a smaller one as much less, so that one alone is done at once
)

log = structlog.get_logger()


def drain(queue: str) -> None:
    """Run every due task of a queue of short tasks, in batches; called by RQ."""
    wakeups.answered(queue)
    while not stopping.asked():
        with db.unit_of_work() as session:
            claims = tasks.claim_due(session, queue, lease_length(), BATCH)
        if not claims:
            return
        with Lease(claims, lease_length()) as lease:
            run_all(claims, lease)
        if len(claims) < BATCH:  # the next batch is the larger for it, and its transaction costs the same
            time.sleep(LINGER_SECONDS * len(claims) / BATCH)


def run_next(queue: str) -> None:
    """Run the long task whose turn it is, if any is due; called by RQ in a forked child."""
    with db.unit_of_work() as session:
        claim = tasks.claim_next(session, queue, lease_length())
    if claim is not None:
        with Lease([claim], lease_length()) as lease:
            run(claim, lease)


def run_due(*queues: str) -> int:
    """Run all that is due on `queues` here and now, without RQ; returns how many tasks were tried."""
    tried = 0
    while True:
        with db.unit_of_work() as session:
            claims = [
                claim for queue in queues for claim in tasks.claim_due(session, queue, lease_length(), BATCH)
            ]
        if not claims:
            return tried
        with Lease(claims, lease_length()) as lease:
            run_all(claims, lease)
        tried += len(claims)


def run(claim: Claim, lease: Lease) -> None:
    """Run a claimed task.

    A short task is its own finisher; a long one does its slow work outside of any transaction first.
    The finisher and the mark "done" are one transaction. A failure goes back with its reason. What a process
    that is told to stop was in the middle of goes back as if it had not been tried.
    """
    if claim.name in SHORT:
        _attempt(claim, lambda: lambda session: SHORT[claim.name](session, **claim.args))
    elif claim.name in BATCHED:
        _attempt(claim, lambda: lambda session: BATCHED[claim.name](session, **_listed([claim])))
    else:
        _attempt(claim, lambda: LONG[claim.name](claim, lease, **claim.args))


def run_all(claims: Sequence[Claim], lease: Lease) -> None:
    """Run claimed tasks: the batched kinds first, each as one batch, then the others in their order."""
    for name in FIRST.keys() & {claim.name for claim in claims}:
        FIRST[name]()
    done: set[int] = set()
    for name in BATCHED:
        done |= _in_batches([claim for claim in claims if claim.name == name])
    for claim in claims:
        if claim.task_id in done:
            continue
        if stopping.asked():
            _release(claim)
        else:
            run(claim, lease)


def _in_batches(claims: Sequence[Claim]) -> set[int]:
    """Run tasks of a batched kind together; where that fails, in halves, until what fails stands alone.

    Returns the ids of those that are done. One that is left over is run, and fails, by itself.
    """
    if len(claims) < 2 or stopping.asked():
        return set()
    if _together(claims):
        return {claim.task_id for claim in claims}
    middle = len(claims) // 2
    return _in_batches(claims[:middle]) | _in_batches(claims[middle:])


def _together(claims: Sequence[Claim]) -> bool:
    """Run a batch in one transaction; False, with nothing done, when any of it failed."""
    started = time.monotonic()
    name = claims[0].name
    try:
        with db.unit_of_work() as session:
            BATCHED[name](session, **_listed(claims))
            tasks.finish_all(session, claims)
    except Exception as error:  # whichever task it was, it fails again on its own and says so there
        log.warning("batch failed; trying its halves", task=name, count=len(claims), error=str(error))
        return False
    log.info("tasks done", task=name, count=len(claims), seconds=round(time.monotonic() - started, 3))
    return True


def _listed(claims: Sequence[Claim]) -> dict[str, list[Any]]:
    return {f"{key}s": [claim.args[key] for claim in claims] for key in claims[0].args}


def _attempt(claim: Claim, work: Callable[[], Finisher]) -> None:
    started = time.monotonic()
    with structlog.contextvars.bound_contextvars(task_id=claim.task_id, task=claim.name):
        try:
            with stopping.interruptible():
                finisher = work()
            with db.unit_of_work() as session:
                finisher(session)
                tasks.finish(session, claim)
        except stopping.Stopped:
            _release(claim)
        except LeaseLost:
            log.warning("lease lost; another worker has this task")
        except Exception as error:  # every failure of a task is recorded on its row and tried again
            _give_back(claim, error)
        else:
            log.info("task done", seconds=round(time.monotonic() - started, 3), attempt=claim.attempt)


def _give_back(claim: Claim, error: Exception) -> None:
    log.warning("task failed", attempt=claim.attempt, exc_info=error)
    with db.unit_of_work() as session:
        words = f"{type(error).__name__}: {error}"
        if tasks.give_back(session, claim, words, final=isinstance(error, GiveUp)):
            alarms.task_died(session, claim.task_id, claim.name, error)


def _release(claim: Claim) -> None:
    log.info("told to stop; the task is given back", attempt=claim.attempt)
    with db.unit_of_work() as session:
        tasks.release(session, claim)


def lease_length() -> timedelta:
    """How long a worker may go unheard of before its tasks are given to another."""
    return timedelta(seconds=runtime.settings().task_lease_seconds)
