"""Tables of insight: what was worked out for whoever asked. Estimates, which no figure of money reads."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Row


class Estimate(Row):
    """What the models say of a project's videos in a period: asked for, and worked out once or again.

    `found` is what came of it at `made_at`, as `app.insight.asking` writes it; until then both are NULL.
    """

    __tablename__ = "estimate"
    __table_args__ = (
        UniqueConstraint("project_id", "first", "until"),
        CheckConstraint("first < until", name="period"),
        CheckConstraint("(made_at IS NULL) = (found IS NULL)", name="made"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    first: Mapped[date]  # days of the nonprofit's time zone, half-open
    until: Mapped[date]
    zone: Mapped[str]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    task_id: Mapped[int | None] = mapped_column(BigInteger)  # the task that works it out
    made_at: Mapped[datetime | None]
    found: Mapped[dict[str, Any] | None]
