"""Durable tasks beside their floor: a bare insert and update of the same row, a transaction each.

`python -m bench.tasks [--tasks N] [--waiting N] [--json]`
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from statistics import median

from sqlalchemy import text

from app.core import clock, db, runtime, tasks, wakeups
from app.core.settings import Settings
from bench.engines import engines
from workers import runner
from workers.jobs import LONG, SHORT

# What these do is replaced by nothing: the mechanism alone is measured.
NAME = "donations.expire"
LONG_NAME, LONG_QUEUE = "media.ladder", "media"
CREATORS = 10


def main() -> None:
    """Print how many tasks a second the mechanism carries, and how that compares with its floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with engines() as settings:
        SHORT[NAME] = lambda _session: None  # pyright: ignore[reportIndexIssue]
        floor = rate(wanted.tasks, lambda: bare_rows(wanted.tasks))
        deferring = rate(wanted.tasks, lambda: defer(wanted.tasks))
        running = rate(wanted.tasks, lambda: runner.drain("money"))
        LONG[LONG_NAME] = lambda _claim, _lease: lambda _session: None  # pyright: ignore[reportIndexIssue]
        claiming_few = claim_milliseconds(CREATORS)
        claiming_many = claim_milliseconds(wanted.waiting)
        each = wanted.tasks // 8
        alone, together = (race(settings, processes, each) for processes in (1, 2))
    figures = {
        "tasks": wanted.tasks,
        "floor_rows_per_s": round(floor),
        "deferred_per_s": round(deferring),
        "run_per_s": round(running),
        "run_cost_in_floors": round(floor / running, 2),
        f"claim_ms_of_{CREATORS}": round(claiming_few, 2),
        f"claim_ms_of_{wanted.waiting}": round(claiming_many, 2),
        "long_run_per_s": round(alone),
        "two_workers_over_one": round(together / alone, 2),
    }
    print(
        json.dumps(figures)
        if wanted.json
        else "\n".join(f"{name:>20}  {value}" for name, value in figures.items())
    )


def rate(count: int, work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def bare_rows(count: int) -> None:
    """The floor: what any durable task costs at the least, one insert and one update, each committed."""
    for number in range(count):
        with db.unit_of_work() as session:
            session.execute(
                text(
                    "INSERT INTO task (name, queue, priority, args, run_after, attempts, created_at,"
                    " dedupe_key) VALUES ('floor', 'floor', 1, '{}', now(), 0, now(), :key)"
                ),
                {"key": f"floor-{number}"},
            )
        with db.unit_of_work() as session:
            session.execute(
                text("UPDATE task SET done_at = now() WHERE dedupe_key = :key"), {"key": f"floor-{number}"}
            )


def defer(count: int) -> None:
    due = clock.now() - timedelta(seconds=1)
    for _ in range(count):
        with db.unit_of_work() as session:
            tasks.defer(session, NAME, run_after=due)
    wakeups.answered("money")


def fill(count: int) -> None:
    """Let `count` long tasks of some creators wait, and nothing else."""
    with db.unit_of_work() as session:
        session.execute(text("TRUNCATE task"))
        session.execute(
            text(
                "INSERT INTO task (name, queue, priority, args, fair_key, run_after, attempts, created_at)"
                " SELECT :name, :queue, 1, '{}', 'creator:' || n % :creators, now(), 0, now()"
                " FROM generate_series(1, :count) n"
            ),
            {"name": LONG_NAME, "queue": LONG_QUEUE, "creators": CREATORS, "count": count},
        )
    with db.unit_of_work() as session:
        session.execute(text("ANALYZE task"))


def claim_milliseconds(waiting: int) -> float:
    """The median of what it takes to claim one of `waiting` long tasks, its commit included.

    Measured once a task of each creator runs: then all that waits has to be looked through.
    """
    fill(waiting)
    took: list[float] = []
    for _ in range(2 * CREATORS):
        started = time.perf_counter()
        with db.unit_of_work() as session:
            tasks.claim_next(session, LONG_QUEUE, timedelta(seconds=60))
        took.append(time.perf_counter() - started)
    return median(took[CREATORS:]) * 1000


def meet(at: Barrier) -> None:
    at.wait()


def race(settings: Settings, processes: int, each: int) -> float:
    """Long tasks a second that so many processes run together, `each` of them so many."""
    fill(processes * each)

    def work(ready: Barrier) -> None:
        runtime.start(settings)
        runner.run_next(LONG_QUEUE)  # connects
        ready.wait()
        for _ in range(each - 1):
            runner.run_next(LONG_QUEUE)
        ready.wait()

    fork = get_context("fork")
    ready = fork.Barrier(processes + 1)
    children = [fork.Process(target=work, args=(ready,)) for _ in range(processes)]
    for child in children:
        child.start()
    ready.wait()
    taken = rate(processes * (each - 1), lambda: meet(ready))
    for child in children:
        child.join()
    return taken


if __name__ == "__main__":
    main()
