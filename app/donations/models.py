"""Tables of donations and of what providers told of them. Append-only where money is, by trigger."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code
from app.core.money import Money
from app.nonprofits.models import Nonprofit, PaymentAccount
from app.projects.models import Project
from app.videos.models import DonationLink, Video

STATES = ("pending", "paid", "partly_refunded", "refunded", "disputed", "lost", "failed", "expired")
CODE_LENGTH = 22  # a donation's code opens the donor's own page: it is a secret


class Donation(Row):
    """One gift of one donor to one project, made from at most one video."""

    __tablename__ = "donation"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("captured_minor IN (0, amount_minor)", name="captured"),
        CheckConstraint("refunded_minor BETWEEN 0 AND captured_minor", name="refunded"),
        CheckConstraint(
            "lost_minor >= 0 AND disputed_minor >= 0 AND refunded_minor + lost_minor <= captured_minor",
            name="lost",
        ),
        UniqueConstraint("provider", "reference"),
        UniqueConstraint("capture_reference", "provider"),
        Index("ix_donation_email", text("lower(email)"), postgresql_where=text("email <> ''")),
        Index(
            "ix_donation_unpaid_form",
            "idempotency",
            postgresql_ops={"idempotency": "text_pattern_ops"},
            postgresql_where=text("state IN ('pending', 'failed')"),
        ),
        Index("ix_donation_nonprofit_id_id", "nonprofit_id", text("id DESC")),
        Index("ix_donation_project_id_paid", "project_id", text("paid_at DESC"), "id"),
        Index("ix_donation_video_id", "video_id"),
        Index("ix_donation_pending", "created_at", postgresql_where=text("state = 'pending'")),
    )

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(CODE_LENGTH))
    # The nonprofit's name for it; it opens nothing.
    number: Mapped[str] = mapped_column(unique=True, default=new_code)
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    payment_account_id: Mapped[int] = mapped_column(ForeignKey("payment_account.id"))
    video_id: Mapped[int | None] = mapped_column(ForeignKey("video.id"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("donation_link.id"))
    share_id: Mapped[int | None] = mapped_column(ForeignKey("share.id", use_alter=True), index=True)
    visitor: Mapped[str] = mapped_column(default="")  # whose touches may be credited; empty without consent
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    captured_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)  # all that it cost: fees, lost disputes
    disputed_minor: Mapped[int] = mapped_column(BigInteger, default=0)  # held back while a dispute is open
    lost_minor: Mapped[int] = mapped_column(BigInteger, default=0)  # given back by lost disputes
    donor_name: Mapped[str] = mapped_column(default="")
    anonymous: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str] = mapped_column(default="")
    public_message: Mapped[str] = mapped_column(default="")
    private_note: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="en")
    provider: Mapped[str]
    reference: Mapped[str | None]  # the provider's name for the payment, from when it was opened
    capture_reference: Mapped[str | None]  # the name that later events call it by, where that is another
    pay_url: Mapped[str | None]  # where the donor goes on to pay
    idempotency: Mapped[str] = mapped_column(unique=True)  # one form, one donation, however often it is sent
    monthly_gift_id: Mapped[int | None] = mapped_column(
        ForeignKey("monthly_gift.id", use_alter=True), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    paid_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]  # when the donor's own data were deleted at the donor's wish

    nonprofit: Mapped[Nonprofit] = relationship(lazy="raise")
    project: Mapped[Project] = relationship(lazy="raise")
    payment_account: Mapped[PaymentAccount] = relationship(lazy="raise")
    video: Mapped[Video | None] = relationship(lazy="raise")
    link: Mapped[DonationLink | None] = relationship(lazy="raise")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def kept(self) -> Money:
        """What was captured and not given back; a dispute that is still open takes nothing."""
        return Money(self.captured_minor - self.refunded_minor - self.lost_minor, self.currency)


class DonationMove(Row):
    """A change of a donation's state and the event that caused it. Append-only."""

    __tablename__ = "donation_move"

    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"), index=True)
    from_state: Mapped[str]
    to_state: Mapped[str]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("payment_event.id"))
    at: Mapped[datetime] = mapped_column(default=now)


class PaymentEvent(Row):
    """What a provider told us, verified and kept as it came. Only `applied_at` may change."""

    __tablename__ = "payment_event"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        Index("ix_payment_event_reference", "provider", "reference"),
        Index("ix_payment_event_alias", "provider", "alias", postgresql_where=text("alias <> ''")),
        Index(
            "ix_payment_event_subscription",
            "provider",
            "subscription",
            postgresql_where=text("subscription <> ''"),
        ),
        Index(
            "ix_payment_event_received_at",
            "received_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
        ),
    )

    provider: Mapped[str]
    event_id: Mapped[str]
    kind: Mapped[str]  # app.gateways.payments.EventKind
    account: Mapped[str]  # the nonprofit's account at the provider
    reference: Mapped[str]  # the payment at the provider
    part: Mapped[str] = mapped_column(default="")  # the refund or dispute it is about
    alias: Mapped[str] = mapped_column(default="")  # another name of the payment, which later events use
    subscription: Mapped[str] = mapped_column(default="")  # the monthly gift it belongs to
    card: Mapped[str] = mapped_column(default="")  # the provider's fingerprint of the card
    reason: Mapped[str] = mapped_column(default="")
    respond_by: Mapped[datetime | None]
    # A refund without a part: the total refunded so far.
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str]
    payload: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=now)
    applied_at: Mapped[datetime | None]


class Refund(Row):
    """Money on its way back to a donor: asked for here, or made at the provider (then nobody asked here)."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'sent', 'succeeded', 'failed', 'refused')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("donation_id", "reference"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(CODE_LENGTH))
    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(default="")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(default="asked")
    reference: Mapped[str | None]  # the provider's name for it
    detail: Mapped[str] = mapped_column(default="")  # why it was refused, or failed
    created_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]


class Dispute(Row):
    """A donor's bank asks for the money back. The provider holds it until the dispute is closed."""

    __tablename__ = "dispute"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'won', 'lost')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("donation_id", "reference"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"))
    reference: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")  # what the organisation has noted of its answer
    state: Mapped[str] = mapped_column(default="open")
    cost_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    respond_by: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class MonthlyGift(Row):
    """A gift that is given again each month. Each month it is a donation of its own; the first began it."""

    __tablename__ = "monthly_gift"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'active', 'paused', 'failing', 'ended')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("first_donation_id"),
        UniqueConstraint("provider", "reference"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(CODE_LENGTH))
    first_donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"))
    payment_account_id: Mapped[int] = mapped_column(ForeignKey("payment_account.id"))
    provider: Mapped[str]
    reference: Mapped[str | None]  # the provider's name for the subscription
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    created_at: Mapped[datetime] = mapped_column(default=now)
    next_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]  # paused by the platform, because its project may not receive
    card_at: Mapped[datetime | None]  # when another card of the donor's was put in place
    looked_at: Mapped[datetime | None]  # when the provider was last asked to hold it or to let it go on
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(default="")


class Receipt(Row):
    """A numbered receipt. Its words are frozen in `content`; it can be voided, once, and keeps its number."""

    __tablename__ = "receipt"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("nonprofit_id", "number"),
        UniqueConstraint("replaces_id"),
        Index("uq_receipt_standing", "donation_id", unique=True, postgresql_where=text("voided_at IS NULL")),
        Index("ix_receipt_donation_id", "donation_id"),
    )

    # For the check page.
    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(CODE_LENGTH))
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    number: Mapped[int]  # counts from 1 in each organisation, without a gap
    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    locale: Mapped[str]
    content: Mapped[dict[str, Any]]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("receipt.id"))
    issued_at: Mapped[datetime] = mapped_column(default=now)
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str] = mapped_column(default="")
    # Who withdrew it; nobody when it became void because money went back.
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    donation: Mapped[Donation] = relationship(lazy="raise")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
