"""The audit log with the names of those who decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.models import AuditEvent

PAGE = 100


@dataclass(frozen=True)
class Entry:
    """A decision and who took it; nobody for what the machinery or the command line did."""

    event: AuditEvent
    actor: Person | None


def page(session: Session, before: int | None = None, limit: int = PAGE) -> Sequence[Entry]:
    """The newest entries, or those before the entry with the id `before`."""
    found = (
        select(AuditEvent, Person)
        .outerjoin(Person, Person.id == AuditEvent.actor_id)
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    if before is not None:
        found = found.where(AuditEvent.id < before)
    return [Entry(event, actor) for event, actor in session.execute(found)]
