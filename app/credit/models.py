"""Tables of credit: which video moved which donation, in exact money. Append-only, by trigger."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Row


class Credit(Row):
    """A video's part of a donation. Without a video it is the uncredited part. The parts of a donation
    add up to what was captured, by a deferred constraint."""

    __tablename__ = "credit"
    __table_args__ = (
        UniqueConstraint("donation_id", "video_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("fee_minor >= 0", name="fee"),
        CheckConstraint("(video_id IS NULL) = (creator_id IS NULL)", name="creator"),
    )

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"))
    video_id: Mapped[int | None] = mapped_column(ForeignKey("video.id"), index=True)
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)  # this part's share of the provider's fee
    currency: Mapped[str]
    rule: Mapped[str]
    rule_version: Mapped[int]
    evidence: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=now)


class CreditReversal(Row):
    """What a refund or a lost dispute takes back of a credit; less than nothing when a refund failed.

    `fee_minor` is the credit's share of what a dispute cost; less than nothing when a failed refund is what
    the dispute had taken, after all.
    """

    __tablename__ = "credit_reversal"
    __table_args__ = (
        UniqueConstraint("credit_id", "event_id"),
        CheckConstraint("amount_minor <> 0 OR fee_minor <> 0", name="amount"),
    )

    credit_id: Mapped[int] = mapped_column(ForeignKey("credit.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("payment_event.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[datetime] = mapped_column(default=now)
