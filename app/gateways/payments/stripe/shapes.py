"""Reading Stripe's objects, in which a part may stand whole, by its name alone, or not at all."""

from collections.abc import Mapping
from typing import Any, cast

KEY = "kindrelay"  # in the metadata of all that is ours: the key of the PaymentRequest
# Beside it, on a page that saves another card: of which subscription, and in which currency that is paid.
SUBSCRIPTION, CURRENCY = "subscription", "currency"


def inside(about: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """The object at a path; {} where there is none, or no more than its name."""
    found: Any = about
    for name in path:
        found = cast("Mapping[str, Any]", found).get(name) if isinstance(found, Mapping) else None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def named(one: Any) -> str:
    """The name of an object that may stand there whole, by its name, or not at all."""
    return str(cast("dict[str, Any]", one)["id"]) if isinstance(one, dict) else str(one or "")


def is_ours(about: Mapping[str, Any]) -> bool:
    """Whether an object carries our key."""
    return bool(inside(about, "metadata").get(KEY))


def intent_of_payment(payment: Mapping[str, Any]) -> str:
    """The payment intent of an invoice's payment."""
    return named(inside(payment, "payment").get("payment_intent"))


def subscribed(invoice: Mapping[str, Any]) -> dict[str, Any]:
    """What an invoice says of its subscription: `subscription` and its `metadata`; {} for other invoices.

    Events of API versions before 2025-03-31 say so at other places; an account may still be set to one.
    """
    details = inside(invoice, "parent", "subscription_details") or inside(invoice, "subscription_details")
    subscription = details.get("subscription") or invoice.get("subscription")
    return {**details, "subscription": named(subscription)} if subscription else {}
