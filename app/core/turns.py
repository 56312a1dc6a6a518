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

# Finding the head of the line must not depend on how much waits, be it all of one key or each of its own.
# Mostly it is among the oldest: the first whose key rests, that is, of which nothing runs. Only where a long
# row of tasks is of keys at work, all keys are walked through, from one to the next by the index. A few more
# than the head are taken along: a row that somebody else has locked is passed over.
# Written as SQL: building and compiling it costs more than running it.
_NEAR, _SPARE = 200, 8
WAITS = """task.queue = :queue AND task.done_at IS NULL AND task.dead_at IS NULL
    AND task.run_after <= statement_timestamp()
    AND (task.lease_until IS NULL OR task.lease_until < statement_timestamp())"""
_TAKE_NEXT = f"""
    WITH RECURSIVE
    best AS MATERIALIZED (SELECT priority FROM task WHERE {WAITS} ORDER BY priority, run_after LIMIT 1),
    waiting AS NOT MATERIALIZED (
        SELECT id, fair_key, run_after FROM task WHERE {WAITS} AND priority = (SELECT priority FROM best)
    ),
    busy AS (
        SELECT fair_key, count(*) AS running FROM task
        WHERE queue = :queue AND fair_key IS NOT NULL AND lease_until >= statement_timestamp()
        GROUP BY fair_key
    ),
    near AS MATERIALIZED (
        SELECT id, run_after FROM (SELECT * FROM waiting ORDER BY run_after, id LIMIT {_NEAR}) oldest
        WHERE fair_key IS NULL OR fair_key NOT IN (SELECT fair_key FROM busy)
        ORDER BY run_after, id LIMIT {_SPARE}
    ),
    key AS (
        (SELECT fair_key FROM waiting WHERE fair_key IS NOT NULL AND NOT EXISTS (SELECT FROM near)
         ORDER BY fair_key LIMIT 1)
        UNION ALL
        SELECT (SELECT fair_key FROM waiting WHERE fair_key > key.fair_key ORDER BY fair_key LIMIT 1)
        FROM key WHERE fair_key IS NOT NULL
    ),
    line AS MATERIALIZED (
        SELECT id, 0 AS running, run_after FROM near
        UNION ALL
        (SELECT id, 0, run_after FROM waiting WHERE fair_key IS NULL AND NOT EXISTS (SELECT FROM near)
         ORDER BY run_after, id LIMIT {_SPARE})
        UNION ALL
        SELECT oldest.id, turn.running, oldest.run_after
        FROM (
            SELECT fair_key, running FROM busy
            UNION ALL
            SELECT fair_key, 0 FROM key WHERE fair_key NOT IN (SELECT fair_key FROM busy)
        ) turn, LATERAL (
            SELECT id, run_after FROM waiting WHERE fair_key = turn.fair_key ORDER BY run_after, id LIMIT 2
        ) oldest
        ORDER BY running, run_after, id LIMIT {_SPARE}
    )
    UPDATE task
    SET lease_token = :token, lease_until = statement_timestamp() + :lease, attempts = attempts + 1
    WHERE id = (
        SELECT task.id FROM task JOIN line ON line.id = task.id WHERE {WAITS}
        ORDER BY line.running, line.run_after, line.id
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
