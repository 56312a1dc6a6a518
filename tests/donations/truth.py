"""A payment as its provider has it in its own books: the plain truth that ours are compared with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.core.money import Money
from app.gateways.payments.contract import EventKind, VerifiedEvent

STEP = timedelta(minutes=7)


@dataclass
class Payment:
    """One payment: what happened to it so far, and the events that tell of it, in their order.

    It tells its refunds each by a name of its own or, if it `tells_totals`, as the sum so far.
    """

    name: str
    account: str
    amount: Money
    began: datetime
    tells_totals: bool = False
    alias: str = ""
    subscription: str = ""
    renewal: bool = False
    paid: bool = False
    given_up: str = ""  # the last of "failed" and "expired" that it came to, while nobody has paid
    fees: int = 0
    refunds: dict[str, int] = field(default_factory=dict[str, int])
    failed_refunds: set[str] = field(default_factory=set[str])
    open_disputes: dict[str, int] = field(default_factory=dict[str, int])
    taken: int = 0  # by lost disputes
    events: list[VerifiedEvent] = field(default_factory=list[VerifiedEvent])

    @property
    def refunded(self) -> int:
        return sum(self.refunds[name] for name in self.standing_refunds)

    @property
    def standing_refunds(self) -> list[str]:
        return [name for name in self.refunds if name not in self.failed_refunds]

    @property
    def held(self) -> int:
        return sum(self.open_disputes.values())

    @property
    def balance(self) -> int:
        """What the provider holds for the payee; below zero when disputes took more than was left."""
        return self.paid * self.amount.minor - self.fees - self.refunded - self.held - self.taken

    @property
    def figures(self) -> tuple[int, ...]:
        """Captured, refunded, lost, held back and fees. What a bank takes beyond the gift is a fee."""
        captured = self.paid * self.amount.minor
        lost = min(self.taken, captured - self.refunded)
        return captured, self.refunded, lost, self.held, self.fees + self.taken - lost

    @property
    def state(self) -> str:
        captured, refunded, lost, held, _ = self.figures
        if not self.paid:
            return self.given_up or "pending"
        if held or lost:
            return "disputed" if held else "lost"
        return "paid" if not refunded else "refunded" if refunded == captured else "partly_refunded"

    def pay(self, fee: int) -> VerifiedEvent:
        self.paid, self.fees = True, fee
        kind = EventKind.RENEWED if self.renewal else EventKind.SUCCEEDED
        return self._tell(
            kind, self.amount.minor, fee, subscription=self.subscription, alias=self.alias, name=self.name
        )

    def give_up(self, kind: EventKind) -> VerifiedEvent:
        # A payment that has expired does not fail any more.
        self.given_up = "expired" if kind is EventKind.EXPIRED or self.given_up == "expired" else "failed"
        return self._tell(kind, self.amount.minor)

    def refund(self, minor: int) -> VerifiedEvent:
        name = self._part("refund", len(self.refunds))
        self.refunds[name] = minor
        if self.tells_totals:
            return self._tell(EventKind.REFUNDED, self.refunded)
        return self._tell(EventKind.REFUNDED, minor, part=name)

    def fail_refund(self, name: str) -> VerifiedEvent:
        self.failed_refunds.add(name)
        return self._tell(EventKind.REFUND_FAILED, self.refunds[name], part=name)

    def open_dispute(self, minor: int) -> VerifiedEvent:
        name = self._part("dispute", len(self.events))
        self.open_disputes[name] = minor
        return self._tell(EventKind.DISPUTE_OPENED, minor, part=name)

    def close_dispute(self, kind: EventKind, cost: int) -> VerifiedEvent:
        name, minor = self.open_disputes.popitem()
        self.fees += cost
        self.taken += minor * (kind is EventKind.DISPUTE_LOST)
        return self._tell(kind, minor, cost, part=name)

    def cost(self, fee: int) -> VerifiedEvent:
        """What a payment cost, told apart from its success."""
        self.fees += fee
        return self._tell(EventKind.FEE, 0, fee, part=self._part("fee", len(self.events)))

    def _part(self, what: str, number: int) -> str:
        return f"{what}-{number}-of-{self.name}"

    def _tell(
        self, kind: EventKind, minor: int, fee: int = 0, *, part: str = "", name: str = "", **values: str
    ) -> VerifiedEvent:
        event = VerifiedEvent(
            provider="sandbox",
            event_id=f"{self.name}-{len(self.events)}",
            kind=kind,
            account=self.account,
            # Once it is captured, some providers call a payment by another name.
            reference=name or (self.paid and self.alias) or self.name,
            amount=Money(minor, self.amount.currency),
            fee_minor=fee,
            occurred_at=self.began + STEP * len(self.events),
            part=part,
            **values,
        )
        self.events.append(event)
        return event
