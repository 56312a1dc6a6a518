"""Alipay under its real SDK, against a server that checks our RSA2 signatures and signs its own answers."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.core.money import Money
from app.gateways.models import AlipayGrant
from app.gateways.payments.alipay import grants, words
from app.gateways.payments.alipay.client import AlipayGateway
from app.gateways.payments.alipay.wire import Wire
from app.gateways.payments.contract import (
    Awaited,
    EventKind,
    NotOffered,
    OnboardingRequest,
    PaymentRefused,
    PaymentRequest,
    PaymentsUnavailable,
)
from tests.gateways.alipay_side import (
    APP_ID,
    SELLER,
    TOKEN,
    AlipaySide,
    grant_url_parts,
    serving,
)

KEY = "donation1234567890abcd"
ASKED = PaymentRequest(SELLER, Money(1250, "CNY"), "纸灯笼 & 100%/a=b", "https://give.example/d/x", KEY)


@pytest.fixture(scope="module")
def server() -> Iterator[AlipaySide]:
    with serving(AlipaySide()) as side:
        yield side


@pytest.fixture
def side(server: AlipaySide, session: Session) -> AlipaySide:
    server.begin_anew()
    grants.keep(SELLER, TOKEN)
    return server


@pytest.fixture
def gateway(side: AlipaySide) -> AlipayGateway:
    wire = Wire(APP_ID, side.app_private_pem, side.public_pem, side.url)
    return AlipayGateway("https://give.example/", wire)


@pytest.fixture
def paid(gateway: AlipayGateway, side: AlipaySide) -> str:
    side.open(gateway.open_payment(ASKED).pay_url)
    side.pay(KEY)
    return KEY


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


def test_a_pay_page_is_signed_and_names_key_amount_payee_and_addresses(
    gateway: AlipayGateway, side: AlipaySide
):
    opened = gateway.open_payment(ASKED)
    asked = side.open(opened.pay_url)
    assert opened.reference == asked["out_trade_no"] == KEY
    assert (asked["method"], asked["product_code"]) == ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY")
    assert (asked["total_amount"], asked["app_auth_token"]) == ("12.50", TOKEN)
    assert asked["return_url"] == "https://give.example/d/x"
    assert asked["notify_url"] == "https://give.example/hooks/alipay"
    assert asked["subject"] == "纸灯笼 100 a b"


def test_a_phone_gets_the_page_for_phones(gateway: AlipayGateway, side: AlipaySide):
    asked = side.open(gateway.open_payment(PaymentRequest(**{**ASKED.__dict__, "mobile": True})).pay_url)
    assert (asked["method"], asked["product_code"]) == ("alipay.trade.wap.pay", "QUICK_WAP_PAY")


def test_requests_carry_beijing_time_and_a_page_lapses_after_half_an_hour(
    gateway: AlipayGateway, side: AlipaySide, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 21, 16, 45, tzinfo=UTC))
    asked = side.open(gateway.open_payment(ASKED).pay_url)
    assert asked["timestamp"] == "2026-11-22 00:45:00"
    assert asked["time_expire"] == "2026-11-22 01:15:00"


@pytest.mark.parametrize(
    ("minor", "written"), [(1, "0.01"), (10, "0.10"), (1000, "10.00"), (123456, "1234.56")]
)
def test_amounts_are_written_with_two_decimals_exactly(minor: int, written: str):
    assert words.yuan(yuan(minor)) == written
    assert words.money(written) == yuan(minor)


@pytest.mark.parametrize("text", ["", "1.234", "-1.00", "1e3", "1,00", "١", " 1.00", "NaN"])
def test_what_is_no_amount_is_not_read_as_one(text: str):
    with pytest.raises(ValueError, match="not an amount"):
        words.money(text)


def test_only_the_yuan_is_taken_and_nothing_monthly(gateway: AlipayGateway):
    for currency in ("USD", "JPY", "KWD"):
        with pytest.raises(PaymentRefused):
            gateway.open_payment(PaymentRequest(**{**ASKED.__dict__, "amount": Money(1250, currency)}))
        with pytest.raises(PaymentRefused):
            gateway.refund(SELLER, KEY, Money(100, currency), "r1")
    with pytest.raises(NotOffered):
        gateway.open_payment(PaymentRequest(**{**ASKED.__dict__, "monthly": True}))
    with pytest.raises(NotOffered):
        gateway.end_monthly(SELLER, "x")
    with pytest.raises(NotOffered):
        gateway.list_payouts(clock.now(), SELLER)
    can = gateway.capabilities()
    assert (can.monthly, can.payouts, can.currencies) == (False, False, frozenset({"CNY"}))


def test_an_account_that_granted_nothing_is_refused(gateway: AlipayGateway):
    with pytest.raises(PaymentRefused, match="refused"):
        gateway.open_payment(PaymentRequest(**{**ASKED.__dict__, "account": "2088000000000002"}))


def test_a_payment_is_open_then_paid_then_refunded(gateway: AlipayGateway, side: AlipaySide):
    page = gateway.open_payment(ASKED).pay_url
    assert gateway.fetch(SELLER, KEY).state == "open"
    side.open(page)
    assert (gateway.fetch(SELLER, KEY).state, gateway.fetch(SELLER, KEY).amount) == ("open", yuan(1250))
    side.pay(KEY)
    assert gateway.fetch(SELLER, KEY).state == "paid"
    gateway.refund(SELLER, KEY, yuan(1250), "r1")
    assert (gateway.fetch(SELLER, KEY).state, gateway.fetch(SELLER, KEY).refunded) == ("refunded", yuan(1250))


def test_a_refund_asked_for_twice_is_made_once_and_never_beyond_what_was_paid(
    gateway: AlipayGateway, side: AlipaySide, paid: str
):
    assert [gateway.refund(SELLER, paid, yuan(500), "r1") for _ in range(2)] == ["r1", "r1"]
    assert gateway.refund(SELLER, paid, yuan(500), "r2") == "r2"
    assert side.trades[paid].refunds == {"r1": "5.00", "r2": "5.00"}
    with pytest.raises(PaymentRefused) as refused:
        gateway.refund(SELLER, paid, yuan(251), "r3")
    assert "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL" in refused.value.detail


def test_a_closed_payment_cannot_be_paid_and_a_paid_one_is_not_closed(
    gateway: AlipayGateway, side: AlipaySide
):
    page = gateway.open_payment(ASKED).pay_url
    gateway.close_payment(SELLER, KEY)  # nobody has opened it: there is nothing to close yet
    side.open(page)
    gateway.close_payment(SELLER, KEY)
    gateway.close_payment(SELLER, KEY)
    assert side.trades[KEY].status == "TRADE_CLOSED"
    side.pay(KEY)
    with pytest.raises(PaymentRefused):
        gateway.close_payment(SELLER, KEY)


def test_asking_finds_payments_and_each_refund_that_nobody_was_told_of(
    gateway: AlipayGateway, side: AlipaySide, paid: str
):
    for number in ("r1", "r2"):
        gateway.refund(SELLER, paid, yuan(500), number)
    awaited = [Awaited(SELLER, paid, ("r1", "r2", "never made")), Awaited(SELLER, "never opened")]
    told = gateway.list_settled(clock.now(), [SELLER], awaited)
    assert [(event.kind, event.part, event.amount.minor) for event in told] == [
        (EventKind.SUCCEEDED, "", 1250),
        (EventKind.REFUNDED, "r1", 500),
        (EventKind.REFUNDED, "r2", 500),
    ]
    assert told[0].occurred_at == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert gateway.list_settled(clock.now(), [SELLER]) == []


def test_asking_and_being_told_are_the_same_events(gateway: AlipayGateway, side: AlipaySide, paid: str):
    gateway.refund(SELLER, paid, yuan(500), "r1")
    told = gateway.verify_webhook(side.posted(side.notice(paid)), {})
    found = gateway.list_settled(clock.now(), [SELLER], [Awaited(SELLER, paid, ("r1",))])
    assert [(one.event_id, one.amount, one.part) for one in told] == [
        (one.event_id, one.amount, one.part) for one in found
    ]


def test_a_trade_that_was_closed_unpaid_has_expired(gateway: AlipayGateway, side: AlipaySide):
    side.open(gateway.open_payment(ASKED).pay_url)
    gateway.close_payment(SELLER, KEY)
    [found] = gateway.list_settled(clock.now(), [SELLER], [Awaited(SELLER, KEY)])
    [told] = gateway.verify_webhook(side.posted(side.notice(KEY)), {})
    assert (found.kind, found.event_id) == (told.kind, told.event_id) == (EventKind.EXPIRED, told.event_id)


@pytest.mark.parametrize("mood", ["silent", "garbled", "unsigned", "forged", "busy"])
def test_an_answer_that_proves_nothing_is_no_answer(
    gateway: AlipayGateway, side: AlipaySide, paid: str, mood: str
):
    side.mood = mood
    with pytest.raises(PaymentsUnavailable):
        gateway.fetch(SELLER, paid)
    with pytest.raises(PaymentsUnavailable):
        gateway.refund(SELLER, paid, yuan(500), "r1")


def test_a_server_that_is_not_there_is_unavailable(side: AlipaySide):
    wire = Wire(APP_ID, side.app_private_pem, side.public_pem, "http://127.0.0.1:9/gateway.do")
    with pytest.raises(PaymentsUnavailable):
        AlipayGateway("https://give.example", wire).fetch(SELLER, KEY)


def test_a_request_with_a_key_that_alipay_does_not_know_proves_nothing(side: AlipaySide, paid: str):
    stranger = AlipaySide()
    wire = Wire(APP_ID, stranger.app_private_pem, side.public_pem, side.url)
    with pytest.raises(PaymentsUnavailable) as unproven:
        AlipayGateway("https://give.example", wire).fetch(SELLER, paid)
    assert "isv.invalid-signature" in unproven.value.detail


def test_an_organisation_grants_its_own_account_and_the_token_is_kept(
    gateway: AlipayGateway, side: AlipaySide, session: Session
):
    session.query(AlipayGrant).delete()
    asked = OnboardingRequest("k", "Paper Lanterns", "CN", "a@b.org", "https://give.example/back", "", "s1")
    step = gateway.start_onboarding(asked)
    page, query = grant_url_parts(step.go_to)
    assert page.endswith("/oauth2/appToAppAuth.htm")
    assert query == {"app_id": APP_ID, "redirect_uri": "https://give.example/back", "state": "s1"}
    status = gateway.finish_onboarding("", {"app_id": APP_ID, "app_auth_code": "good-code", "state": "s1"})
    assert (status.account, status.ready) == (SELLER, True)
    assert grants.token_of(SELLER) == TOKEN
    assert gateway.account_status(SELLER).ready


def test_a_wrong_code_and_another_application_grant_nothing(gateway: AlipayGateway, session: Session):
    session.query(AlipayGrant).delete()
    for answer in (
        {},
        {"app_id": "1", "app_auth_code": "good-code"},
        {"app_id": APP_ID, "app_auth_code": "x"},
    ):
        with pytest.raises(PaymentRefused):
            gateway.finish_onboarding("", answer)
    assert not gateway.account_status(SELLER).ready


def test_a_grant_that_was_taken_back_is_not_ready(gateway: AlipayGateway, side: AlipaySide):
    side.tokens.clear()
    assert gateway.account_status(SELLER).missing == ("app_auth_token",)


def test_alipays_own_addresses_are_named_in_both_worlds(side: AlipaySide):
    for site, login in (
        ("https://openapi.alipay.com", "https://openauth.alipay.com"),
        ("https://openapi-sandbox.dl.alipaydev.com", "https://openauth-sandbox.dl.alipaydev.com"),
    ):
        wire = Wire(APP_ID, side.app_private_pem, side.public_pem, f"{site}/gateway.do")
        step = AlipayGateway("https://x", wire).start_onboarding(OnboardingRequest(*["x"] * 7))
        assert step.go_to.startswith(f"{login}/oauth2/")
