"""The rollup that reports are read from; rebuildable from credits at any time."""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Row


class DayRollup(Row):
    """Money credited to a video (or to none) for a project on one day of the nonprofit's time zone."""

    __tablename__ = "day_rollup"
    __table_args__ = (
        UniqueConstraint("project_id", "video_id", "day", "currency", postgresql_nulls_not_distinct=True),
        Index("ix_day_rollup_nonprofit_day", "nonprofit_id", "day"),
    )

    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    video_id: Mapped[int | None] = mapped_column(ForeignKey("video.id"))
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    day: Mapped[date]
    currency: Mapped[str]
    donations: Mapped[int] = mapped_column(BigInteger, default=0)
    gross_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded_minor: Mapped[int] = mapped_column(BigInteger, default=0)
