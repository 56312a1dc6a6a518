"""Alerts that the workers raise themselves, and how alerts reach the administrators."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import alerts, clock, tasks
from app.core.models import Alert, Task
from app.core.task_kinds import TASKS
from app.donations.settlement import Mismatch
from workers.letters import Letter, address


def task_died(session: Session, task_id: int, name: str, error: BaseException | str) -> None:
    """Raise an alert when work on money was given up: one an hour for each kind, one for each mismatch."""
    if not (TASKS[name].queue == "money" or name.startswith("donations.")):
        return
    cause = getattr(error, "__cause__", None)
    if isinstance(cause, Mismatch):
        alerts.raise_alert(
            session, alerts.MISMATCH, f"task:{task_id}", f"mismatch:{task_id}", task=name, error=str(cause)
        )
        return
    hour = f"{clock.now():%Y-%m-%dT%H}"
    alerts.raise_alert(
        session,
        alerts.DEAD_TASK,
        f"task:{task_id}",
        f"dead:{name}:{hour}",
        task=name,
        error=str(error)[:300],
        count=_died_since_the_last_alert(session, task_id, name),
    )


def _died_since_the_last_alert(session: Session, task_id: int, name: str) -> int:
    """How many tasks of a kind were given up since they were last told of, this one included."""
    of_the_kind = (Alert.kind == alerts.DEAD_TASK, Alert.details["task"].astext == name)
    last = session.scalars(select(Alert).where(*of_the_kind).order_by(Alert.id.desc()).limit(1)).first()
    others = [f"task:{task_id}"] + ([last.subject] if last else [])
    died = select(func.count()).where(
        Task.name == name, Task.dead_at.is_not(None), func.concat("task:", Task.id).not_in(others)
    )
    if last is not None:
        died = died.where(Task.dead_at >= last.at)
    return 1 + session.scalars(died).one()


def tasks_died(session: Session, task_ids: Sequence[int]) -> None:
    """The same for tasks that the sweeper has buried."""
    for task in session.scalars(select(Task).where(Task.id.in_(task_ids)).order_by(Task.id)):
        task_died(session, task.id, task.name, task.last_error or "")


def announce(session: Session, *, alert_id: int) -> None:
    """Mail an alert to every administrator."""
    for person_id in session.scalars(select(Person.id).where(Person.is_admin).order_by(Person.id)):
        tasks.defer(session, "mail.send", mail="alert", alert_id=alert_id, person_id=person_id)


def alert(session: Session, *, alert_id: int, person_id: int) -> Letter | None:
    """Tells an administrator what has happened; not once somebody has seen it."""
    raised = session.get_one(Alert, alert_id)
    admin = session.get_one(Person, person_id)
    if raised.seen_at is not None or not admin.is_admin:
        return None
    values = {
        "name": admin.name,
        "kind": raised.kind,
        "details": raised.details,
        "at": raised.at,
        "link": address("/admin/alerts"),
    }
    return Letter(admin.email, admin.locale, values)
