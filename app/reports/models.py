"""Tables of reports: the rollup they are read from, saved views, and the files that are made of them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code

FILE_KINDS = ("report", "donations", "insight")
FILE_STATES = ("waiting", "making", "ready", "failed", "expired")
SECRET_LENGTH = 22


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


class SavedView(Row):
    """A choice of days for the report that a team gave a name to, so that it is opened with one click."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("nonprofit_id", "name"),)

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    span: Mapped[str]  # a key of app.reports.spans.SPANS
    first: Mapped[date | None]  # the days of a span that stays where it is, both included
    last: Mapped[date | None]
    choices: Mapped[dict[str, Any]]  # what else the report's address says
    created_at: Mapped[datetime] = mapped_column(default=now)


class ViewMail(Row):
    """Somebody wants a saved view by mail, again and again. It knows the day that its next mail is for."""

    __tablename__ = "view_mail"
    __table_args__ = (
        UniqueConstraint("view_id", "person_id"),
        CheckConstraint("every IN ('week', 'month')", name="every"),
        CheckConstraint("format IN ('csv', 'xlsx', 'pdf')", name="format"),
        Index("ix_view_mail_next_on", "next_on"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(SECRET_LENGTH))
    view_id: Mapped[int] = mapped_column(ForeignKey("saved_view.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    every: Mapped[str]
    format: Mapped[str]
    next_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=now)

    view: Mapped[SavedView] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class ReportFile(Row):
    """A file that was asked for: what it holds, how far it is, where it lies until it expires."""

    __tablename__ = "report_file"
    __table_args__ = (
        CheckConstraint(f"kind IN {FILE_KINDS}", name="kind"),
        CheckConstraint("format IN ('csv', 'xlsx', 'pdf', 'json')", name="format"),
        CheckConstraint(f"state IN {FILE_STATES}", name="state"),
        CheckConstraint("(state = 'ready') <= (object_key IS NOT NULL)", name="ready"),
        Index("ix_report_file_nonprofit_id_id", "nonprofit_id", text("id DESC")),
        Index("ix_report_file_expires_at", "expires_at", postgresql_where=text("object_key IS NOT NULL")),
    )

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(SECRET_LENGTH))
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("view_mail.id", ondelete="SET NULL"))
    kind: Mapped[str]
    format: Mapped[str]
    parameters: Mapped[dict[str, Any]]  # app.reports.files.Wanted
    state: Mapped[str] = mapped_column(default="waiting")
    done_rows: Mapped[int] = mapped_column(BigInteger, default=0)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(default="")  # why it failed
    object_key: Mapped[str | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    asked_by: Mapped[Person] = relationship(lazy="raise")
