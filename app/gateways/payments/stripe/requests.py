"""What is asked of Stripe, as its API reference names the parameters."""

from typing import Any

from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.money import Money
from app.gateways.payments.contract import CardRequest, PaymentRefused, PaymentRequest
from app.gateways.payments.stripe import amounts
from app.gateways.payments.stripe.shapes import CURRENCY, KEY, SUBSCRIPTION, inside, named

LOCALES = {"en": "en", "zh_Hans": "zh"}
MOST_WORDS = 250  # characters of a product's name


def ours(key: str) -> dict[str, str]:
    """The metadata by which a payment, a refund or a subscription is known as ours."""
    return {KEY: key}


def checkout(request: PaymentRequest) -> Any:
    """The parameters of a payment page. Asked twice they are the same, or Stripe would refuse the key.

    Raises Invalid("amount") for an amount that Stripe cannot take exactly.
    """
    page: dict[str, Any] = {
        "mode": "subscription" if request.monthly else "payment",
        "line_items": [{"quantity": 1, "price_data": _price(request)}],
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "locale": LOCALES.get(request.locale, "auto"),
        "metadata": ours(request.key),
        # The donor pays exactly what was said here, in that currency.
        "adaptive_pricing": {"enabled": False},
    }
    if request.email:
        page["customer_email"] = request.email
    if request.monthly:
        page["subscription_data"] = {"metadata": ours(request.key), "description": _words(request)}
    else:
        page["submit_type"] = "donate"
        page["payment_intent_data"] = {"metadata": ours(request.key), "description": _words(request)}
    return page


def another_amount(subscription: dict[str, Any], amount: Money) -> Any:
    """The parameters that give a subscription's one item a new price from the next month on.

    Raises PaymentRefused for a subscription that is not one of ours, Invalid("amount") for another currency.
    """
    items = subscription["items"]["data"]
    if len(items) != 1:
        raise PaymentRefused(f"{subscription['id']} has {len(items)} items")
    if items[0]["price"]["currency"].upper() != amount.currency:
        raise Invalid("amount", N_("A monthly gift keeps its currency."))
    price = {
        "currency": amount.currency.lower(),
        "unit_amount": amounts.to_stripe(amount),
        "product": named(items[0]["price"]["product"]),
        "recurring": {"interval": "month"},
    }
    return {
        "items": [{"id": items[0]["id"], "price_data": price}],
        "proration_behavior": "none",
    }


def another_card(request: CardRequest, subscription: dict[str, Any]) -> Any:
    """The parameters of a page that saves another card of a subscription's customer, and charges nothing."""
    words = {**ours(request.key), SUBSCRIPTION: request.subscription, CURRENCY: request.currency.lower()}
    return {
        "mode": "setup",
        "customer": named(subscription["customer"]),
        "currency": request.currency.lower(),
        "success_url": request.return_url,
        "cancel_url": request.back_url,
        "locale": LOCALES.get(request.locale, "auto"),
        "metadata": words,
        "setup_intent_data": {"metadata": words},
    }


def pay_with(setup: dict[str, Any], subscription: dict[str, Any]) -> Any:
    """The parameters that have a subscription paid with the card that a setup intent has saved.

    Raises PaymentRefused while none is saved, and for the card of another customer or subscription.
    """
    card, said = named(setup.get("payment_method")), inside(setup, "metadata")
    theirs = named(setup.get("customer")) == named(subscription["customer"])
    if setup["status"] != "succeeded" or not card:
        raise PaymentRefused(f"{setup['id']} is {setup['status']}")
    if not theirs or said.get(SUBSCRIPTION) != subscription["id"]:
        raise PaymentRefused(f"{setup['id']} is not of {subscription['id']}")
    return {"default_payment_method": card}


def _price(request: PaymentRequest) -> dict[str, Any]:
    price: dict[str, Any] = {
        "currency": request.amount.currency.lower(),
        "unit_amount": amounts.to_stripe(request.amount),
        "product_data": {"name": _words(request)},
    }
    if request.monthly:
        price["recurring"] = {"interval": "month"}
    return price


def _words(request: PaymentRequest) -> str:
    return request.description[:MOST_WORDS]
