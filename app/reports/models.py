"""The rollups that reports are read from; rebuildable from credits and from who gave, at any time."""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Row

SCOPES = {"total": 0, "project": 1, "creator": 2, "video": 3}  # in which people are counted
NEVER = date(1, 1, 1)  # instead of the day of a gift before, when there was none


class _Credited(Row):
    """Money credited to a video (or to none) for a project by a rule, in a span of the nonprofit's own days
    that begins on `day`.

    A gift that is split among videos counts in `donations` of each; in `creator_donations` once for each
    creator, with one of the videos; in `gifts` once in all. So each level adds up a count of its own.
    `relay_minor` is the net of gifts that were made through a share. `lines` counts what it is the sum of.
    """

    __abstract__ = True

    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    video_id: Mapped[int | None] = mapped_column(ForeignKey("video.id"))
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    day: Mapped[date]
    currency: Mapped[str]
    rule: Mapped[str]  # with its version
    donations: Mapped[int] = mapped_column(BigInteger, default=0)
    creator_donations: Mapped[int] = mapped_column(BigInteger, default=0)
    gifts: Mapped[int] = mapped_column(BigInteger, default=0)
    gross_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    relay_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    lines: Mapped[int] = mapped_column(BigInteger, default=0)


class DayRollup(_Credited):
    """Credited money, day by day."""

    __tablename__ = "day_rollup"
    __table_args__ = (
        UniqueConstraint(
            "project_id", "video_id", "day", "currency", "rule", postgresql_nulls_not_distinct=True
        ),
        Index("ix_day_rollup_nonprofit_day", "nonprofit_id", "day"),
    )


class WeekRollup(_Credited):
    """The same by weeks from Monday: the database keeps it with every change of DayRollup."""

    __tablename__ = "week_rollup"
    __table_args__ = (
        UniqueConstraint(
            "nonprofit_id",
            "day",
            "project_id",
            "video_id",
            "creator_id",
            "currency",
            "rule",
            postgresql_nulls_not_distinct=True,
        ),
    )


class Giving(Base):
    """Whose gift a donation is, decided once. A giver is told by the id of a first gift to the nonprofit and
    by nothing else, so what was counted stays when a donor is forgotten.

    `counted_to` is the last decision on the donation's credit that the counts of people know of: 0 for the
    split by the rule alone, NULL until it is counted.
    """

    __tablename__ = "giving"

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"), primary_key=True)
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"), index=True)
    giver_id: Mapped[int] = mapped_column(BigInteger, index=True)
    counted_to: Mapped[int | None] = mapped_column(BigInteger)


class _Givers(Base):
    """How many people gave in a span that begins on `day` and whose gift before it, in the same scope, was on
    the day `before`.

    Those of any period are the ones whose gift before was not in it: so each counts once, in a sum.
    """

    __abstract__ = True

    nonprofit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    scope: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # of SCOPES
    day: Mapped[date] = mapped_column(primary_key=True)
    scope_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)  # 0: of all, or credited to no video
    currency: Mapped[str] = mapped_column(primary_key=True)
    before: Mapped[date] = mapped_column(primary_key=True)
    donors: Mapped[int] = mapped_column(BigInteger)


class DayDonors(_Givers):
    """People who gave, day by day."""

    __tablename__ = "day_donors"


class WeekDonors(_Givers):
    """The same by weeks from Monday: the database keeps it with every change of DayDonors."""

    __tablename__ = "week_donors"


class _Reach(Base):
    """How often a video was touched while it carried a project, in a span that begins on `day`: what reports
    tell of it. The database keeps it with every change of VideoCount."""

    __abstract__ = True

    project_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    video_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    shown: Mapped[int] = mapped_column(BigInteger)
    views: Mapped[int] = mapped_column(BigInteger)
    opens: Mapped[int] = mapped_column(BigInteger)
    arrivals: Mapped[int] = mapped_column(BigInteger)


class DayReach(_Reach):
    """Reach, day by day."""

    __tablename__ = "day_reach"


class WeekReach(_Reach):
    """Reach by weeks from Monday."""

    __tablename__ = "week_reach"


class MonthCohort(Base):
    """Of people whose first gift in a currency was in month `began`: how many gave in `month`, how much."""

    __tablename__ = "month_cohort"

    nonprofit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(primary_key=True)
    began: Mapped[date] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    donors: Mapped[int] = mapped_column(BigInteger)
    gross_minor: Mapped[int] = mapped_column(BigInteger)
