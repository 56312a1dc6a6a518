"""Tables of donations, the provider's events and the ledger. The money tables are append-only, by trigger."""

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
ACCOUNTS = ("provider", "donations", "fees")
CODE_LENGTH = 22  # a donation's code opens the donor's own page: it is a secret


class Donation(Row):
    """One gift of one donor to one project, made from at most one video."""

    __tablename__ = "donation"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("captured_minor IN (0, amount_minor)", name="captured"),
        CheckConstraint("refunded_minor BETWEEN 0 AND captured_minor", name="refunded"),
        UniqueConstraint("provider", "reference"),
        Index("ix_donation_project_id_paid", "project_id", text("paid_at DESC"), "id"),
        Index("ix_donation_video_id", "video_id"),
        Index("ix_donation_pending", "created_at", postgresql_where=text("state = 'pending'")),
    )

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(CODE_LENGTH))
    number: Mapped[str] = mapped_column(
        unique=True, default=new_code
    )  # the nonprofit's name for it; opens nothing
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    payment_account_id: Mapped[int] = mapped_column(ForeignKey("payment_account.id"))
    video_id: Mapped[int | None] = mapped_column(ForeignKey("video.id"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("donation_link.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    captured_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    donor_name: Mapped[str] = mapped_column(default="")
    anonymous: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str] = mapped_column(default="")
    public_message: Mapped[str] = mapped_column(default="")
    private_note: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="en")
    provider: Mapped[str]
    reference: Mapped[str | None]  # the provider's name for the payment
    pay_url: Mapped[str | None]  # where the donor goes on to pay
    idempotency: Mapped[str] = mapped_column(unique=True)  # one form, one donation, however often it is sent
    created_at: Mapped[datetime] = mapped_column(default=now)
    paid_at: Mapped[datetime | None]

    nonprofit: Mapped[Nonprofit] = relationship(lazy="raise")
    project: Mapped[Project] = relationship(lazy="raise")
    payment_account: Mapped[PaymentAccount] = relationship(lazy="raise")
    video: Mapped[Video | None] = relationship(lazy="raise")
    link: Mapped[DonationLink | None] = relationship(lazy="raise")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


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
    )

    provider: Mapped[str]
    event_id: Mapped[str]
    kind: Mapped[str]  # app.gateways.payments.EventKind
    account: Mapped[str]  # the nonprofit's account at the provider
    reference: Mapped[str]  # the payment at the provider
    amount_minor: Mapped[int] = mapped_column(BigInteger)  # refunds: the total refunded so far
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str]
    payload: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=now)
    applied_at: Mapped[datetime | None]


class LedgerTransaction(Row):
    """A balanced posting; its entries add up to zero in every currency, by a deferred constraint."""

    __tablename__ = "ledger_transaction"

    kind: Mapped[str]
    idempotency: Mapped[str] = mapped_column(unique=True)
    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)


class LedgerEntry(Row):
    """One side of a posting: debit positive, credit negative, in minor units."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint(f"account IN {ACCOUNTS}", name="account"),
        CheckConstraint("amount_minor <> 0", name="amount"),
    )

    transaction_id: Mapped[int] = mapped_column(ForeignKey("ledger_transaction.id"), index=True)
    account: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
