"""What leaves the real SDK: method, address, whose books, by which key, and every parameter."""

import dataclasses
from collections.abc import Callable

import pytest

from app.core.errors import Invalid
from app.core.money import Money
from app.donations import closing
from app.donations.closing import OpenPage
from app.gateways.payments.contract import (
    CardRequest,
    PaymentRefused,
    PaymentRequest,
    PaymentStatus,
    PaymentsUnavailable,
)
from app.gateways.payments.stripe import amounts
from app.gateways.payments.stripe.client import StripeGateway
from tests.gateways.stripe import objects
from tests.gateways.stripe.wire import ACCOUNT, KEY, Wire, listed, refusal

GIFT = PaymentRequest(
    account=ACCOUNT,
    amount=Money(1250, "EUR"),
    description="Draw it into reality",
    return_url="https://give.example.org/d/k7m2",
    key="k7m2p4r6",
    email="dora@example.org",
    locale="zh_Hans",
)
OPEN = objects.session(url="https://checkout.stripe.com/c/pay/cs_test_a1", status="open")
PAGES = "checkout/sessions"
PAGE = f"{PAGES}/cs_test_a1"


def test_a_gift_opens_a_page_at_the_nonprofits_own_account(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("POST", PAGES, OPEN)
    opened = stripe.open_payment(GIFT)
    assert (opened.reference, opened.pay_url) == ("cs_test_a1", OPEN["url"])
    call = wire.last
    assert (call.method, call.path) == ("POST", f"/v1/{PAGES}")
    assert call.headers["Authorization"] == f"Bearer {KEY}"
    assert call.headers["Stripe-Account"] == ACCOUNT
    assert call.headers["Idempotency-Key"] == "k7m2p4r6"
    assert call.sent == {
        "mode": "payment",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "1250",
        "line_items[0][price_data][product_data][name]": "Draw it into reality",
        "success_url": "https://give.example.org/d/k7m2",
        "cancel_url": "https://give.example.org/d/k7m2",
        "locale": "zh",
        "metadata[kindrelay]": "k7m2p4r6",
        "adaptive_pricing[enabled]": "false",
        "customer_email": "dora@example.org",
        "submit_type": "donate",
        "payment_intent_data[metadata][kindrelay]": "k7m2p4r6",
        "payment_intent_data[description]": "Draw it into reality",
    }


def test_a_monthly_gift_opens_a_subscription_that_carries_our_key(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("POST", PAGES, OPEN)
    stripe.open_payment(dataclasses.replace(GIFT, monthly=True, email=""))
    sent = wire.last.sent
    assert sent["mode"] == "subscription"
    assert sent["line_items[0][price_data][recurring][interval]"] == "month"
    assert sent["subscription_data[metadata][kindrelay]"] == "k7m2p4r6"
    assert not {"submit_type", "customer_email", "payment_intent_data[description]"} & set(sent)


def test_a_lost_reply_is_asked_for_again_with_the_same_key(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("POST", PAGES, refusal("api_error", ""), status=500)
    wire.put("POST", PAGES, OPEN)
    assert stripe.open_payment(GIFT).reference == "cs_test_a1"
    first, second = wire.calls
    assert first.sent == second.sent
    assert [call.headers["Idempotency-Key"] for call in wire.calls] == ["k7m2p4r6"] * 2


@pytest.mark.parametrize("status", [429, 500, 503, 401])
def test_what_may_work_later_is_unavailable(stripe: StripeGateway, wire: Wire, status: int) -> None:
    wire.put("POST", PAGES, refusal("api_error", ""), status=status)
    with pytest.raises(PaymentsUnavailable):
        stripe.open_payment(GIFT)


def test_no_network_is_unavailable(stripe: StripeGateway, wire: Wire) -> None:
    wire.broken = True
    with pytest.raises(PaymentsUnavailable):
        stripe.open_payment(GIFT)
    assert len(wire.calls) == 3


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "invalid_request_error", "amount_too_small"),
        (400, "idempotency_error", ""),
        (403, "invalid_request_error", "account_invalid"),
        (402, "card_error", "card_declined"),
    ],
)
def test_what_stripe_will_not_do_is_refused_and_says_why(
    stripe: StripeGateway, wire: Wire, status: int, kind: str, code: str
) -> None:
    wire.put("POST", PAGES, refusal(kind, code), status=status)
    with pytest.raises(PaymentRefused) as refused:
        stripe.open_payment(GIFT)
    assert code in refused.value.detail


@pytest.mark.parametrize(("minor", "currency"), [(1_250, "JPY"), (1_250, "KWD"), (1_250, "BHD"), (1, "TWD")])
def test_amounts_go_out_in_the_minor_unit(
    stripe: StripeGateway, wire: Wire, minor: int, currency: str
) -> None:
    wire.put("POST", PAGES, OPEN)
    stripe.open_payment(dataclasses.replace(GIFT, amount=Money(minor, currency)))
    assert wire.last.sent["line_items[0][price_data][unit_amount]"] == str(minor)
    assert wire.last.sent["line_items[0][price_data][currency]"] == currency.lower()


@pytest.mark.parametrize("currency", ["KWD", "BHD"])
def test_a_third_decimal_is_refused_before_anything_is_asked(
    stripe: StripeGateway, wire: Wire, currency: str
) -> None:
    with pytest.raises(Invalid, match="two decimal places") as refused:
        stripe.open_payment(dataclasses.replace(GIFT, amount=Money(1_255, currency)))
    assert refused.value.field == "amount"
    assert wire.calls == []


@pytest.mark.parametrize("currency", ["ISK", "UGX"])
def test_currencies_that_stripe_counts_in_hundredths_go_there_and_back(
    monkeypatch: pytest.MonkeyPatch, currency: str
) -> None:
    monkeypatch.setattr(amounts, "CURRENCIES", frozenset({currency}))
    assert amounts.to_stripe(Money(50, currency)) == 5_000
    assert amounts.from_stripe(5_000, currency.lower()) == Money(50, currency)


def test_no_payment_is_opened_in_a_currency_with_a_unit_of_its_own() -> None:
    with pytest.raises(Invalid, match="not supported"):
        amounts.to_stripe(Money(5, "MGA"))


def test_a_refund_is_asked_for_by_the_payment_behind_the_page(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", PAGE, objects.session())
    wire.put("GET", "payment_intents/pi_1", objects.intent())
    wire.put("POST", "refunds", objects.refund())
    assert stripe.refund(ACCOUNT, "cs_test_a1", Money(500, "EUR"), "refund-1") == "re_1"
    assert wire.last.sent == {"payment_intent": "pi_1", "amount": "500", "metadata[kindrelay]": "refund-1"}
    assert wire.last.headers["Idempotency-Key"] == "refund-1"
    assert {call.headers["Stripe-Account"] for call in wire.calls} == {ACCOUNT}


def test_a_refund_of_a_first_month_finds_the_payment_of_its_invoice(
    stripe: StripeGateway, wire: Wire
) -> None:
    wire.put("GET", PAGE, objects.session(payment_intent=None, invoice="in_1"))
    wire.put("GET", "invoice_payments", listed(objects.invoice_payment()))
    wire.put("GET", "payment_intents/pi_2", objects.intent(id="pi_2"))
    wire.put("POST", "refunds", objects.refund())
    stripe.refund(ACCOUNT, "cs_test_a1", Money(500, "EUR"), "refund-1")
    assert wire.last.sent["payment_intent"] == "pi_2"


def test_nothing_is_given_back_of_what_was_not_paid(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", PAGE, objects.session(payment_intent=None, status="open"))
    with pytest.raises(PaymentRefused):
        stripe.refund(ACCOUNT, "cs_test_a1", Money(500, "EUR"), "refund-1")


@pytest.mark.parametrize(
    ("page", "state"),
    [
        (objects.session(), "paid"),
        (objects.session(status="open", payment_status="unpaid"), "open"),
        (objects.session(payment_status="unpaid"), "open"),
        (objects.session(status="expired", payment_status="unpaid"), "cancelled"),
    ],
)
def test_a_payment_is_told_as_it_is_now(stripe: StripeGateway, wire: Wire, page: dict, state: str) -> None:
    wire.put("GET", PAGE, page)
    wire.put("GET", "payment_intents/pi_1", objects.intent(latest_charge=objects.charge(amount_refunded=500)))
    told = stripe.fetch(ACCOUNT, "cs_test_a1")
    expected = PaymentStatus("cs_test_a1", ACCOUNT, state, Money(1250, "EUR"), Money(500, "EUR"))
    assert told == expected


def test_a_renewal_is_fetched_by_its_payment_intent(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", "payment_intents/pi_2", objects.intent(id="pi_2", latest_charge=objects.charge()))
    told = stripe.fetch(ACCOUNT, "pi_2")
    assert (told.state, told.amount, told.refunded) == ("paid", Money(1250, "EUR"), Money(0, "EUR"))
    assert wire.last.sent == {"expand[0]": "latest_charge"}


def test_an_open_page_is_closed_by_letting_it_expire(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", PAGE, OPEN)
    wire.put("POST", f"{PAGE}/expire", objects.session(status="expired"))
    stripe.close_payment(ACCOUNT, "cs_test_a1")
    assert (wire.last.path, wire.last.headers["Stripe-Account"]) == (f"/v1/{PAGE}/expire", ACCOUNT)


def test_a_closed_page_stays_closed_and_a_paid_one_is_not_closed(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", PAGE, objects.session(status="expired"))
    wire.put("GET", PAGE, objects.session())
    stripe.close_payment(ACCOUNT, "cs_test_a1")
    with pytest.raises(PaymentRefused):
        stripe.close_payment(ACCOUNT, "cs_test_a1")


MONTHLY: list[tuple[Callable[[StripeGateway], None], dict[str, str]]] = [
    (lambda stripe: stripe.pause_monthly(ACCOUNT, "sub_1"), {"pause_collection[behavior]": "void"}),
    (lambda stripe: stripe.resume_monthly(ACCOUNT, "sub_1"), {"pause_collection": ""}),
    (
        lambda stripe: stripe.change_monthly(ACCOUNT, "sub_1", Money(2000, "EUR")),
        {
            "items[0][id]": "si_1",
            "items[0][price_data][currency]": "eur",
            "items[0][price_data][unit_amount]": "2000",
            "items[0][price_data][product]": "prod_1",
            "items[0][price_data][recurring][interval]": "month",
            "proration_behavior": "none",
        },
    ),
]


@pytest.mark.parametrize(("ask", "sent"), MONTHLY, ids=["pause", "resume", "change"])
def test_a_subscription_is_paused_resumed_and_changed(
    stripe: StripeGateway, wire: Wire, ask: Callable[[StripeGateway], None], sent: dict[str, str]
) -> None:
    wire.put("GET", "subscriptions/sub_1", objects.subscription())
    wire.put("POST", "subscriptions/sub_1", objects.subscription())
    ask(stripe)
    assert (wire.last.method, wire.last.sent) == ("POST", sent)
    assert wire.last.headers["Stripe-Account"] == ACCOUNT


def test_a_monthly_gift_keeps_its_currency(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", "subscriptions/sub_1", objects.subscription())
    with pytest.raises(Invalid, match="keeps its currency"):
        stripe.change_monthly(ACCOUNT, "sub_1", Money(2000, "USD"))


def test_a_subscription_is_ended_once(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", "subscriptions/sub_1", objects.subscription())
    wire.put("GET", "subscriptions/sub_1", objects.subscription(status="canceled"))
    wire.put("DELETE", "subscriptions/sub_1", objects.subscription(status="canceled"))
    stripe.end_monthly(ACCOUNT, "sub_1")
    stripe.end_monthly(ACCOUNT, "sub_1")
    assert [call.method for call in wire.calls] == ["GET", "DELETE", "GET"]


MONTHLY_PAGE = "https://give.example.org/monthly/k7m2"
ANOTHER_CARD = CardRequest(
    account=ACCOUNT,
    subscription="sub_1",
    currency="EUR",
    return_url=f"{MONTHLY_PAGE}?card=given",
    back_url=MONTHLY_PAGE,
    key="k7m2p4r6",
    locale="zh_Hans",
)


def test_another_card_is_given_on_a_page_that_charges_nothing(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", "subscriptions/sub_1", objects.subscription())
    wire.put("POST", PAGES, objects.card_page(status="open", url="https://checkout.stripe.com/c/pay/cs_2"))
    assert stripe.ask_card(ANOTHER_CARD) == "https://checkout.stripe.com/c/pay/cs_2"
    assert wire.last.sent == {
        "mode": "setup",
        "customer": "cus_1",
        "currency": "eur",
        "success_url": f"{MONTHLY_PAGE}?card=given",
        "cancel_url": MONTHLY_PAGE,
        "locale": "zh",
        "metadata[kindrelay]": "k7m2p4r6",
        "metadata[subscription]": "sub_1",
        "metadata[currency]": "eur",
        "setup_intent_data[metadata][kindrelay]": "k7m2p4r6",
        "setup_intent_data[metadata][subscription]": "sub_1",
        "setup_intent_data[metadata][currency]": "eur",
    }
    assert (wire.last.headers["Stripe-Account"], wire.last.headers["Idempotency-Key"]) == (
        ACCOUNT,
        "k7m2p4r6",
    )


def test_a_card_that_was_given_pays_the_subscription(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", "setup_intents/seti_1", objects.setup())
    wire.put("GET", "subscriptions/sub_1", objects.subscription())
    wire.put("POST", "subscriptions/sub_1", objects.subscription(default_payment_method="pm_2"))
    stripe.take_card(ACCOUNT, "sub_1", "seti_1")
    assert (wire.last.method, wire.last.sent) == ("POST", {"default_payment_method": "pm_2"})
    assert {call.headers["Stripe-Account"] for call in wire.calls} == {ACCOUNT}


@pytest.mark.parametrize(
    "saved",
    [
        objects.setup(status="requires_payment_method", payment_method=None),
        objects.setup(customer="cus_9"),
        objects.setup(metadata={"subscription": "sub_9"}),
    ],
    ids=["nothing saved", "another customer", "another subscription"],
)
def test_a_card_that_is_not_of_this_subscription_is_refused(
    stripe: StripeGateway, wire: Wire, saved: dict
) -> None:
    wire.put("GET", "setup_intents/seti_1", saved)
    wire.put("GET", "subscriptions/sub_1", objects.subscription())
    with pytest.raises(PaymentRefused, match="refused") as refused:
        stripe.take_card(ACCOUNT, "sub_1", "seti_1")
    assert "seti_1" in refused.value.detail
    assert [call.method for call in wire.calls] == ["GET", "GET"]


@pytest.mark.parametrize(
    ("now", "is_closed"), [({"status": "expired", "payment_status": "unpaid"}, True), ({}, False)]
)
def test_what_closing_was_refused_for_an_unknown_reason_is_looked_up(
    stripe: StripeGateway, wire: Wire, now: dict, is_closed: bool
) -> None:
    wire.put("GET", PAGE, OPEN)
    wire.put("GET", PAGE, objects.session(**now))
    wire.put("POST", f"{PAGE}/expire", refusal("invalid_request_error", "who_knows"), status=400)
    wire.put("GET", "payment_intents/pi_1", objects.intent())
    assert closing.close(stripe, OpenPage(ACCOUNT, "cs_test_a1")) is is_closed


def test_a_page_that_stays_open_though_it_was_to_be_closed_is_asked_about_again(
    stripe: StripeGateway, wire: Wire
) -> None:
    wire.put("GET", PAGE, {**OPEN, "payment_status": "unpaid", "payment_intent": None})
    wire.put("POST", f"{PAGE}/expire", refusal("invalid_request_error", "who_knows"), status=400)
    with pytest.raises(PaymentsUnavailable) as silent:
        closing.close(stripe, OpenPage(ACCOUNT, "cs_test_a1"))
    assert "cs_test_a1 stays open: InvalidRequestError who_knows" in silent.value.detail
