"""Tables of the foundation: durable tasks and the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Row
from app.core.task_kinds import NORMAL


class Task(Row):
    """Work to be done, written in the same transaction as its cause."""

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "ix_task_due", "queue", "run_after", postgresql_where=text("done_at IS NULL AND dead_at IS NULL")
        ),
        Index(
            "ix_task_turn",
            "queue",
            "priority",
            "run_after",
            "id",
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
        Index(
            "ix_task_turn_of_key",
            "queue",
            "priority",
            "fair_key",
            "run_after",
            "id",
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
        Index(
            "ix_task_leased",
            "queue",
            "fair_key",
            postgresql_where=text("lease_until IS NOT NULL AND fair_key IS NOT NULL"),
        ),
        Index("ix_task_dead", "dead_at", postgresql_where=text("dead_at IS NOT NULL")),
    )

    name: Mapped[str]
    queue: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger, default=NORMAL)
    args: Mapped[dict[str, Any]]
    dedupe_key: Mapped[str | None] = mapped_column(unique=True)
    fair_key: Mapped[str | None]  # whose turn it is: tasks of different keys take turns
    run_after: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]


class AuditEvent(Row):
    """A decision somebody took. Append-only, by trigger."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_subject", "subject"),)

    at: Mapped[datetime] = mapped_column(default=now)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]]


class Alert(Row):
    """Something that administrators should look at soon; raised once for each `dedupe_key`."""

    __tablename__ = "alert"

    kind: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime | None]
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
