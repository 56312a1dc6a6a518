"""Tables of the ledger: double entries, append-only by trigger, and what the accounts held by day."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Row

ACCOUNTS = ("provider", "donations", "fees", "disputed", "bank")


class LedgerTransaction(Row):
    """A balanced posting; its entries add up to zero in every currency, by a deferred constraint."""

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        CheckConstraint("(donation_id IS NULL) <> (nonprofit_id IS NULL)", name="whose"),
        Index("ix_ledger_transaction_at", "at", postgresql_using="brin"),  # written in its order
    )

    kind: Mapped[str]
    idempotency: Mapped[str] = mapped_column(unique=True)
    donation_id: Mapped[int | None] = mapped_column(ForeignKey("donation.id"), index=True)
    nonprofit_id: Mapped[int | None] = mapped_column(ForeignKey("nonprofit.id"))  # of a payout
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


class LedgerSnapshot(Row):
    """What an account of an organisation held at the end of a day (UTC): sums need not begin at the start."""

    __tablename__ = "ledger_snapshot"
    __table_args__ = (UniqueConstraint("nonprofit_id", "day", "account", "currency"),)

    day: Mapped[date]
    nonprofit_id: Mapped[int] = mapped_column(ForeignKey("nonprofit.id"))
    account: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
