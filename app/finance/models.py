"""Tables of payouts, reconciliation runs, and the differences that were found."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Row
from app.core.ids import new_code
from app.core.money import Money


class Payout(Row):
    """Money that the provider sends on from the organisation's account there to its bank."""

    __tablename__ = "payout"
    __table_args__ = (
        CheckConstraint("state IN ('in_transit', 'paid', 'failed')", name="state"),
        UniqueConstraint("payment_account_id", "reference"),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    payment_account_id: Mapped[int] = mapped_column(ForeignKey("payment_account.id"))
    reference: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    # What of it is of gifts through this site, and so in the ledger; the rest is other business of the
    # account. Not known before its lines are.
    ours_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    paid_at: Mapped[datetime | None]  # when the bank had it

    @property
    def amount(self) -> Money:
        """What went to the bank."""
        return self.money(self.amount_minor)

    def money(self, minor: int) -> Money:
        """An amount in the payout's currency."""
        return Money(minor, self.currency)


class PayoutItem(Row):
    """A line of a payout: what a payment, a refund or a dispute added to it. Append-only."""

    __tablename__ = "payout_item"

    payout_id: Mapped[int] = mapped_column(ForeignKey("payout.id"), index=True)
    kind: Mapped[str]
    reference: Mapped[str]  # the payment at the provider
    donation_id: Mapped[int | None] = mapped_column(ForeignKey("donation.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)  # before fees; negative takes away
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    is_other: Mapped[bool] = mapped_column(default=False)  # other business of the account, no gift through us


class Reconciliation(Row):
    """A comparison with the provider's own list: what was seen and what was missing. Append-only."""

    __tablename__ = "reconciliation"

    provider: Mapped[str]
    since: Mapped[datetime]
    at: Mapped[datetime] = mapped_column(default=now)
    seen: Mapped[int]
    repaired: Mapped[dict[str, Any]]  # {"events": [event ids that no webhook had told]}


class Difference(Row):
    """Something on which the books and the provider do not agree; open until a person has settled it."""

    __tablename__ = "difference"
    __table_args__ = (
        Index(
            "uq_difference_open",
            "kind",
            "reference",
            unique=True,
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    code: Mapped[str] = mapped_column(unique=True, default=new_code)
    kind: Mapped[str]
    reference: Mapped[str]
    nonprofit_id: Mapped[int | None] = mapped_column(ForeignKey("nonprofit.id"))
    donation_id: Mapped[int | None] = mapped_column(ForeignKey("donation.id"))
    details: Mapped[dict[str, Any]]
    found_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)  # when it was last found again
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")

    def money(self, name: str) -> Money:
        """One of the figures among the details."""
        return Money(int(self.details[name]), self.details.get("currency", ""))
