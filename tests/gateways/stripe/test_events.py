"""What each of Stripe's events means to a gift."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.money import Money
from app.gateways.payments.contract import EventKind, PaymentsUnavailable, VerifiedEvent
from app.gateways.payments.stripe.client import StripeGateway
from tests.gateways.stripe import objects
from tests.gateways.stripe.test_webhooks import body_of, signed
from tests.gateways.stripe.wire import ACCOUNT, Wire, listed

EURO = Money(1250, "EUR")
FOREIGN: dict[str, Any] = {"metadata": {}}


def told_by(stripe: StripeGateway, kind: str, about: dict[str, Any]) -> list[VerifiedEvent]:
    raw_body = body_of(objects.event(kind, about))
    return stripe.verify_webhook(raw_body, signed(raw_body))


@pytest.mark.parametrize("kind", ["completed", "async_payment_succeeded"])
def test_a_paid_page_is_a_success_with_both_names_of_the_payment(stripe: StripeGateway, kind: str) -> None:
    (told,) = told_by(stripe, f"checkout.session.{kind}", objects.session())
    assert (told.kind, told.reference, told.alias) == (EventKind.SUCCEEDED, "cs_test_a1", "pi_1")
    assert (told.amount, told.fee_minor, told.provider) == (EURO, 0, "stripe")
    assert told.occurred_at == datetime.fromtimestamp(objects.CREATED, UTC)


def test_a_completed_page_whose_bank_has_not_answered_says_nothing_yet(stripe: StripeGateway) -> None:
    assert told_by(stripe, "checkout.session.completed", objects.session(payment_status="unpaid")) == []


def test_a_page_that_has_saved_a_card_names_the_subscription_and_pays_nothing(
    stripe: StripeGateway, wire: Wire
) -> None:
    (told,) = told_by(stripe, "checkout.session.completed", objects.card_page())
    assert (told.kind, told.reference, told.part) == (EventKind.CARD_GIVEN, "", "seti_1")
    assert (told.subscription, told.amount) == ("sub_1", Money(0, "EUR"))
    assert told_by(stripe, "checkout.session.completed", objects.card_page(metadata={})) == []
    left = objects.card_page(status="expired", currency="eur")
    assert told_by(stripe, "checkout.session.expired", left) == []
    assert wire.calls == []


@pytest.mark.parametrize(
    ("kind", "means"), [("async_payment_failed", EventKind.FAILED), ("expired", EventKind.EXPIRED)]
)
def test_a_page_that_was_not_paid(stripe: StripeGateway, kind: str, means: EventKind) -> None:
    (told,) = told_by(stripe, f"checkout.session.{kind}", objects.session(payment_status="unpaid"))
    assert (told.kind, told.reference) == (means, "cs_test_a1")


def test_the_first_month_names_the_subscription_and_the_payment_of_its_invoice(
    stripe: StripeGateway, wire: Wire
) -> None:
    wire.put("GET", "invoice_payments", listed(objects.invoice_payment(payment={"payment_intent": "pi_9"})))
    page = objects.session(mode="subscription", payment_intent=None, invoice="in_9", subscription="sub_1")
    (told,) = told_by(stripe, "checkout.session.completed", page)
    assert (told.reference, told.alias, told.subscription) == ("cs_test_a1", "pi_9", "sub_1")
    assert wire.last.sent == {"invoice": "in_9", "status": "paid"}
    assert wire.last.headers["Stripe-Account"] == ACCOUNT


def test_a_declined_card_is_found_by_its_payment_intent(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", "checkout/sessions", listed(objects.session()))
    error = {
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "payment_method": {"card": {"fingerprint": "Xt5EWLLDS7FJjR1c"}},
    }
    intent = objects.intent(status="requires_payment_method", last_payment_error=error)
    (told,) = told_by(stripe, "payment_intent.payment_failed", intent)
    assert (told.kind, told.reference, told.alias) == (EventKind.FAILED, "cs_test_a1", "pi_1")
    assert (told.reason, told.card) == ("insufficient_funds", "Xt5EWLLDS7FJjR1c")
    assert wire.last.sent["payment_intent"] == "pi_1"


@pytest.mark.parametrize("kind", ["charge.succeeded", "charge.updated"])
def test_the_fee_is_told_by_the_booking_of_the_charge(stripe: StripeGateway, wire: Wire, kind: str) -> None:
    wire.put("GET", "balance_transactions/txn_1", objects.booking(fee=44))
    (told,) = told_by(stripe, kind, objects.charge())
    assert (told.kind, told.reference, told.part, told.event_id) == (EventKind.FEE, "pi_1", "txn_1", "txn_1")
    assert (told.fee_minor, told.amount) == (44, EURO)


def test_a_charge_whose_booking_is_not_made_yet_says_nothing(stripe: StripeGateway, wire: Wire) -> None:
    assert told_by(stripe, "charge.succeeded", objects.charge(balance_transaction=None)) == []
    assert wire.calls == []


def test_a_fee_in_the_currency_of_the_bank_is_turned_back_at_the_rate_that_was_used(
    stripe: StripeGateway, wire: Wire
) -> None:
    booked = objects.booking(amount=1350, currency="usd", exchange_rate=1.08, fee=69)
    wire.put("GET", "balance_transactions/txn_1", booked)
    (told,) = told_by(stripe, "charge.updated", objects.charge())
    assert (told.fee_minor, told.amount.currency) == (64, "EUR")


@pytest.mark.parametrize(
    ("kind", "status", "means"),
    [
        ("created", "succeeded", EventKind.REFUNDED),
        ("created", "pending", EventKind.REFUNDED),
        ("updated", "succeeded", EventKind.REFUNDED),
        ("failed", "failed", EventKind.REFUND_FAILED),
        ("updated", "canceled", EventKind.REFUND_FAILED),
    ],
)
def test_a_refund_goes_by_its_own_name(
    stripe: StripeGateway, wire: Wire, kind: str, status: str, means: EventKind
) -> None:
    wire.put("GET", "payment_intents/pi_1", objects.intent())
    (told,) = told_by(stripe, f"refund.{kind}", objects.refund(status=status))
    assert (told.kind, told.reference, told.part) == (means, "pi_1", "re_1")
    assert told.amount == Money(500, "EUR")


def test_a_refund_that_waits_for_the_donor_says_nothing_yet(stripe: StripeGateway, wire: Wire) -> None:
    assert told_by(stripe, "refund.created", objects.refund(status="requires_action")) == []


@pytest.mark.parametrize("kind", ["created", "funds_withdrawn"])
def test_a_dispute_is_open_with_its_reason_and_its_deadline(
    stripe: StripeGateway, wire: Wire, kind: str
) -> None:
    wire.put("GET", "payment_intents/pi_1", objects.intent())
    (told,) = told_by(stripe, f"charge.dispute.{kind}", objects.dispute())
    assert (told.kind, told.reference, told.part) == (EventKind.DISPUTE_OPENED, "pi_1", "dp_1")
    assert told.reason == "fraudulent"
    assert told.respond_by == datetime.fromtimestamp(objects.CREATED + 600_000, UTC)
    assert told.fee_minor == 0


def test_an_enquiry_of_a_bank_holds_no_money_back(stripe: StripeGateway) -> None:
    asked = objects.dispute(status="warning_needs_response", balance_transactions=[])
    assert told_by(stripe, "charge.dispute.created", asked) == []
    assert told_by(stripe, "charge.dispute.closed", asked | {"status": "warning_closed"}) == []


def test_a_lost_dispute_costs_its_fee_and_a_won_one_what_is_not_given_back(
    stripe: StripeGateway, wire: Wire
) -> None:
    wire.put("GET", "payment_intents/pi_1", objects.intent())
    (lost,) = told_by(stripe, "charge.dispute.closed", objects.dispute(status="lost"))
    assert (lost.kind, lost.part, lost.fee_minor) == (EventKind.DISPUTE_LOST, "dp_1", 1500)
    back = objects.booking(id="txn_4", amount=1250, fee=-1500, type="adjustment")
    bookings = [*objects.dispute()["balance_transactions"], back]
    ended = objects.dispute(status="won", balance_transactions=bookings)
    (won,) = told_by(stripe, "charge.dispute.closed", ended)
    assert (won.kind, won.fee_minor) == (EventKind.DISPUTE_WON, 0)


def test_a_renewal_is_a_payment_of_its_subscription(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", "invoice_payments", listed(objects.invoice_payment()))
    (told,) = told_by(stripe, "invoice.paid", objects.invoice())
    assert (told.kind, told.reference, told.subscription) == (EventKind.RENEWED, "pi_2", "sub_1")
    assert told.amount == EURO


def test_a_renewal_told_in_the_shape_of_before_2025(stripe: StripeGateway, wire: Wire) -> None:
    old = objects.invoice(
        parent=None,
        payment_intent="pi_7",
        subscription="sub_1",
        subscription_details={"metadata": dict(objects.OURS)},
    )
    (told,) = told_by(stripe, "invoice.paid", old)
    assert (told.reference, told.subscription) == ("pi_7", "sub_1")
    assert wire.calls == []


def test_the_first_invoice_is_told_by_the_payment_page(stripe: StripeGateway, wire: Wire) -> None:
    assert told_by(stripe, "invoice.paid", objects.invoice(billing_reason="subscription_create")) == []
    assert told_by(stripe, "invoice.payment_failed", objects.invoice(billing_reason="manual")) == []
    assert wire.calls == []


def test_a_renewal_that_failed_and_an_ended_subscription_are_about_no_payment(stripe: StripeGateway) -> None:
    (failed,) = told_by(stripe, "invoice.payment_failed", objects.invoice(status="open", amount_paid=0))
    assert (failed.kind, failed.reference, failed.subscription) == (EventKind.RENEWAL_FAILED, "", "sub_1")
    assert failed.amount == EURO
    (ended,) = told_by(stripe, "customer.subscription.deleted", objects.subscription(status="canceled"))
    assert (ended.kind, ended.reference, ended.subscription) == (EventKind.SUBSCRIPTION_ENDED, "", "sub_1")
    assert (ended.reason, ended.amount) == ("payment_failed", EURO)


@pytest.mark.parametrize("kind", ["account.updated", "account.application.deauthorized"])
def test_news_of_an_account_is_about_no_payment(stripe: StripeGateway, kind: str) -> None:
    (told,) = told_by(stripe, kind, objects.account())
    assert (told.kind, told.account, told.reference) == (EventKind.ACCOUNT_CHANGED, ACCOUNT, "")


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("checkout.session.completed", objects.session(**FOREIGN)),
        ("payment_intent.payment_failed", objects.intent(**FOREIGN)),
        ("charge.updated", objects.charge(**FOREIGN)),
        ("refund.created", objects.refund()),
        ("charge.dispute.created", objects.dispute()),
        ("invoice.paid", objects.invoice(parent=None)),
        ("customer.subscription.deleted", objects.subscription(**FOREIGN)),
        ("checkout.session.completed", objects.session(currency="xau")),
    ],
)
def test_what_the_account_sells_elsewhere_is_left_alone(
    stripe: StripeGateway, wire: Wire, kind: str, about: dict[str, Any]
) -> None:
    wire.put("GET", "payment_intents/pi_1", objects.intent(**FOREIGN))
    wire.put("GET", "invoice_payments", listed())
    assert told_by(stripe, kind, about) == []


def test_a_refund_of_a_renewal_is_known_by_its_subscription(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", "payment_intents/pi_1", objects.intent(**FOREIGN))
    wire.put("GET", "invoice_payments", listed(objects.invoice_payment(invoice=objects.invoice())))
    (told,) = told_by(stripe, "refund.created", objects.refund())
    assert (told.kind, told.reference) == (EventKind.REFUNDED, "pi_1")
    assert wire.last.sent["payment[payment_intent]"] == "pi_1"
    assert wire.last.sent["expand[0]"] == "data.invoice"


def test_while_stripe_does_not_answer_it_has_to_tell_again(stripe: StripeGateway, wire: Wire) -> None:
    wire.broken = True
    with pytest.raises(PaymentsUnavailable):
        told_by(stripe, "charge.updated", objects.charge())


@pytest.mark.parametrize(
    ("currency", "told_minor", "minor"), [("jpy", 1250, 1250), ("kwd", 1250, 1250), ("eur", 1250, 1250)]
)
def test_amounts_of_every_exponent_come_as_they_are(
    stripe: StripeGateway, currency: str, told_minor: int, minor: int
) -> None:
    page = objects.session(currency=currency, amount_total=told_minor)
    (told,) = told_by(stripe, "checkout.session.completed", page)
    assert told.amount == Money(minor, currency.upper())
