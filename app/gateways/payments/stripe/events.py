"""Stripe's events as Kindrelay's: one table from type to meaning. What is not in it says nothing about gifts.

An account may take other payments than gifts; their events carry none of our metadata and are left.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.core.money import Money
from app.gateways.payments.contract import EventKind, VerifiedEvent
from app.gateways.payments.stripe import amounts
from app.gateways.payments.stripe.lookups import Lookups
from app.gateways.payments.stripe.shapes import CURRENCY, SUBSCRIPTION, inside, is_ours, named, subscribed

PROVIDER = "stripe"

# What is kept of an event's object. Names, addresses and e-mails of donors stay at Stripe.
KEPT = (
    "id", "object", "status", "payment_status", "mode", "amount", "amount_total", "amount_paid", "amount_due",
    "attempt_count", "next_payment_attempt", "billing_reason", "currency", "payment_intent", "charge",
    "invoice", "subscription", "reason", "failure_reason", "metadata", "charges_enabled",
)  # fmt: skip


def decode(event: Mapping[str, Any], lookups: Lookups) -> list[VerifiedEvent]:
    """What an event means: one thing, or nothing. Raises the SDK's errors where Stripe has to be asked."""
    meaning = MEANINGS.get(event["type"])
    told = meaning(event["data"]["object"], lookups) if meaning is not None else None
    return [_event(event, told)] if told is not None else []


def fee(booking: Mapping[str, Any], charge: Mapping[str, Any], account: str) -> VerifiedEvent | None:
    """What a payment cost, by its balance transaction, however it came to be known; told twice, it is one."""
    amount = amounts.from_stripe(charge["amount"], charge["currency"])
    intent = named(charge.get("payment_intent"))
    if amount is None or not intent or not booking["fee"]:
        return None
    return VerifiedEvent(
        provider=PROVIDER,
        event_id=booking["id"],
        kind=EventKind.FEE,
        account=account,
        reference=intent,
        amount=amount,
        fee_minor=amounts.fee_of(dict(booking), amount.currency),
        occurred_at=_moment(booking["created"]),
        payload={name: booking.get(name) for name in ("id", "type", "fee", "currency", "exchange_rate")},
        part=booking["id"],
    )


def _event(event: Mapping[str, Any], told: dict[str, Any] | VerifiedEvent) -> VerifiedEvent:
    if isinstance(told, VerifiedEvent):
        return told
    about = event["data"]["object"]
    words: dict[str, Any] = {"fee_minor": 0, **told}
    return VerifiedEvent(
        provider=PROVIDER,
        event_id=event["id"],
        account=event["account"],
        occurred_at=_moment(event["created"]),
        payload={
            "type": event["type"],
            "api_version": event.get("api_version"),
            "object": {name: about[name] for name in KEPT if name in about},
        },
        **words,
    )


def _paid(session: dict[str, Any], lookups: Lookups) -> dict[str, Any] | None:
    if session["mode"] == "setup":
        return _card_given(session)
    if session["payment_status"] != "paid":  # the bank of the donor has not answered yet
        return None
    return _of_session(EventKind.SUCCEEDED, session, lookups)


def _card_given(session: dict[str, Any]) -> dict[str, Any] | None:
    said = inside(session, "metadata")
    subscription: str = said.get(SUBSCRIPTION) or ""
    amount = amounts.from_stripe(0, said.get(CURRENCY) or "")
    if amount is None or not subscription or not is_ours(session):
        return None
    return {
        "kind": EventKind.CARD_GIVEN,
        "reference": "",
        "part": named(session["setup_intent"]),
        "amount": amount,
        "subscription": subscription,
    }


def _not_paid(session: dict[str, Any], lookups: Lookups) -> dict[str, Any] | None:
    return _of_session(EventKind.FAILED, session, lookups)


def _expired(session: dict[str, Any], lookups: Lookups) -> dict[str, Any] | None:
    return _of_session(EventKind.EXPIRED, session, lookups)


def _of_session(kind: EventKind, session: dict[str, Any], lookups: Lookups) -> dict[str, Any] | None:
    amount = amounts.from_stripe(session["amount_total"] or 0, session["currency"] or "")
    if amount is None or not is_ours(session) or session["mode"] == "setup":
        return None
    intent = named(session.get("payment_intent"))
    if kind is EventKind.SUCCEEDED and not intent and (invoice := named(session.get("invoice"))):
        intent = lookups.intent_of_invoice(invoice)
    return {
        "kind": kind,
        "reference": session["id"],
        "alias": intent,
        "amount": amount,
        "subscription": named(session.get("subscription")),
    }


def _declined(intent: dict[str, Any], lookups: Lookups) -> dict[str, Any] | None:
    amount = amounts.from_stripe(intent["amount"], intent["currency"])
    session = lookups.session_of(intent["id"]) if amount is not None and is_ours(intent) else ""
    if not session:
        return None
    error = inside(intent, "last_payment_error")
    card = inside(error, "payment_method", "card")
    return {
        "kind": EventKind.FAILED,
        "reference": session,
        "alias": intent["id"],
        "amount": amount,
        "reason": error.get("decline_code") or error.get("code") or "",
        "card": card.get("fingerprint") or "",
    }


def _charged(charge: dict[str, Any], lookups: Lookups) -> VerifiedEvent | None:
    booking, intent = named(charge.get("balance_transaction")), named(charge.get("payment_intent"))
    if not booking or not intent or not (is_ours(charge) or lookups.is_ours(intent)):
        return None
    return fee(lookups.booking(booking), charge, lookups.account)


def _refunded(refund: dict[str, Any], lookups: Lookups) -> dict[str, Any] | None:
    """Stripe takes the money off the account as soon as a refund is made, and puts it back if it fails."""
    kinds = {
        "pending": EventKind.REFUNDED,
        "succeeded": EventKind.REFUNDED,
        "failed": EventKind.REFUND_FAILED,
        "canceled": EventKind.REFUND_FAILED,
    }
    kind = kinds.get(refund.get("status") or "")
    return _of_part(kind, refund, lookups, reason=refund.get("failure_reason") or "") if kind else None


def _disputed(dispute: dict[str, Any], lookups: Lookups) -> dict[str, Any] | None:
    if dispute["status"].startswith("warning_"):  # an enquiry: no money is held back
        return None
    due: int | None = inside(dispute, "evidence_details").get("due_by")
    reason = dispute.get("reason") or ""
    told = _of_part(EventKind.DISPUTE_OPENED, dispute, lookups, reason=reason)
    return told and {**told, "respond_by": _moment(due) if due else None}


def _dispute_closed(dispute: dict[str, Any], lookups: Lookups) -> dict[str, Any] | None:
    kind = {"won": EventKind.DISPUTE_WON, "lost": EventKind.DISPUTE_LOST}.get(dispute["status"])
    told = _of_part(kind, dispute, lookups, reason=dispute.get("reason") or "") if kind else None
    if told is None:
        return None
    bookings: list[dict[str, Any]] = dispute.get("balance_transactions") or []
    cost = sum(amounts.fee_of(one, told["amount"].currency) for one in bookings)
    return {**told, "fee_minor": max(cost, 0)}


def _of_part(kind: EventKind, part: dict[str, Any], lookups: Lookups, reason: str) -> dict[str, Any] | None:
    amount = amounts.from_stripe(part["amount"], part["currency"])
    intent = named(part.get("payment_intent"))
    if amount is None or not intent or not lookups.is_ours(intent):
        return None
    return {"kind": kind, "reference": intent, "part": part["id"], "amount": amount, "reason": reason}


def _renewed(invoice: dict[str, Any], lookups: Lookups) -> dict[str, Any] | None:
    """The first invoice of a subscription is paid on the payment page, whose own event tells of it."""
    told = _of_invoice(EventKind.RENEWED, invoice, invoice["amount_paid"])
    if told is None or not invoice["amount_paid"]:
        return None
    intent = named(invoice.get("payment_intent")) or lookups.intent_of_invoice(invoice["id"])
    return {**told, "reference": intent or invoice["id"]}


def _not_renewed(invoice: dict[str, Any], _lookups: Lookups) -> dict[str, Any] | None:
    return _of_invoice(EventKind.RENEWAL_FAILED, invoice, invoice["amount_due"])


def _of_invoice(kind: EventKind, invoice: dict[str, Any], minor: int) -> dict[str, Any] | None:
    amount = amounts.from_stripe(minor, invoice["currency"])
    details = subscribed(invoice)
    if amount is None or invoice.get("billing_reason") != "subscription_cycle" or not is_ours(details):
        return None
    return {
        "kind": kind,
        "reference": "",
        "amount": amount,
        "subscription": details["subscription"],
    }


def _ended(subscription: dict[str, Any], _lookups: Lookups) -> dict[str, Any] | None:
    items = subscription["items"]["data"]
    minor = sum(item["price"]["unit_amount"] or 0 for item in items)
    amount = amounts.from_stripe(minor, subscription["currency"])
    if amount is None or not is_ours(subscription):
        return None
    reason: str = inside(subscription, "cancellation_details").get("reason") or ""
    return {
        "kind": EventKind.SUBSCRIPTION_ENDED,
        "reference": "",
        "amount": amount,
        "subscription": subscription["id"],
        "reason": reason,
    }


def _account_changed(about: dict[str, Any], _lookups: Lookups) -> dict[str, Any]:
    currency = str(about.get("default_currency") or "").upper()
    return {"kind": EventKind.ACCOUNT_CHANGED, "reference": "", "amount": Money(0, currency)}


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


MEANINGS: dict[str, Callable[[dict[str, Any], Lookups], dict[str, Any] | VerifiedEvent | None]] = {
    "checkout.session.completed": _paid,
    "checkout.session.async_payment_succeeded": _paid,
    "checkout.session.async_payment_failed": _not_paid,
    "checkout.session.expired": _expired,
    "payment_intent.payment_failed": _declined,
    "charge.succeeded": _charged,
    "charge.updated": _charged,
    "refund.created": _refunded,
    "refund.updated": _refunded,
    "refund.failed": _refunded,
    "charge.dispute.created": _disputed,
    "charge.dispute.funds_withdrawn": _disputed,
    "charge.dispute.closed": _dispute_closed,
    "invoice.paid": _renewed,
    "invoice.payment_failed": _not_renewed,
    "customer.subscription.deleted": _ended,
    "account.updated": _account_changed,
    "account.application.deauthorized": _account_changed,
}
# Asked for when webhooks may have been missed. Fees come with the bookings, a hundred at a time; a card that
# was declined changes no books, and accounts are asked for themselves.
NOT_LISTED = ("charge.succeeded", "charge.updated", "payment_intent.payment_failed", "account.")
LISTED = [*(name for name in MEANINGS if not name.startswith(NOT_LISTED)), "invoice_payment.paid"]
