"""What was left to the workers, in the order it was."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.models import Task


def names(session: Session) -> list[str]:
    return list(session.scalars(select(Task.name).order_by(Task.id)))


def named(session: Session, name: str) -> list[Task]:
    return list(session.scalars(select(Task).where(Task.name == name).order_by(Task.id)))
