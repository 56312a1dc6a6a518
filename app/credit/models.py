"""Tables of credit: which video moved which donation, in exact money. Append-only, by trigger.

A credit is never edited. When a nonprofit decides a creator's dispute by moving credit, the credits that
stood are withdrawn, each in a row of its own, and others take their place: those that stand always add up to
what was captured.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Base, Row
from app.core.ids import new_code

TOUCH_KINDS = ("view", "open", "arrive")
# Why a touch does not count: a program made it, or more came from one visitor or address than people make.
HELD = ("bot", "visitor", "address")
OUTCOMES = ("open", "moved", "rejected", "taken_back")


class Credit(Row):
    """A video's part of a donation. Without a video it is the uncredited part. Those of a donation's parts
    that stand, which means that no decision has withdrawn them, add up to what was captured, by a deferred
    constraint. `decision_id` says by which decision it was given; by none, it was the project's rule."""

    __tablename__ = "credit"
    __table_args__ = (
        UniqueConstraint("donation_id", "video_id", "decision_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("fee_minor >= 0", name="fee"),
        CheckConstraint("(video_id IS NULL) = (creator_id IS NULL)", name="creator"),
        Index("ix_credit_project_id", "project_id", "at", "id"),
        Index("ix_credit_project_id_creator_id", "project_id", "creator_id", "at", "id"),
        Index("ix_credit_project_id_video_id", "project_id", "video_id", "at", "id"),
    )

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))  # the donation's
    video_id: Mapped[int | None] = mapped_column(ForeignKey("video.id"), index=True)
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)  # this part's share of the provider's fee
    currency: Mapped[str]
    rule: Mapped[str]
    rule_version: Mapped[int]
    evidence: Mapped[dict[str, Any]]
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("credit_decision.id"))
    at: Mapped[datetime] = mapped_column(default=now)


class CreditReversal(Row):
    """What a refund or a lost dispute takes back of a credit; less than nothing when a refund failed.

    A credit that was given by a decision begins with what had been taken back before: that reversal has the
    decision instead of an event.

    `fee_minor` is the credit's share of what a dispute cost; less than nothing when a failed refund is what
    the dispute had taken, after all.
    """

    __tablename__ = "credit_reversal"
    __table_args__ = (
        UniqueConstraint("credit_id", "event_id"),
        CheckConstraint("amount_minor <> 0 OR fee_minor <> 0", name="amount"),
        CheckConstraint("num_nonnulls(event_id, decision_id) = 1", name="cause"),
        Index("ix_credit_reversal_project_id", "project_id", "at", "id"),
    )

    credit_id: Mapped[int] = mapped_column(ForeignKey("credit.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))  # the donation's
    event_id: Mapped[int | None] = mapped_column(ForeignKey("payment_event.id"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("credit_decision.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[datetime] = mapped_column(default=now)


class CreditDispute(Row):
    """What a creator says of a split: that a video of theirs moved more of a gift than was credited to it."""

    __tablename__ = "credit_dispute"
    __table_args__ = (
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint("(outcome = 'open') = (closed_at IS NULL)", name="closed"),
        Index(
            "uq_credit_dispute_open",
            "donation_id",
            "creator_id",
            unique=True,
            postgresql_where=text("outcome = 'open'"),
        ),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"), index=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"))
    creator_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    words: Mapped[str]
    outcome: Mapped[str] = mapped_column(default="open")
    reason: Mapped[str] = mapped_column(default="")  # what the nonprofit answers
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]


class CreditDecision(Row):
    """A nonprofit moved the credit of a gift, as the answer to a dispute. Append-only."""

    __tablename__ = "credit_decision"

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"), index=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("credit_dispute.id"), unique=True)
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class CreditWithdrawal(Row):
    """A decision took a credit out, with what had been taken back of it and its costs until then."""

    __tablename__ = "credit_withdrawal"
    __table_args__ = (Index("ix_credit_withdrawal_project_id", "project_id", "at", "id"),)

    credit_id: Mapped[int] = mapped_column(ForeignKey("credit.id"), unique=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))  # the donation's
    decision_id: Mapped[int] = mapped_column(ForeignKey("credit_decision.id"), index=True)
    refunded_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)  # the credit's own fee and what disputes cost it
    at: Mapped[datetime] = mapped_column(default=now)


class Touch(Base):
    """A visitor who agreed saw a video, opened its donate sheet, or came to it through a share.

    Once per visitor, video, kind and session; `session_at`, when the session began, says which month's
    partition it lies in. One that is `held` for a reason (of HELD) is evidence of a gift's path like any
    other, and counts in no figure of views.
    """

    __tablename__ = "touch"
    __table_args__ = (
        CheckConstraint(f"kind IN {TOUCH_KINDS}", name="kind"),
        CheckConstraint(f"held IN {('', *HELD)}", name="held"),
        Index("ix_touch_visitor", "visitor", "at"),
        {"postgresql_partition_by": "RANGE (session_at)"},
    )

    session_at: Mapped[datetime] = mapped_column(primary_key=True)
    visitor: Mapped[str] = mapped_column(primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    held: Mapped[str] = mapped_column(default="", server_default="")
    moment_s: Mapped[int | None]  # of "open": the second of the clip at which the sheet was opened


class VideoMoment(Base):
    """How often a video's donate sheet was opened at a second of the clip. Never counts a touch twice."""

    __tablename__ = "video_moment"

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"), primary_key=True)
    second: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class VideoCount(Row):
    """How many touches of a kind a video had on a day while it carried a project. Never counts one twice.

    The day is the nonprofit's own; in UTC for a video that carried none. Touches that are held are counted
    under their reason instead of their kind.
    """

    __tablename__ = "video_count"
    __table_args__ = (
        UniqueConstraint("video_id", "project_id", "day", "kind", postgresql_nulls_not_distinct=True),
        Index("ix_video_count_project_id", "project_id", "day"),
    )

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"))
    project_id: Mapped[int | None] = mapped_column(BigInteger)
    day: Mapped[date]
    kind: Mapped[str]
    count: Mapped[int] = mapped_column(BigInteger)


class TouchEntry(Base):
    """A batch of touches that was written, for as long as it may still be on the stream."""

    __tablename__ = "touch_entry"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class VisitorPerson(Base):
    """A visitor has signed in as this person, from `at` on. Append-only."""

    __tablename__ = "visitor_person"

    visitor: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(default=now)


class Share(Row):
    """A link that somebody passed on, so that what came of it can be seen. Append-only.

    Its parent is the share that its maker had come through. A parent is older, so there can be no ring.
    """

    __tablename__ = "share"
    __table_args__ = (
        CheckConstraint("parent_id < id", name="older_parent"),
        UniqueConstraint("donation_id"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("share.id"), index=True)
    donation_id: Mapped[int | None] = mapped_column(ForeignKey("donation.id"))  # whose donor passes it on
    created_at: Mapped[datetime] = mapped_column(default=now)


class ShareCount(Base):
    """How often a video was opened through a share, by different visitors or pages."""

    __tablename__ = "share_count"

    share_id: Mapped[int] = mapped_column(ForeignKey("share.id"), primary_key=True)
    arrivals: Mapped[int] = mapped_column(BigInteger)


class GiverMark(Base):
    """One thing that the giver of a gift is known by, as a hash, or as the person it leads to.

    Deleted with what else is kept of a donor who wishes to be forgotten.
    """

    __tablename__ = "giver_mark"
    __table_args__ = (Index("ix_giver_mark_mark", "mark", "donation_id"),)

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(primary_key=True)


class Flag(Row):
    """Why a creator's part of a gift says nothing about how well a video moves people. Append-only."""

    __tablename__ = "flag"
    __table_args__ = (UniqueConstraint("donation_id", "creator_id", "reason"),)

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"))
    creator_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]
    details: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=now)


class HeldPart(Base):
    """A creator's part of a gift that has flags: out of rankings, unless somebody has cleared it."""

    __tablename__ = "held_part"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'kept', 'cleared')", name="state"),
        Index("ix_held_part_nonprofit_id", "nonprofit_id", "state", "found_at"),
    )

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"), primary_key=True)
    creator_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    state: Mapped[str]
    found_at: Mapped[datetime] = mapped_column(default=now)


class FlagDecision(Row):
    """What a nonprofit decided about a held part, and why. Append-only; the last one counts."""

    __tablename__ = "flag_decision"
    __table_args__ = (
        CheckConstraint("decision IN ('kept', 'cleared')", name="decision"),
        Index("ix_flag_decision_donation_id", "donation_id", "creator_id"),
    )

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"))
    creator_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    decision: Mapped[str]
    note: Mapped[str]
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)
