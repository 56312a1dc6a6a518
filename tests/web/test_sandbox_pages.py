"""The simulated provider's pages: the pay page, the bank's question, and the administrators' dashboard."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.money import Money
from app.donations.models import Donation, PaymentEvent
from app.gateways.models import SandboxEvent, SandboxPayment, SandboxPayout, SandboxSubscription
from app.gateways.payments.contract import PaymentRequest
from app.gateways.payments.sandbox import disputes, payments, provider, scripts
from app.gateways.payments.sandbox.scripts import EXPLANATIONS, Script
from tests import factories
from tests.donations.sums import balance_of
from tests.web.conftest import sign_in_as
from tests.web.test_giving import give, pay, the_donation
from workers.runner import run_due

CARD_OF = {script: card for card, script in scripts.CARDS.items()}
BACK = "http://127.0.0.1:8000/d/somewhere"


pytestmark = pytest.mark.usefixtures("hooks")


@pytest.fixture
def opened(session: Session) -> SandboxPayment:
    """A payment that waits to be paid each month."""
    asked = PaymentRequest("an account", Money(3000, "USD"), "A swing", BACK, "key", monthly=True)
    return payments.open_payment(session, asked)


@pytest.fixture
def paid(session: Session, opened: SandboxPayment) -> SandboxPayment:
    provider.pay(session, opened.code, scripts.PLAIN_CARD)
    return opened


def at(payment: SandboxPayment) -> str:
    return f"/sandbox/payments/{payment.code}"


def told(session: Session) -> list[str]:
    return list(session.scalars(select(SandboxEvent.kind).order_by(SandboxEvent.id)))


def test_the_guide_lists_what_each_card_and_amount_does(client: FlaskClient):
    page = client.get("/sandbox").text
    for card in scripts.CARDS:
        assert f"{card[:4]} {card[4:8]} {card[8:12]} {card[12:]}" in page
    for ending in scripts.AMOUNT_ENDINGS:
        assert f"US${ending / 100}" in page or f"${ending / 100}" in page
    for says in EXPLANATIONS.values():
        assert says in page


def test_the_pay_page_says_that_a_payment_is_monthly(client: FlaskClient, opened: SandboxPayment):
    assert "again each month" in client.get(f"/sandbox/pay/{opened.code}").text


def test_other_last_digits_of_the_plain_card_are_another_card(
    client: FlaskClient, session: Session, opened: SandboxPayment
):
    address = f"/sandbox/pay/{opened.code}"
    odd = client.post(address, data={"card": scripts.PLAIN_CARD, "last_four": "12x4"})
    assert odd.status_code == 422
    assert "four digits" in odd.text
    assert 'value="12x4"' in odd.text
    assert client.post(address, data={"card": scripts.PLAIN_CARD, "last_four": "1234"}).location == BACK
    assert (opened.state, opened.card) == ("paid", "4242424242421234")


@pytest.mark.parametrize(("answer", "state"), [("confirm", "paid"), ("refuse", "declined")])
def test_the_bank_asks_before_a_challenged_card_pays(
    client: FlaskClient, opened: SandboxPayment, answer: str, state: str
):
    address = f"/sandbox/pay/{opened.code}"
    asked = client.post(address, data={"card": CARD_OF[Script.CHALLENGED]})
    assert asked.location == f"{address}/challenge"
    page = client.get(asked.location)
    assert "TEST MODE" in page.text
    assert "Is it you" in page.text
    assert client.post(asked.location, data={"answer": "perhaps"}).status_code == 400
    after = client.post(asked.location, data={"answer": answer})
    assert (opened.state, after.location) == (state, BACK if state == "paid" else address)
    assert client.get(asked.location).location == address


def test_nobody_is_asked_by_the_bank_for_a_plain_card(client: FlaskClient, opened: SandboxPayment):
    address = f"/sandbox/pay/{opened.code}"
    assert client.get(f"{address}/challenge").location == address
    client.post(f"{address}/challenge", data={"answer": "confirm"})
    assert opened.state == "open"


def test_a_refund_keeps_what_was_typed_when_it_is_refused(office: FlaskClient, paid: SandboxPayment):
    for typed, said in (("30.01", "not that much left"), ("ten", "in digits")):
        answer = office.post(f"{at(paid)}/refund", data={"amount": typed, "key": "a key"})
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.text
        assert 'value="a key"' in answer.text
        assert said in answer.text
    for _ in range(2):
        office.post(f"{at(paid)}/refund", data={"amount": "10", "key": "a key"})
    assert paid.refunded_minor == 1000
    assert 'value="20.00"' in office.get(at(paid)).text


def test_a_refund_is_let_fail_from_its_payment(office: FlaskClient, session: Session, paid: SandboxPayment):
    office.post(f"{at(paid)}/refund", data={"amount": "10", "key": "a key"})
    [address] = re.findall(r'action="(/sandbox/refunds/\w+/fail)"', office.get(at(paid)).text)
    assert office.post(address).location == at(paid)
    office.post(address)
    assert paid.refunded_minor == 0
    assert told(session) == ["payment.succeeded", "refund.succeeded", "refund.failed"]
    assert "Came back" in office.get(at(paid)).text


def test_a_payment_is_disputed_and_decided(office: FlaskClient, session: Session, paid: SandboxPayment):
    for _ in range(2):
        assert office.post(f"{at(paid)}/dispute", data={"reason": "duplicate"}).location == at(paid)
    page = office.get(at(paid)).text
    assert "disputed already" in page
    assert f"{at(paid)}/refund" not in page
    [address] = set(re.findall(r'action="(/sandbox/disputes/\w+/decide)"', page))
    refused = office.post(f"{at(paid)}/refund", data={"amount": "10", "key": "k"})
    assert "has not decided" in refused.text
    assert office.post(address, data={"decision": "perhaps"}).status_code == 400
    for decision in ("lost", "won"):
        office.post(address, data={"decision": decision})
    assert "closed already" in office.get(at(paid)).text
    assert told(session) == ["payment.succeeded", "dispute.opened", "dispute.lost"]
    assert disputes.left(session, paid) == 0


def test_the_next_month_is_charged_now_and_a_subscription_ended(
    office: FlaskClient, session: Session, paid: SandboxPayment
):
    page = office.get("/sandbox/monthly").text
    assert "$30.00" in page
    for step in ("renew", "end", "renew"):
        office.post(f"/sandbox/monthly/{paid.subscription}/{step}")
    assert "is paused or has ended" in office.get("/sandbox/monthly").text
    assert told(session) == ["payment.succeeded", "subscription.renewed", "subscription.ended"]
    assert session.scalars(select(SandboxSubscription.state)).one() == "ended"
    assert "Monthly payment ended" in office.get(at(paid)).text


def test_what_is_owed_is_paid_out_now_and_once(office: FlaskClient, session: Session, paid: SandboxPayment):
    office.post("/sandbox/payouts")
    assert session.scalars(select(SandboxPayout.amount_minor)).all() == [3000 - 87]
    page = office.get("/sandbox/payouts").text
    for said in ("$29.13", "an account", "$0.87", at(paid)):
        assert said in page
    office.post("/sandbox/payouts")
    assert "No account has money waiting" in office.get("/sandbox/payouts").text
    assert len(session.scalars(select(SandboxPayout)).all()) == 1


def test_what_does_not_exist_is_not_found(office: FlaskClient):
    for address in (
        "payments/x/refund",
        "payments/x/dispute",
        "refunds/x/fail",
        "monthly/x/renew",
        "events/x/again",
    ):
        assert office.post(f"/sandbox/{address}").status_code == 404, address
    assert office.post("/sandbox/disputes/x/decide", data={"decision": "won"}).status_code == 404
    assert office.get("/sandbox/payments/x").status_code == 404


def test_every_page_says_test_mode(office: FlaskClient, paid: SandboxPayment):
    for page in ("", "/payments", f"/payments/{paid.code}", "/monthly", "/payouts"):
        assert "TEST MODE" in office.get(f"/sandbox{page}").text, page


def test_a_gift_goes_through_refund_dispute_and_news_told_again_and_the_ledger_follows(
    client: FlaskClient, session: Session
):
    video = factories.video(session, carries=factories.project(session))
    pay(client, give(client, f"/v/{video.code}/donate"))
    run_due("money", "outbound")
    sign_in_as(client, factories.admin(session))
    [page] = re.findall(r'href="(/sandbox/payments/\w+)"', client.get("/sandbox/payments").text)
    client.post(f"{page}/refund", data={"amount": "2.50", "key": "k"})
    client.post(f"{page}/dispute", data={"reason": "fraudulent"})
    [decide] = set(re.findall(r'action="(/sandbox/disputes/\w+/decide)"', client.get(page).text))
    run_due("money", "outbound")
    assert the_donation(session).state == "disputed"
    client.post(decide, data={"decision": "lost"})
    for again in re.findall(r'action="(/sandbox/events/\w+/again)"', client.get(page).text):
        client.post(again)
    run_due("money", "outbound")
    donation: Donation = the_donation(session)
    assert (donation.state, donation.refunded_minor, donation.lost_minor) == ("lost", 250, 1000)
    assert sum(balance_of(session, donation.id).values()) == 0
    assert balance_of(session, donation.id)["provider"] == -36 - 1000
    assert len(session.scalars(select(PaymentEvent)).all()) == 4
