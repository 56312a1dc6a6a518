"""Webhooks of connected accounts, signed by the SDK's own hand and looked at by its own verifier."""

import json
import time
from typing import Any

import pytest
from stripe import WebhookSignature

from app.gateways.payments.contract import EventKind, WebhookRefused
from app.gateways.payments.stripe.client import StripeGateway
from tests.gateways.stripe import objects
from tests.gateways.stripe.wire import ACCOUNT, KEY, SECRET, Wire

PAID = objects.event("checkout.session.completed", objects.session())


def body_of(event: Any) -> bytes:
    return json.dumps(event).encode()


def signed(raw_body: bytes, *, secret: str = SECRET, seconds_ago: int = 0) -> dict[str, str]:
    at = int(time.time()) - seconds_ago
    header = WebhookSignature.generate_signature_header(raw_body.decode(), secret, at)
    return {"Stripe-Signature": header}


def test_a_signed_event_of_a_connected_account_is_believed(stripe: StripeGateway, wire: Wire) -> None:
    raw_body = body_of(PAID)
    (told,) = stripe.verify_webhook(raw_body, signed(raw_body))
    assert (told.kind, told.account, told.event_id) == (EventKind.SUCCEEDED, ACCOUNT, PAID["id"])
    assert wire.calls == []


def test_the_name_of_the_header_may_come_in_any_case(stripe: StripeGateway) -> None:
    raw_body = body_of(PAID)
    header = signed(raw_body)["Stripe-Signature"]
    assert stripe.verify_webhook(raw_body, {"stripe-signature": header})


@pytest.mark.parametrize("seconds_ago", [-290, 290])
def test_a_clock_may_be_wrong_by_five_minutes(stripe: StripeGateway, seconds_ago: int) -> None:
    raw_body = body_of(PAID)
    assert stripe.verify_webhook(raw_body, signed(raw_body, seconds_ago=seconds_ago))


@pytest.mark.parametrize("seconds_ago", [310, 4000, -310, -4000, 10**9])
def test_a_stale_or_future_signature_is_refused(stripe: StripeGateway, seconds_ago: int) -> None:
    raw_body = body_of(PAID)
    with pytest.raises(WebhookRefused):
        stripe.verify_webhook(raw_body, signed(raw_body, seconds_ago=seconds_ago))


def test_the_sdk_alone_would_believe_a_signature_from_the_future() -> None:
    raw_body = body_of(PAID)
    header = signed(raw_body, seconds_ago=-4000)["Stripe-Signature"]
    assert WebhookSignature.verify_header(raw_body, header, SECRET, 300)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "v1=abc",
        "t=1790000000",
        "t=1790000000,v1=" + "0" * 64,
        "t=١٧٩,v1=abc",
        "t=1,v1=ü",
        "=,=,=",
        "t=99999999999999999999999999,v1=a",
    ],
)
def test_a_missing_or_malformed_signature_is_refused(stripe: StripeGateway, header: str) -> None:
    with pytest.raises(WebhookRefused):
        stripe.verify_webhook(body_of(PAID), {"Stripe-Signature": header} if header else {})


def test_a_second_time_beside_the_signed_one_helps_nobody(stripe: StripeGateway) -> None:
    raw_body = body_of(PAID)
    old = signed(raw_body, seconds_ago=-4000)["Stripe-Signature"]
    for header in (f"t={int(time.time())},{old}", f"{old},t={int(time.time())}"):
        with pytest.raises(WebhookRefused):
            stripe.verify_webhook(raw_body, {"Stripe-Signature": header})


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_body_altered_by_a_byte_is_refused(stripe: StripeGateway, place: int) -> None:
    raw_body = body_of(PAID)
    altered = bytearray(raw_body)
    altered[place] ^= 1
    with pytest.raises(WebhookRefused):
        stripe.verify_webhook(bytes(altered), signed(raw_body))


def test_another_secret_is_refused(stripe: StripeGateway) -> None:
    raw_body = body_of(PAID)
    with pytest.raises(WebhookRefused):
        stripe.verify_webhook(raw_body, signed(raw_body, secret="whsec_" + "f" * 32))


def test_either_secret_is_believed_while_one_is_replaced(wire: Wire) -> None:
    raw_body, new = body_of(PAID), "whsec_" + "e" * 32
    rotating = StripeGateway(KEY, [new, SECRET], http=wire)
    assert rotating.verify_webhook(raw_body, signed(raw_body))
    assert rotating.verify_webhook(raw_body, signed(raw_body, secret=new))


@pytest.mark.parametrize("account", [None, "", "platform"])
def test_an_event_of_no_connected_account_is_refused(stripe: StripeGateway, account: str | None) -> None:
    raw_body = body_of(PAID | {"account": account})
    with pytest.raises(WebhookRefused, match="no connected account"):
        stripe.verify_webhook(raw_body, signed(raw_body))


def test_live_and_test_are_never_mixed(stripe: StripeGateway, wire: Wire) -> None:
    live_body = body_of(PAID | {"livemode": True})
    with pytest.raises(WebhookRefused, match="other mode"):
        stripe.verify_webhook(live_body, signed(live_body))
    at_live = StripeGateway("sk_live_" + "4" * 24, [SECRET], http=wire)
    assert at_live.verify_webhook(live_body, signed(live_body))
    test_body = body_of(PAID)
    with pytest.raises(WebhookRefused, match="other mode"):
        at_live.verify_webhook(test_body, signed(test_body))


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"{}",
        b"[" * 60_000,
        body_of(PAID | {"data": []}),
        body_of(PAID | {"created": "now"}),
        body_of(PAID | {"object": "v2.core.event"}),
        body_of(PAID | {"data": {"object": {"object": "checkout.session"}}}),
    ],
)
def test_what_is_signed_and_makes_no_sense_is_refused(stripe: StripeGateway, nonsense: bytes) -> None:
    with pytest.raises(WebhookRefused):
        stripe.verify_webhook(nonsense, signed(nonsense))


def test_a_body_that_is_not_utf_8_is_refused(stripe: StripeGateway) -> None:
    with pytest.raises(WebhookRefused, match="UTF-8"):
        stripe.verify_webhook(b"\xff\xfe{}", {"Stripe-Signature": "t=1,v1=a"})


def test_an_event_of_a_type_we_do_not_know_says_nothing(stripe: StripeGateway) -> None:
    raw_body = body_of(objects.event("customer.created", {"id": "cus_1", "object": "customer"}))
    assert stripe.verify_webhook(raw_body, signed(raw_body)) == []


def test_names_and_addresses_of_donors_are_not_kept(stripe: StripeGateway) -> None:
    raw_body = body_of(PAID)
    (told,) = stripe.verify_webhook(raw_body, signed(raw_body))
    kept = json.dumps(told.payload)
    assert "dora" not in kept.lower()
    assert "Utrecht" not in kept
    assert told.payload["object"]["payment_intent"] == "pi_1"
