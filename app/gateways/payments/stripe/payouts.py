"""Stripe's payouts, each with the bookings (balance transactions) that it is made of."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stripe import StripeClient

from app.gateways.payments.contract import EventKind, PayoutLine, SentPayout
from app.gateways.payments.stripe import amounts
from app.gateways.payments.stripe.shapes import inside, is_ours, named

PAGE = 100
STATES = {"paid": "paid", "pending": "in_transit", "in_transit": "in_transit"}  # else it has failed
KINDS = {
    "charge": EventKind.SUCCEEDED,
    "payment": EventKind.SUCCEEDED,
    "refund": EventKind.REFUNDED,
    "payment_refund": EventKind.REFUNDED,
    "refund_failure": EventKind.REFUND_FAILED,
    "payment_failure_refund": EventKind.REFUND_FAILED,
}


def list_payouts(client: StripeClient, since: datetime, account: str) -> list[SentPayout]:
    """The payouts of an account since a moment, oldest first, in the currency of its bank.

    Of a payout that was not sent by Stripe's own schedule, Stripe cannot say what it was made of.
    """
    at: Any = {"stripe_account": account}
    listed = client.v1.payouts.list({"created": {"gte": int(since.timestamp())}, "limit": PAGE}, at)
    payouts = [one.to_dict() for one in listed.auto_paging_iter()]
    return [
        sent
        for payout in reversed(payouts)
        if (sent := _payout(payout, account, _lines(client, payout, at))) is not None
    ]


def _lines(client: StripeClient, payout: dict[str, Any], at: Any) -> list[PayoutLine]:
    if not payout["automatic"]:
        return []
    bookings = client.v1.balance_transactions.list(
        {"payout": payout["id"], "limit": PAGE, "expand": ["data.source"]}, at
    )
    told = (one.to_dict() for one in bookings.auto_paging_iter())
    return [_line(booking) for booking in told if not booking["type"].startswith("payout")]


def _payout(payout: dict[str, Any], account: str, lines: list[PayoutLine]) -> SentPayout | None:
    amount = amounts.from_stripe(payout["amount"], payout["currency"])
    if amount is None:
        return None
    return SentPayout(
        reference=payout["id"],
        account=account,
        amount=amount,
        state=STATES.get(payout["status"], "failed"),
        at=datetime.fromtimestamp(payout["created"], UTC),
        lines=lines,
        arrives_at=datetime.fromtimestamp(payout["arrival_date"], UTC),
    )


def _line(booking: Mapping[str, Any]) -> PayoutLine:
    """A booking as a line. What is about no payment, such as a fee of the account, goes by its own name."""
    source = inside(booking, "source")
    intent = named(source.get("payment_intent"))
    minor, cost = booking["amount"], booking["fee"]
    kind = KINDS.get(booking["type"])
    if kind is None and source.get("object") == "dispute":
        kind = EventKind.DISPUTE_OPENED if minor < 0 else EventKind.DISPUTE_WON
    if kind is None:
        kind, minor, cost = EventKind.FEE, 0, cost - minor
    currency = booking["currency"]
    return PayoutLine(
        kind=kind,
        reference=intent or booking["id"],
        amount_minor=_minor(minor, currency),
        fee_minor=_minor(cost, currency),
        at=datetime.fromtimestamp(booking["created"], UTC),
        marked=is_ours(source),
    )


def _minor(minor: int, currency: str) -> int:
    told = amounts.from_stripe(minor, currency)
    return told.minor if told is not None else minor
