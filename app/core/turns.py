"""Whose turn it is on a queue of long tasks.

First by priority, then in turns: a key (a creator, say) ranks behind every key of which fewer tasks are
running, so that fifty uploads of one creator do not stand before another's first. Then by age. A task
without a key takes no turns and counts as a key of which nothing runs.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased

from app.core.models import Task
from app.core.task_kinds import QUEUES

TURN_LOCKS = 5_467_366  # the first half of the advisory locks' numbers; the second is the queue's


def is_due(task: type[Task] = Task) -> ColumnElement[bool]:
    """Could run now, and nobody holds it. By the database's clock: hosts may differ in theirs."""
    moment = func.statement_timestamp()
    return and_(
        task.done_at.is_(None),
        task.dead_at.is_(None),
        task.run_after <= moment,
        or_(task.lease_until.is_(None), task.lease_until < moment),
    )


def wait_in_line(session: Session, queue: str) -> None:
    """Make other claims of `queue` wait until this transaction ends: two at once may take one key's turn."""
    session.execute(select(func.pg_advisory_xact_lock(TURN_LOCKS, QUEUES.index(queue))))


def next_task(queue: str, spare: int = 8) -> Select[int]:
    """Select, and lock, the id of the task whose turn it is; rows that others have locked are passed over.

    At most `spare` of them: enough, because claims wait in line, and whatever else locks a row is brief.
    """
    line = _line(queue, spare)
    return (
        select(Task.id)
        .join(line, line.c.id == Task.id)
        .where(is_due())
        .order_by(line.c.priority, line.c.running, line.c.run_after, line.c.id)
        .limit(1)
        .with_for_update(of=Task, skip_locked=True)
    )


def _line(queue: str, length: int) -> Subquery:
    """The head of the line, found without sorting all that waits.

    The oldest among the keys of which nothing runs, and the oldest of each key of which something does.
    """
    busy = (
        select(Task.fair_key, func.count().label("running"))
        .where(
            Task.queue == queue,
            Task.fair_key.is_not(None),
            Task.lease_until >= func.statement_timestamp(),
        )
        .group_by(Task.fair_key)
        .cte("busy")
    )
    resting = (
        select(*_ranked(Task), literal(0).label("running"))
        .where(
            Task.queue == queue,
            is_due(),
            or_(Task.fair_key.is_(None), Task.fair_key.not_in(select(busy.c.fair_key))),
        )
        .order_by(Task.priority, Task.run_after, Task.id)
        .limit(length)
    )
    other = aliased(Task)
    oldest = (
        select(*_ranked(other))
        .where(other.queue == queue, is_due(other), other.fair_key == busy.c.fair_key)
        .order_by(other.priority, other.run_after, other.id)
        .limit(length)
        .lateral("oldest")
    )
    running = select(*oldest.c, busy.c.running).select_from(busy).join(oldest, true())
    return union_all(resting.subquery().select(), running).subquery("line")


def _ranked(task: type[Task]) -> tuple[Any, ...]:
    return task.id, task.priority, task.run_after
