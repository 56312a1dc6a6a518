"""Whose turn it is on a queue of long tasks.

First by priority, then in turns: a key (a creator, say) ranks behind every key of which fewer tasks are
running, so that fifty uploads of one creator do not stand before another's first. Then by age. A task
without a key takes no turns and counts as a key of which nothing runs.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, text
from sqlalchemy.orm import Session

from app.core.models import Task
from app.core.task_kinds import QUEUES

LOCKS = 5_467_366  # the first half of the advisory locks' numbers; the second is the queue's

# The line is found without sorting all that waits: its head is either the oldest task among the keys of which
# nothing runs, or the oldest of a key of which something does. Some more follow, because a row that somebody
# else has locked is passed over. Written as SQL: building and compiling it costs more than running it.
_WAITS = """task.queue = :queue AND task.done_at IS NULL AND task.dead_at IS NULL
    AND task.run_after <= statement_timestamp()
    AND (task.lease_until IS NULL OR task.lease_until < statement_timestamp())"""
_SPARE = 8
_TAKE_NEXT = f"""
    WITH waiting AS NOT MATERIALIZED (SELECT * FROM task WHERE {_WAITS}),
    busy AS (
        SELECT fair_key, count(*) AS running FROM task
        WHERE queue = :queue AND fair_key IS NOT NULL AND lease_until >= statement_timestamp()
        GROUP BY fair_key
    ),
    line AS (
        (SELECT id, priority, 0 AS running, run_after FROM waiting
         WHERE fair_key IS NULL OR fair_key NOT IN (SELECT fair_key FROM busy)
         ORDER BY priority, run_after, id LIMIT {_SPARE})
        UNION ALL
        SELECT oldest.id, oldest.priority, busy.running, oldest.run_after
        FROM busy, LATERAL (
            SELECT id, priority, run_after FROM waiting WHERE fair_key = busy.fair_key
            ORDER BY priority, run_after, id LIMIT {_SPARE}
        ) oldest
    )
    UPDATE task
    SET lease_token = :token, lease_until = statement_timestamp() + :lease, attempts = attempts + 1
    WHERE id = (
        SELECT task.id FROM task JOIN line ON line.id = task.id WHERE {_WAITS}
        ORDER BY line.priority, line.running, line.run_after, line.id
        LIMIT 1 FOR UPDATE OF task SKIP LOCKED
    )
    RETURNING id, name, args, attempts
"""  # noqa: S608 (put together from constants alone)


class Taken(NamedTuple):
    """What a worker must know of the task that it holds now."""

    task_id: int
    name: str
    args: dict[str, Any]
    attempt: int


def take_next(session: Session, queue: str, token: str, lease: timedelta) -> Taken | None:
    """Lease, under `token`, the task of `queue` whose turn it is; None when nothing is due.

    Others wait until this transaction ends: two that chose at once might both take the same key's turn.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": LOCKS, "b": QUEUES.index(queue)})
    values = {"queue": queue, "token": token, "lease": lease}
    row = session.execute(text(_TAKE_NEXT), values).one_or_none()
    return Taken(*row) if row else None


def is_due() -> ColumnElement[bool]:
    """Could run now, and nobody holds it. By the database's clock: hosts may differ in theirs."""
    moment = func.statement_timestamp()
    return and_(
        Task.done_at.is_(None),
        Task.dead_at.is_(None),
        Task.run_after <= moment,
        or_(Task.lease_until.is_(None), Task.lease_until < moment),
    )
