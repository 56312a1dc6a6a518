"""Tables of what is kept of reports: files that were asked for, views with a name, and views sent by mail."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code
from app.nonprofits.models import Nonprofit

FILE_KINDS = ("report", "donations")
FILE_FORMATS = ("csv", "xlsx", "pdf")
FILE_STATES = ("waiting", "making", "ready", "failed", "expired")
EVERY = ("week", "month")
SECRET_LENGTH = 22


class SavedView(Row):
    """A page of the reports with its days and choices, under a name that the team gave it."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("nonprofit_id", "name"),
        CheckConstraint("(span = '') = (first IS NOT NULL AND last IS NOT NULL)", name="days"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    page: Mapped[str]  # which page of the reports it opens
    span: Mapped[str] = mapped_column(default="")  # days that move with the calendar; "" for fixed ones
    first: Mapped[date | None]  # fixed days, both included
    last: Mapped[date | None]
    choices: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what else the page's address says
    created_at: Mapped[datetime] = mapped_column(default=now)

    nonprofit: Mapped[Nonprofit] = relationship(lazy="raise")


class ReportMail(Row):
    """Somebody wants a saved view by mail again and again. The code is the secret in the mailed links.

    Nothing is sent before `confirmed_at`: a link that is mailed proves that the address is the person's own.
    """

    __tablename__ = "report_mail"
    __table_args__ = (
        UniqueConstraint("view_id", "person_id"),
        CheckConstraint(f"every IN {EVERY}", name="every"),
        CheckConstraint(f"format IN {FILE_FORMATS}", name="format"),
        Index("ix_report_mail_next_on", "next_on", postgresql_where=text("confirmed_at IS NOT NULL")),
    )

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(SECRET_LENGTH))
    view_id: Mapped[int] = mapped_column(ForeignKey("saved_view.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    every: Mapped[str]
    format: Mapped[str]
    next_on: Mapped[date]  # a day in the nonprofit's time zone
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]

    view: Mapped[SavedView] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class ReportFile(Row):
    """A file that was asked for: what it holds, how far it is, where it lies until it expires."""

    __tablename__ = "report_file"
    __table_args__ = (
        CheckConstraint(f"kind IN {FILE_KINDS}", name="kind"),
        CheckConstraint(f"format IN {FILE_FORMATS}", name="format"),
        CheckConstraint(f"state IN {FILE_STATES}", name="state"),
        CheckConstraint("(state = 'ready') = (object_key IS NOT NULL)", name="ready"),
        Index("ix_report_file_nonprofit_id_id", "nonprofit_id", text("id DESC")),
        Index("ix_report_file_expires_at", "expires_at", postgresql_where=text("state = 'ready'")),
        # Asked for twice, it is one file as long as nobody has it yet.
        Index(
            "uq_report_file_wish",
            "nonprofit_id",
            "wish",
            unique=True,
            postgresql_where=text("state IN ('waiting', 'making')"),
        ),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("report_mail.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str]
    format: Mapped[str]
    first: Mapped[date]  # the days it is about, both included
    last: Mapped[date]
    # The fields of app.reports.which.Which; of a report, what its app.reports.shapes.Shape says.
    which: Mapped[dict[str, Any]]
    with_donors: Mapped[bool]  # whether it names donors, which not every role may read
    locale: Mapped[str]
    wish: Mapped[str]  # a digest of all that was asked for
    state: Mapped[str] = mapped_column(default="waiting")
    done_rows: Mapped[int] = mapped_column(BigInteger, default=0)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(default="")  # why it failed, as a translation key
    object_key: Mapped[str | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    nonprofit: Mapped[Nonprofit] = relationship(lazy="raise")
    asked_by: Mapped[Person] = relationship(lazy="raise")
