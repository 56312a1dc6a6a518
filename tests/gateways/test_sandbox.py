"""The simulated provider over its real API: keys, idempotency, refunds, signatures."""

import time
from datetime import datetime, timedelta

import httpx
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.money import Money
from app.core.settings import Settings
from app.gateways.models import SandboxEvent
from app.gateways.payments.contract import (
    EventKind,
    PaymentRefused,
    PaymentRequest,
    PaymentsUnavailable,
    WebhookRefused,
)
from app.gateways.payments.sandbox import messages, news, payments, provider, signature
from app.gateways.payments.sandbox.client import SandboxGateway
from app.web import create_app

PLAIN = "4242424242424242"
SECRET = "a secret"
ASKED = PaymentRequest("account", Money(4000, "EUR"), "A swing", "http://127.0.0.1:8000/d/x", "key-1")


@pytest.fixture(scope="module")
def transport(settings: Settings) -> httpx.WSGITransport:
    app: Flask = create_app(settings)
    return httpx.WSGITransport(app)


@pytest.fixture
def gateway(settings: Settings, transport: httpx.WSGITransport, session: Session) -> SandboxGateway:
    return SandboxGateway(settings.base_url, settings.sandbox_secret, transport)


def test_the_same_key_gives_the_same_payment(gateway: SandboxGateway):
    assert gateway.open_payment(ASKED) == gateway.open_payment(ASKED)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": Money(4001, "EUR")},
        {"amount": Money(4000, "USD")},
        {"return_url": "http://127.0.0.1:8000/d/y"},
    ],
)
def test_the_same_key_with_another_body_is_an_error(gateway: SandboxGateway, changed: dict[str, object]):
    gateway.open_payment(ASKED)
    other = PaymentRequest(**{**ASKED.__dict__, **changed})
    with pytest.raises(PaymentRefused) as refused:
        gateway.open_payment(other)
    assert "409" in refused.value.detail


def test_a_wrong_api_key_opens_nothing(settings: Settings, transport: httpx.WSGITransport, session: Session):
    with pytest.raises(PaymentRefused) as refused:
        SandboxGateway(settings.base_url, "wrong", transport).open_payment(ASKED)
    assert "401" in refused.value.detail


def test_a_provider_that_does_not_answer_is_unavailable(settings: Settings):
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(PaymentsUnavailable):
        SandboxGateway(settings.base_url, "x", httpx.MockTransport(fail)).open_payment(ASKED)


def test_partial_refunds_add_up_and_no_more_than_was_paid_goes_back(
    gateway: SandboxGateway, session: Session
):
    reference = gateway.open_payment(ASKED).reference
    provider.pay(session, reference, PLAIN)
    first = gateway.refund("account", reference, Money(1000, "EUR"), "first")
    assert gateway.refund("account", reference, Money(1000, "EUR"), "first") == first
    assert gateway.fetch("account", reference).refunded == Money(1000, "EUR")
    assert gateway.refund("account", reference, Money(1000, "EUR"), "second") != first
    assert gateway.fetch("account", reference).refunded == Money(2000, "EUR")
    for amount, key in ((2001, "third"), (5, "first")):
        with pytest.raises(PaymentRefused):
            gateway.refund("account", reference, Money(amount, "EUR"), key)
    told = [
        event
        for event in gateway.list_settled(clock.now() - timedelta(hours=1), ["account"])
        if event.reference == reference
    ]
    assert [(event.kind, event.amount.minor) for event in told] == [
        (EventKind.SUCCEEDED, 4000),
        (EventKind.REFUNDED, 1000),
        (EventKind.REFUNDED, 1000),
    ]


def test_an_unpaid_payment_is_not_refunded(gateway: SandboxGateway):
    reference = gateway.open_payment(ASKED).reference
    assert gateway.fetch("account", reference).state == "open"
    with pytest.raises(PaymentRefused):
        gateway.refund("account", reference, Money(1, "EUR"), "key")


def test_the_list_of_events_is_read_to_its_end(
    gateway: SandboxGateway, session: Session, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(news, "EVENTS_PAGE", 2)
    since = clock.now()
    reference = gateway.open_payment(ASKED).reference
    provider.pay(session, reference, PLAIN)
    for step in range(4):
        gateway.refund("account", reference, Money(10, "EUR"), f"key{step}")
    assert len(gateway.list_settled(since, ["account"])) == 5


@pytest.mark.parametrize(
    ("amount", "kinds"),
    [(4001, [EventKind.FAILED]), (4003, [EventKind.SUCCEEDED]), (14001, [EventKind.FAILED])],
)
def test_magic_amounts_decide_what_a_plain_card_does(session: Session, amount: int, kinds: list[EventKind]):
    request = PaymentRequest("account", Money(amount, "EUR"), "", "http://x", f"magic{amount}")
    payment = payments.open_payment(session, request)
    provider.pay(session, payment.code, PLAIN)
    told = session.scalars(select(SandboxEvent.kind).where(SandboxEvent.payment_id == payment.id)).all()
    assert told == kinds


BODY = messages.encode(
    {
        "id": "e1",
        "kind": "payment.succeeded",
        "created": 1_700_000_000,
        "test": True,
        "account": "a",
        "payment": "p",
        "amount_minor": 5,
        "fee_minor": 0,
        "currency": "EUR",
    }
)


def verified(raw_body: bytes, header: str, secret: str = SECRET) -> EventKind:
    [event] = SandboxGateway("http://x", secret).verify_webhook(raw_body, {signature.HEADER: header})
    return event.kind


def signed(raw_body: bytes, seconds: float = 0, secret: str = SECRET) -> str:
    return signature.sign(secret, raw_body, clock.now() + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-290, 0, 290])
def test_a_signature_of_these_bytes_made_just_now_is_taken(seconds: float):
    assert verified(BODY, signed(BODY, seconds)) is EventKind.SUCCEEDED


@pytest.mark.parametrize("seconds", [-310, 310, -1e6, 4000])
def test_a_stale_or_future_signature_is_refused(seconds: float):
    with pytest.raises(WebhookRefused, match="old or from the future"):
        verified(BODY, signed(BODY, seconds))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "nonsense",
        "t=1",
        f"v1={'0' * 64}",
        "t=²,v1=x",
        f"t={'9' * 400},v1=x",
        "t=-1,v1=x",
        "t=1,v1=é",
    ],
)
def test_a_missing_or_malformed_signature_is_refused(header: str):
    with pytest.raises(WebhookRefused):
        verified(BODY, header)


def test_a_body_altered_by_a_byte_or_another_secret_is_refused():
    for raw_body, header in (
        (BODY.replace(b"5", b"6", 1), signed(BODY)),
        (BODY, signed(BODY, secret="other")),
    ):
        with pytest.raises(WebhookRefused, match="does not match"):
            verified(raw_body, header)


def test_another_time_than_was_signed_is_refused():
    stamp = int(time.time())
    header = signature.sign(SECRET, BODY, datetime.fromtimestamp(stamp, clock.now().tzinfo))
    with pytest.raises(WebhookRefused, match="does not match"):
        verified(BODY, header.replace(str(stamp), str(stamp + 1)))


@pytest.mark.parametrize(
    "raw_body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b"null",
        BODY.replace(b"payment.succeeded", b"payment.invented"),
        BODY.replace(b"EUR", b"ZZZ"),
        BODY.replace(b"true", b"false"),
        BODY.replace(b":5", b":-5"),
        BODY.replace(b":5", b':"5"'),
        BODY.replace(b'"id"', b'"more":1,"id"'),
    ],
)
def test_a_signed_body_that_makes_no_sense_is_refused(raw_body: bytes):
    with pytest.raises(WebhookRefused):
        verified(raw_body, signed(raw_body))
