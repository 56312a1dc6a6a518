"""Tables of the outside world: kept mail, the sandbox payment provider, and what was granted at Alipay."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code
from app.core.money import Money


class KeptMail(Row):
    """A message that the embedded default keeps to be read by administrators."""

    __tablename__ = "kept_mail"

    to: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)

    attachments: Mapped[list["KeptAttachment"]] = relationship(lazy="raise", order_by="KeptAttachment.id")


class KeptAttachment(Row):
    """A file that came with a kept message."""

    __tablename__ = "kept_attachment"

    mail_id: Mapped[int] = mapped_column(ForeignKey("kept_mail.id"), index=True)
    name: Mapped[str]
    content_type: Mapped[str]
    body: Mapped[bytes]


class SandboxPayment(Row):
    """A payment in the books of the simulated provider. TEST MODE: no money moves."""

    __tablename__ = "sandbox_payment"
    __table_args__ = (
        UniqueConstraint("account", "idempotency"),
        CheckConstraint("state IN ('open', 'paid', 'declined', 'cancelled')", name="state"),
        CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refunded"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(22))
    account: Mapped[str]
    idempotency: Mapped[str]
    request: Mapped[dict[str, Any]]  # as asked for the first time; the same key with another body is an error
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str]
    description: Mapped[str]
    return_url: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    refunded_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]
    card: Mapped[str] = mapped_column(default="")
    subscription: Mapped[str] = mapped_column(default="")  # code of the subscription it belongs to

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)


class SandboxRefund(Row):
    """A refund in the books of the simulated provider."""

    __tablename__ = "sandbox_refund"
    __table_args__ = (
        UniqueConstraint("payment_id", "idempotency"),
        CheckConstraint("amount_minor > 0", name="amount"),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("sandbox_payment.id"))
    idempotency: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(default=now)
    code: Mapped[str | None] = mapped_column(unique=True, default=new_code)
    state: Mapped[str] = mapped_column(default="succeeded")


class SandboxDispute(Row):
    """A dispute in the books of the simulated provider."""

    __tablename__ = "sandbox_dispute"
    __table_args__ = (CheckConstraint("state IN ('open', 'won', 'lost')", name="state"),)

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    payment_id: Mapped[int] = mapped_column(ForeignKey("sandbox_payment.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    opened_at: Mapped[datetime] = mapped_column(default=now)
    respond_by: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class SandboxSubscription(Row):
    """A payment that the simulated provider repeats each month."""

    __tablename__ = "sandbox_subscription"
    __table_args__ = (CheckConstraint("state IN ('active', 'paused', 'failing', 'ended')", name="state"),)

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(22))
    account: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    description: Mapped[str]
    card: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="active")
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    created_at: Mapped[datetime] = mapped_column(default=now)
    next_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class SandboxCardPage(Row):
    """A page of the simulated provider on which another card is given for a subscription."""

    __tablename__ = "sandbox_card_page"
    __table_args__ = (UniqueConstraint("account", "idempotency"),)

    code: Mapped[str] = mapped_column(unique=True, default=lambda: new_code(22))
    account: Mapped[str]
    idempotency: Mapped[str]
    subscription: Mapped[str]
    return_url: Mapped[str]
    back_url: Mapped[str]
    card: Mapped[str] = mapped_column(default="")  # empty until one was given
    created_at: Mapped[datetime] = mapped_column(default=now)


class SandboxPayout(Row):
    """Money that the simulated provider has sent on to an account's bank, and the lines it is made of."""

    __tablename__ = "sandbox_payout"

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    account: Mapped[str] = mapped_column(index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(default=now)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class SandboxEvent(Row):
    """An event the simulated provider has to deliver to the platform's webhook."""

    __tablename__ = "sandbox_event"

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("sandbox_payment.id"), index=True)
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    payout_id: Mapped[int | None] = mapped_column(ForeignKey("sandbox_payout.id"), index=True)
    delivered_at: Mapped[datetime | None]


class AlipayGrant(Row):
    """An organisation's leave to act for its account at Alipay, of use only with this site's own key."""

    __tablename__ = "alipay_grant"

    seller_id: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str]
    granted_at: Mapped[datetime] = mapped_column(default=now)
