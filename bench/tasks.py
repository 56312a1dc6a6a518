"""Durable tasks beside their floor: a bare insert and update of the same row, a transaction each.

`python -m bench.tasks [--tasks N] [--json]`
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text

from app.core import clock, db, tasks, wakeups
from bench.engines import engines
from workers import runner
from workers.jobs import SHORT

NAME = "donations.expire"  # what it does is replaced by nothing: the mechanism alone is measured


def main() -> None:
    """Print how many tasks a second the mechanism carries, and how that compares with its floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with engines():
        SHORT[NAME] = lambda _session: None  # pyright: ignore[reportIndexIssue]
        floor = rate(wanted.tasks, lambda: bare_rows(wanted.tasks))
        deferring = rate(wanted.tasks, lambda: defer(wanted.tasks))
        running = rate(wanted.tasks, lambda: runner.drain("money"))
    figures = {
        "tasks": wanted.tasks,
        "floor_rows_per_s": round(floor),
        "deferred_per_s": round(deferring),
        "run_per_s": round(running),
        "run_cost_in_floors": round(floor / running, 2),
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
                    "INSERT INTO task (name, queue, args, run_after, attempts, created_at, dedupe_key)"
                    " VALUES ('floor', 'floor', '{}', now(), 0, now(), :key)"
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


if __name__ == "__main__":
    main()
