"""Tables of the stand-ins for the outside world: kept mail and the sandbox payment provider."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code


class KeptMail(Row):
    """A message that the embedded default keeps to be read by administrators."""

    __tablename__ = "kept_mail"

    to: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


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


class SandboxEvent(Row):
    """An event the simulated provider has to deliver to the platform's webhook."""

    __tablename__ = "sandbox_event"

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    payment_id: Mapped[int] = mapped_column(ForeignKey("sandbox_payment.id"), index=True)
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    delivered_at: Mapped[datetime | None]
