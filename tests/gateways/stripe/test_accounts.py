"""Connecting an account: made once, asked about at Stripe, ready when Stripe says so."""

import dataclasses

import pytest

from app.gateways.payments.contract import (
    AccountStatus,
    OnboardingRequest,
    PaymentRefused,
    PaymentsUnavailable,
)
from app.gateways.payments.stripe.client import StripeGateway
from tests.gateways.stripe import objects
from tests.gateways.stripe.wire import ACCOUNT, Wire, refusal

ASKED = OnboardingRequest(
    key="k7m2-0",
    name="Paper Lanterns Foundation",
    country="NL",
    email="omar@example.org",
    return_url="https://give.example.org/desk/k7m2/payments/return",
    again_url="https://give.example.org/desk/k7m2/payments",
    state="s1",
)
LINK = {
    "object": "account_link",
    "url": "https://connect.stripe.com/setup/s/1",
    "created": 1,
    "expires_at": 2,
}


def test_an_account_is_made_once_for_a_key_and_leads_to_stripes_questions(
    stripe: StripeGateway, wire: Wire
) -> None:
    wire.put("POST", "accounts", objects.account(charges_enabled=False))
    wire.put("POST", "account_links", LINK)
    step = stripe.start_onboarding(ASKED)
    assert (step.account, step.go_to) == (ACCOUNT, LINK["url"])
    made, linked = wire.calls
    assert made.headers["Idempotency-Key"] == "account-k7m2-0"
    assert "Stripe-Account" not in made.headers
    assert made.sent == {
        "country": "NL",
        "email": "omar@example.org",
        "business_type": "non_profit",
        "business_profile[name]": "Paper Lanterns Foundation",
        "controller[fees][payer]": "account",
        "controller[losses][payments]": "stripe",
        "controller[requirement_collection]": "stripe",
        "controller[stripe_dashboard][type]": "full",
        "metadata[kindrelay]": "k7m2-0",
    }
    assert linked.sent == {
        "account": ACCOUNT,
        "type": "account_onboarding",
        "return_url": "https://give.example.org/desk/k7m2/payments/return?state=s1",
        "refresh_url": "https://give.example.org/desk/k7m2/payments",
    }


def test_going_on_needs_no_new_account(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("POST", "account_links", LINK)
    stripe.start_onboarding(dataclasses.replace(ASKED, account=ACCOUNT))
    assert [call.path for call in wire.calls] == ["/v1/account_links"]


def test_an_account_is_ready_once_it_can_take_charges(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", f"accounts/{ACCOUNT}", objects.account())
    assert stripe.finish_onboarding(ACCOUNT, {"state": "s1"}) == AccountStatus(ACCOUNT, ready=True)


def test_until_then_it_says_what_is_missing(stripe: StripeGateway, wire: Wire) -> None:
    asked = {"currently_due": ["external_account", "business_profile.url"], "past_due": ["external_account"]}
    wire.put("GET", f"accounts/{ACCOUNT}", objects.account(charges_enabled=False, requirements=asked))
    told = stripe.account_status(ACCOUNT)
    assert (told.ready, told.missing) == (False, ("business_profile.url", "external_account"))


def test_an_account_that_is_being_looked_at_says_so(stripe: StripeGateway, wire: Wire) -> None:
    waiting = {"currently_due": [], "disabled_reason": "under_review"}
    wire.put("GET", f"accounts/{ACCOUNT}", objects.account(charges_enabled=False, requirements=waiting))
    assert stripe.account_status(ACCOUNT).missing == ("under_review",)


def test_an_account_that_was_taken_back_cannot_receive(stripe: StripeGateway, wire: Wire) -> None:
    gone = refusal("invalid_request_error", "account_invalid")
    wire.put("GET", f"accounts/{ACCOUNT}", gone, status=403)
    assert stripe.account_status(ACCOUNT).ready is False


@pytest.mark.parametrize(
    ("status", "raised"), [(401, PaymentsUnavailable), (500, PaymentsUnavailable), (403, PaymentRefused)]
)
def test_our_own_trouble_says_nothing_of_the_account(
    stripe: StripeGateway, wire: Wire, status: int, raised: type[Exception]
) -> None:
    wire.put("GET", f"accounts/{ACCOUNT}", refusal("invalid_request_error", ""), status=status)
    with pytest.raises(raised):
        stripe.account_status(ACCOUNT)


def test_nobody_comes_back_from_an_account_that_was_never_made(stripe: StripeGateway) -> None:
    with pytest.raises(PaymentRefused):
        stripe.finish_onboarding("", {})


def test_what_stripe_can_do(stripe: StripeGateway) -> None:
    can = stripe.capabilities()
    assert (can.test_mode, can.monthly, can.disputes, can.payouts) == (True, True, True, True)
    assert {"JPY", "EUR", "KWD"} <= can.currencies
