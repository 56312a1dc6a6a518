"""The audit log: who decided what, about what, and why."""

from typing import Any

from sqlalchemy.orm import Session

from app.core.models import AuditEvent


def record(session: Session, action: str, actor_id: int | None, subject: str, **details: Any) -> None:
    """Append a decision; `subject` is a kind and a public code, such as "nonprofit:k7m2…"."""
    session.add(AuditEvent(action=action, actor_id=actor_id, subject=subject, details=details))
