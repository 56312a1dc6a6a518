"""Stripe's objects as its public API reference documents them, of API version 2026-10-28.

They hold what Kindrelay reads, and beside it what a real one has that could be taken for it.
"""

from itertools import count
from typing import Any

from tests.gateways.stripe.wire import ACCOUNT

OURS = {"kindrelay": "k7m2p4r6"}
CREATED = 1_790_000_000
_numbers = count(1)


def event(kind: str, about: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{next(_numbers)}",
        "object": "event",
        "account": ACCOUNT,
        "api_version": "2026-10-28.endive",
        "created": CREATED,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        **values,
    }


def session(**values: Any) -> dict[str, Any]:
    return {
        "id": "cs_test_a1",
        "object": "checkout.session",
        "amount_subtotal": 1250,
        "amount_total": 1250,
        "currency": "eur",
        "customer_details": {
            "email": "dora@example.org",
            "name": "Dora Donor",
            "address": {"city": "Utrecht"},
        },
        "expires_at": CREATED + 86_400,
        "invoice": None,
        "livemode": False,
        "metadata": dict(OURS),
        "mode": "payment",
        "payment_intent": "pi_1",
        "payment_status": "paid",
        "status": "complete",
        "subscription": None,
        "url": None,
        **values,
    }


def card_page(**values: Any) -> dict[str, Any]:
    """A completed page in setup mode: it has saved a card of a subscription's customer."""
    return {
        **session(mode="setup", payment_intent=None, payment_status="no_payment_required"),
        "amount_subtotal": None,
        "amount_total": None,
        "currency": None,
        "metadata": {**OURS, "subscription": "sub_1", "currency": "eur"},
        "setup_intent": "seti_1",
        **values,
    }


def setup(**values: Any) -> dict[str, Any]:
    return {
        "id": "seti_1",
        "object": "setup_intent",
        "customer": "cus_1",
        "metadata": {**OURS, "subscription": "sub_1", "currency": "eur"},
        "payment_method": "pm_2",
        "status": "succeeded",
        "usage": "off_session",
        **values,
    }


def intent(**values: Any) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 1250,
        "currency": "eur",
        "last_payment_error": None,
        "latest_charge": "ch_1",
        "metadata": dict(OURS),
        "status": "succeeded",
        **values,
    }


def charge(**values: Any) -> dict[str, Any]:
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": 1250,
        "amount_captured": 1250,
        "amount_refunded": 0,
        "balance_transaction": "txn_1",
        "currency": "eur",
        "metadata": dict(OURS),
        "paid": True,
        "payment_intent": "pi_1",
        "payment_method_details": {
            "card": {"brand": "visa", "fingerprint": "Xt5EWLLDS7FJjR1c"},
            "type": "card",
        },
        "status": "succeeded",
        **values,
    }


def booking(**values: Any) -> dict[str, Any]:
    fee = values.get("fee", 44)
    return {
        "id": "txn_1",
        "object": "balance_transaction",
        "amount": 1250,
        "available_on": CREATED + 172_800,
        "created": CREATED,
        "currency": "eur",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{"amount": fee, "currency": "eur", "type": "stripe_fee"}],
        "net": values.get("amount", 1250) - fee,
        "reporting_category": "charge",
        "source": "ch_1",
        "status": "pending",
        "type": "charge",
        **values,
    }


def refund(**values: Any) -> dict[str, Any]:
    return {
        "id": "re_1",
        "object": "refund",
        "amount": 500,
        "balance_transaction": "txn_2",
        "charge": "ch_1",
        "currency": "eur",
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": None,
        "status": "succeeded",
        **values,
    }


def dispute(**values: Any) -> dict[str, Any]:
    return {
        "id": "dp_1",
        "object": "dispute",
        "amount": 1250,
        "balance_transactions": [
            booking(id="txn_3", amount=-1250, fee=1500, type="adjustment", source="dp_1")
        ],
        "charge": "ch_1",
        "currency": "eur",
        "evidence_details": {"due_by": CREATED + 600_000, "has_evidence": False, "past_due": False},
        "payment_intent": "pi_1",
        "reason": "fraudulent",
        "status": "needs_response",
        **values,
    }


def invoice(**values: Any) -> dict[str, Any]:
    return {
        "id": "in_1",
        "object": "invoice",
        "amount_due": 1250,
        "amount_paid": 1250,
        "attempt_count": 1,
        "billing_reason": "subscription_cycle",
        "currency": "eur",
        "customer_email": "dora@example.org",
        "next_payment_attempt": None,
        "parent": {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {"metadata": dict(OURS), "subscription": "sub_1"},
        },
        "status": "paid",
        **values,
    }


def invoice_payment(**values: Any) -> dict[str, Any]:
    return {
        "id": "inpay_1",
        "object": "invoice_payment",
        "amount_paid": 1250,
        "amount_requested": 1250,
        "currency": "eur",
        "invoice": "in_1",
        "is_default": True,
        "payment": {"payment_intent": "pi_2", "type": "payment_intent"},
        "status": "paid",
        **values,
    }


def subscription(**values: Any) -> dict[str, Any]:
    price = {"id": "price_1", "currency": "eur", "unit_amount": 1250, "product": "prod_1"}
    return {
        "id": "sub_1",
        "object": "subscription",
        "cancellation_details": {"comment": None, "feedback": None, "reason": "payment_failed"},
        "currency": "eur",
        "customer": "cus_1",
        "default_payment_method": "pm_1",
        "items": {"object": "list", "data": [{"id": "si_1", "object": "subscription_item", "price": price}]},
        "metadata": dict(OURS),
        "pause_collection": None,
        "status": "active",
        **values,
    }


def account(**values: Any) -> dict[str, Any]:
    return {
        "id": ACCOUNT,
        "object": "account",
        "charges_enabled": True,
        "country": "NL",
        "default_currency": "eur",
        "details_submitted": True,
        "payouts_enabled": True,
        "requirements": {"currently_due": [], "past_due": [], "disabled_reason": None},
        **values,
    }


def payout(**values: Any) -> dict[str, Any]:
    return {
        "id": "po_1",
        "object": "payout",
        "amount": 706,
        "arrival_date": CREATED + 86_400,
        "automatic": True,
        "created": CREATED,
        "currency": "eur",
        "status": "paid",
        **values,
    }
