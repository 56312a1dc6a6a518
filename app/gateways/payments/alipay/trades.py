"""What a trade at Alipay says has happened, from a notification or from asking; both give the same ids.

The ids are made of what happened, not of the notification's own (notify_id): a payment is made once, and a
refund has one request number. So told again, told anew, or found by asking, it is the same event.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.money import Money
from app.gateways.payments.alipay import words
from app.gateways.payments.contract import EventKind, VerifiedEvent

WAITING = "WAIT_BUYER_PAY"
PAID = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
CLOSED = "TRADE_CLOSED"  # never paid in time; or paid, and refunded whole
STATES = frozenset({WAITING, *PAID, CLOSED})


@dataclass(frozen=True)
class Trade:
    """A trade as Alipay has it: `paid_at` is None while, or when, nobody has paid."""

    account: str
    reference: str  # out_trade_no
    number: str  # trade_no
    status: str
    amount: Money
    paid_at: datetime | None
    told_at: datetime
    payload: dict[str, Any]

    @property
    def is_paid(self) -> bool:
        return self.status in PAID or self.paid_at is not None

    def events(self) -> list[VerifiedEvent]:
        """That it was paid, or was closed without."""
        if self.is_paid:
            return [self._event("paid", EventKind.SUCCEEDED, self.amount, self.paid_at or self.told_at)]
        if self.status == CLOSED:
            return [self._event("closed", EventKind.EXPIRED, self.amount, self.told_at)]
        return []

    def refunded(self, request: str, amount: Money, at: datetime) -> VerifiedEvent:
        """That one of its refunds was made; `request` is the key that it was asked for with."""
        return self._event(f"refund:{request}", EventKind.REFUNDED, amount, at, request)

    def _event(
        self, what: str, kind: EventKind, amount: Money, at: datetime, part: str = ""
    ) -> VerifiedEvent:
        return VerifiedEvent(
            provider=words.PROVIDER,
            event_id=f"{self.number}:{what}",
            kind=kind,
            account=self.account,
            reference=self.reference,
            amount=amount,
            fee_minor=0,  # Alipay takes its fee when it settles, and names it only in its bill
            occurred_at=at,
            payload=self.payload,
            part=part,
        )


def asked(account: str, answer: dict[str, Any], at: datetime) -> Trade:
    """The trade in the answer of alipay.trade.query. Raises KeyError or ValueError when it makes no sense."""
    paid = answer.get("send_pay_date")
    return Trade(
        account=account,
        reference=str(answer["out_trade_no"]),
        number=str(answer["trade_no"]),
        status=_state(str(answer["trade_status"])),
        amount=words.money(str(answer["total_amount"])),
        paid_at=words.moment(str(paid)) if paid else None,
        told_at=at,
        payload={"asked": "alipay.trade.query", "trade_status": answer["trade_status"]},
    )


def told(fields: dict[str, str]) -> Trade:
    """The trade in a checked notification. Raises KeyError or ValueError when it makes no sense."""
    paid = fields.get("gmt_payment") or fields.get("gmt_refund")  # what is refunded was paid
    return Trade(
        account=_named(fields["seller_id"]),
        reference=_named(fields["out_trade_no"]),
        number=_named(fields["trade_no"]),
        status=_state(fields["trade_status"]),
        amount=words.money(fields["total_amount"]),
        paid_at=words.moment(paid) if paid else None,
        told_at=words.moment(fields.get("gmt_close") or fields["notify_time"]),
        payload={name: value for name, value in fields.items() if not name.startswith(("sign", "buyer"))},
    )


def _named(name: str) -> str:
    if not name or len(name) > 64:
        raise ValueError("not a name")
    return name


def _state(status: str) -> str:
    if status not in STATES:
        raise ValueError("not a state of a trade")
    return status
