"""Durable tasks: deferring, claiming, finishing. PostgreSQL is the truth; RQ only carries wake-up calls."""

import json
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, DateTime, Table, and_, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, turns, wakeups
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.models import Task
from app.core.task_kinds import TASKS

MAX_BACKOFF_SECONDS = 3600.0
MAX_ERROR_LENGTH = 4000

# Made once, and of the table rather than its class: building them for each task cost more than running them.
_tasks = cast("Table[Any]", Task.__table__)
_due: ColumnElement[datetime] = bindparam("due", type_=DateTime(timezone=True))
_DEFER = (
    insert(_tasks)
    .values(run_after=func.coalesce(_due, func.statement_timestamp()))
    .on_conflict_do_nothing(index_elements=[Task.dedupe_key])
    .returning(_tasks.c.id)
)
_DEFER_ALL = text(
    "INSERT INTO task (name, queue, priority, args, run_after, attempts, created_at) "
    "SELECT :name, :queue, :priority, args, statement_timestamp(), 0, statement_timestamp() "
    "FROM jsonb_array_elements(CAST(:many AS jsonb)) args"
)
_FINISH_ALL = text(
    "UPDATE task SET done_at = now(), lease_token = NULL, lease_until = NULL, last_error = NULL "
    "WHERE id = ANY(:held) AND lease_token = ANY(:tokens) RETURNING id"
)


class LeaseLost(Exception):  # noqa: N818 (it names what happened)
    """Another worker has taken the task over; whatever this one did must not be committed."""


@dataclass(frozen=True)
class Claim:
    """A task that this process holds until `token`'s lease runs out."""

    task_id: int
    name: str
    args: dict[str, Any]
    attempt: int
    token: str


def defer(
    session: Session,
    name: str,
    *,
    dedupe_key: str | None = None,
    fair_key: str | None = None,
    run_after: datetime | None = None,
    **args: Any,
) -> int | None:
    """Write a task in the caller's transaction; it is announced once the outermost commit has returned.

    On a queue of long tasks, those of one `fair_key` take turns with those of others. `args` must be JSON
    values. Returns the task's id, or None when `dedupe_key` has been used before.
    Raises KeyError for a name that `task_kinds.TASKS` does not declare.
    """
    kind = TASKS[name]
    row = {
        "name": name,
        "queue": kind.queue,
        "priority": kind.priority,
        "args": args,
        "dedupe_key": dedupe_key,
        "fair_key": fair_key,
        "due": run_after,
    }
    task_id = session.scalar(_DEFER, row)
    if task_id is not None and (run_after is None or run_after <= clock.now()):
        wakeups.remember(session, kind.queue)
    return task_id


def defer_all(session: Session, name: str, many: Sequence[dict[str, Any]]) -> None:
    """Write a task, due now, for each of `many` sets of arguments. Raises KeyError as `defer` does."""
    kind = TASKS[name]
    row = {"name": name, "queue": kind.queue, "priority": kind.priority}
    if many:
        session.execute(_DEFER_ALL, {**row, "many": json.dumps(many)})
        wakeups.remember(session, kind.queue, len(many))


def claim_due(session: Session, queue: str, lease: timedelta, limit: int) -> list[Claim]:
    """Lease up to `limit` due tasks of `queue`, oldest first,
    passing over rows that others are claiming."""
    chosen = (
        select(Task.id)
        .where(Task.queue == queue, turns.is_due())
        .order_by(Task.run_after, Task.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _claim(session, Task.id.in_(chosen.scalar_subquery()), lease)


def claim_next(session: Session, queue: str, lease: timedelta) -> Claim | None:
    """Lease the task of `queue` whose turn it is; None when nothing is due.

    Claims of a queue wait in line for each other, so commit at once.
    """
    token = secrets.token_hex(8)
    taken = turns.take_next(session, queue, token, lease)
    return Claim(*taken, token) if taken else None


def extend(session: Session, claims: Sequence[Claim], lease: timedelta) -> set[int]:
    """Push the lease of `claims` out from now; returns the ids of the tasks that are still ours."""
    held = session.scalars(
        update(Task)
        .where(
            Task.id.in_([claim.task_id for claim in claims]),
            Task.lease_token.in_([claim.token for claim in claims]),
            Task.done_at.is_(None),
        )
        .values(lease_until=func.now() + lease)
        .returning(Task.id)
    )
    return set(held)


def finish(session: Session, claim: Claim) -> None:
    """Mark the task done in the transaction of its effects. Raises LeaseLost when it is no longer ours."""
    finish_all(session, [claim])


def finish_all(session: Session, claims: Sequence[Claim]) -> None:
    """Mark tasks done in the transaction of their effects. Raises LeaseLost unless all are still ours."""
    held = {claim.task_id for claim in claims}
    tokens = list({claim.token for claim in claims})
    done = session.scalars(_FINISH_ALL, {"held": list(held), "tokens": tokens}).all()
    if lost := held - set(done):
        raise LeaseLost(f"tasks {sorted(lost)} ({claims[0].name})")


def give_back(session: Session, claim: Claim, error: str, *, final: bool = False) -> bool:
    """Return a failed task: to be tried again after a pause, or dead when `final` or out of attempts.

    Returns whether it is dead.
    """
    kind = TASKS[claim.name]
    dead = final or claim.attempt >= kind.max_attempts
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 (jitter is no secret)
    pause = jitter * min(MAX_BACKOFF_SECONDS, kind.backoff_seconds * 2 ** (claim.attempt - 1))
    session.execute(
        _held(claim).values(
            lease_token=None,
            lease_until=None,
            last_error=error[-MAX_ERROR_LENGTH:],
            run_after=func.statement_timestamp() + timedelta(seconds=pause),
            dead_at=func.now() if dead else None,
        )
    )
    return dead


def release(session: Session, claim: Claim) -> None:
    """Return a task whose worker was told to stop: due at once, and this attempt does not count."""
    freed = session.scalar(
        _held(claim)
        .values(lease_token=None, lease_until=None, attempts=Task.attempts - 1)
        .returning(Task.queue)
    )
    if freed is not None:
        wakeups.remember(session, freed)


def bury_exhausted(session: Session) -> Sequence[int]:
    """Declare dead every task whose last permitted attempt was lost with its worker."""
    out_of_attempts = or_(
        *[and_(Task.name == name, Task.attempts >= kind.max_attempts) for name, kind in TASKS.items()]
    )
    return session.scalars(
        update(Task)
        .where(turns.is_due(), out_of_attempts)
        .values(
            dead_at=func.now(), last_error=func.coalesce(Task.last_error, "the worker died in every attempt")
        )
        .returning(Task.id)
    ).all()


def revive(session: Session, task: Task) -> None:
    """Give a dead task all of its attempts again, now."""
    task.dead_at = None
    task.attempts = 0
    task.run_after = clock.now()
    wakeups.remember(session, task.queue)


def dead(session: Session, limit: int = 200) -> Sequence[Task]:
    """The tasks that were given up, newest first."""
    return session.scalars(
        select(Task).where(Task.dead_at.is_not(None)).order_by(Task.dead_at.desc()).limit(limit)
    ).all()


def dead_one(session: Session, task_id: int) -> Task:
    """A task that was given up, locked. Raises NotFound when there is none, or it runs again already."""
    task = session.scalar(select(Task).where(Task.id == task_id, Task.dead_at.is_not(None)).with_for_update())
    if task is None:
        raise NotFound(N_("This task is not dead any more. Somebody may have run it again."))
    return task


def due(session: Session) -> dict[str, int]:
    """How many tasks could run now and are held by nobody, by queue."""
    rows = session.execute(select(Task.queue, func.count()).where(turns.is_due()).group_by(Task.queue))
    return {queue: count for queue, count in rows}  # noqa: C416 (dict() of rows loses their types)


def _held(claim: Claim):  # noqa: ANN202 (SQLAlchemy's Update of Task)
    return update(Task).where(Task.id == claim.task_id, Task.lease_token == claim.token)


def _claim(session: Session, which: ColumnElement[bool], lease: timedelta) -> list[Claim]:
    token = secrets.token_hex(8)
    rows = session.execute(
        update(Task)
        .where(which)
        .values(lease_token=token, lease_until=func.now() + lease, attempts=Task.attempts + 1)
        .returning(Task.id, Task.name, Task.args, Task.attempts)
    )
    claims = [Claim(task_id, name, args, attempt, token) for task_id, name, args, attempt in rows]
    return sorted(claims, key=lambda claim: claim.task_id)
