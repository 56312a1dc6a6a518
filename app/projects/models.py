"""Tables of fundraising projects."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code
from app.nonprofits.models import Nonprofit

STATUSES = ("draft", "live", "closed")
CREDIT_RULES = ("last", "first", "linear", "decay", "position")
LONGEST_WINDOW_DAYS = 365


class Project(Row):
    """What money is raised for: a story, a goal in one currency, and the tag that videos carry."""

    __tablename__ = "project"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint("goal_minor > 0", name="goal"),
        CheckConstraint(f"credit_rule IN {CREDIT_RULES}", name="credit_rule"),
        CheckConstraint(f"credit_window_days BETWEEN 1 AND {LONGEST_WINDOW_DAYS}", name="credit_window"),
        Index("ix_project_search", "search", postgresql_using="gin"),
        Index("ix_project_status", "status"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"), index=True)
    title: Mapped[str]
    summary: Mapped[str]
    story: Mapped[str]  # Markdown
    cover_key: Mapped[str | None]  # object in the media bucket
    goal_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    tag: Mapped[str]  # as shown, without the leading #
    tag_key: Mapped[str] = mapped_column(unique=True)  # normalised: NFKC, case-folded
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]  # last day on which it may receive
    filing_number: Mapped[str] = mapped_column(default="")  # mainland China: 备案编号
    status: Mapped[str] = mapped_column(default="draft")
    credit_rule: Mapped[str] = mapped_column(default="last")
    credit_window_days: Mapped[int] = mapped_column(default=30)  # how far back a gift's path is looked at
    renewals_inherit: Mapped[bool] = mapped_column(default=True)  # monthly gifts are split as their first
    search: Mapped[Any] = mapped_column(TSVECTOR, deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]  # it receives nothing for now
    pause_reason: Mapped[str] = mapped_column(default="")

    nonprofit: Mapped[Nonprofit] = relationship(lazy="raise")


class ProjectUpdate(Row):
    """News from the work that the project pays for."""

    __tablename__ = "project_update"

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    title: Mapped[str]
    body: Mapped[str]  # Markdown
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    author: Mapped[Person] = relationship(lazy="raise")
