"""Asking for estimates: a task works them out, and what it finds is kept until somebody asks anew."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.core.models import Task
from app.insight.models import Estimate
from app.projects.models import Project

MOST_WAITING = 3  # of one nonprofit


class Stage(StrEnum):
    """How far an estimate is."""

    NEVER = "never"  # nobody has asked
    WAITING = "waiting"
    FAILED = "failed"
    READY = "ready"


def find(session: Session, project_id: int, first: date, until: date) -> Estimate | None:
    """What was asked of a project and a half-open period of days."""
    return session.scalar(
        select(Estimate)
        .where(Estimate.project_id == project_id, Estimate.first == first, Estimate.until == until)
        .execution_options(populate_existing=True)
    )


def stage(session: Session, estimate: Estimate | None) -> Stage:
    """How far it is; one that is worked out again is waiting, and what was found before stays until then."""
    if estimate is None:
        return Stage.NEVER
    if estimate.made_at is not None and estimate.made_at >= estimate.asked_at:
        return Stage.READY
    task = session.get(Task, estimate.task_id, populate_existing=True) if estimate.task_id else None
    return Stage.FAILED if task is None or task.dead_at is not None else Stage.WAITING


def ask(session: Session, project: Project, first: date, until: date, zone: str, person_id: int) -> Estimate:
    """Have estimates worked out for a half-open period of days in `zone`; one that is waiting is not asked
    for twice. Raises KindrelayError while the nonprofit waits for several others."""
    values = {"project_id": project.id, "first": first, "until": until, "zone": zone}
    session.execute(
        insert(Estimate)
        .values(**values, asked_by_id=person_id, asked_at=clock.now())
        .on_conflict_do_nothing(index_elements=["project_id", "first", "until"])
    )
    found = find(session, project.id, first, until)
    assert found is not None  # noqa: S101 (it has just been written)
    if stage(session, found) is Stage.WAITING:
        return found
    if _waiting(session, project.nonprofit_id) >= MOST_WAITING:
        raise KindrelayError(N_("Others are being worked out already. Wait until they are there."))
    found.zone, found.asked_by_id, found.asked_at = zone, person_id, clock.now()
    session.flush()
    found.task_id = tasks.defer(session, "insight.work_out", estimate_id=found.id)
    session.flush()
    return found


def keep(session: Session, estimate_id: int, found: Mapping[str, Any], as_of: datetime) -> None:
    """Keep what was found in what was read at `as_of`."""
    estimate = session.get_one(Estimate, estimate_id, populate_existing=True)
    estimate.found, estimate.made_at = dict(found), as_of
    session.flush()


def _waiting(session: Session, nonprofit_id: int) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Estimate)
            .join(Project, Project.id == Estimate.project_id)
            .join(Task, Task.id == Estimate.task_id)
            .where(
                Project.nonprofit_id == nonprofit_id,
                Task.done_at.is_(None),
                Task.dead_at.is_(None),
                or_(Estimate.made_at.is_(None), Estimate.made_at < Estimate.asked_at),
            )
        )
        or 0
    )
