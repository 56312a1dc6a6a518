"""A gift in yuan from the form to its refund: our pages, Alipay's signed answers, our tasks."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import tasks
from app.core.ids import new_code
from app.core.money import Money
from app.donations import refunds
from app.donations.models import CODE_LENGTH, Donation, PaymentEvent, Refund
from app.finance import books, provider_list
from app.gateways.models import KeptMail
from app.gateways.payments.contract import PaymentGateway
from app.nonprofits.models import PaymentAccount
from app.projects.models import Project
from app.videos.models import Video
from app.web.outside import payments
from tests.gateways.alipay_side import AlipaySide
from workers.runner import run_due

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


@pytest.fixture
def gateway(site: Flask) -> PaymentGateway:
    with site.app_context():
        gateway = payments()
    assert gateway is not None
    return gateway


def give(client: FlaskClient, video: Video, **headers: str) -> str:
    """Fill in the form and send it; the address of the pay page."""
    address = f"/v/{video.code}/donate"
    page = client.get(address).text
    sent = dict(re.findall(r'type="hidden"[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    sent |= dict(re.findall(r'name="(\w+)"[^>]*type="hidden"[^>]*value="([^"]*)"', page))
    answer = client.post(
        address, data={**sent, "amount": "12.50", "email": "dora@example.org"}, headers=headers
    )
    assert answer.status_code == 303
    return answer.location


def the_donation(session: Session) -> Donation:
    session.expire_all()
    return session.scalars(select(Donation)).one()


def test_a_gift_goes_from_the_form_to_thanks_receipt_and_refund(
    hook: FlaskClient, session: Session, side: AlipaySide, project: Project, video: Video
):
    asked = side.open(give(hook, video))
    donation = the_donation(session)
    assert (asked["total_amount"], asked["out_trade_no"], asked["method"]) == (
        "12.50",
        donation.code,
        "alipay.trade.page.pay",
    )
    back = hook.get(asked["return_url"], query_string={"out_trade_no": donation.code, "sign": "x"})
    assert (back.status_code, the_donation(session).state) == (200, "pending")
    side.pay(donation.code)
    hook.post("/hooks/alipay", data=side.posted(side.notice(donation.code)))
    run_due("money", "outbound")
    assert the_donation(session).state == "paid"
    assert video.title in hook.get(asked["return_url"]).text
    assert [mail.to for mail in session.scalars(select(KeptMail))] == ["dora@example.org"]

    refund = ask_back(session, the_donation(session), 450)
    run_due("outbound")
    assert side.trades[donation.code].refunds == {refund.code: "4.50"}
    hook.post("/hooks/alipay", data=side.posted(side.notice(donation.code)))
    run_due("money")
    assert (the_donation(session).state, the_donation(session).refunded_minor) == ("partly_refunded", 450)
    assert session.scalars(select(Refund.state)).all() == ["succeeded"]


def test_on_a_phone_the_pay_page_is_the_one_for_phones(hook: FlaskClient, side: AlipaySide, video: Video):
    assert side.open(give(hook, video, **{"User-Agent": PHONE}))["method"] == "alipay.trade.wap.pay"


def test_what_no_notification_told_is_found_by_asking_and_told_late_it_is_nothing_new(
    hook: FlaskClient, session: Session, side: AlipaySide, video: Video
):
    side.open(give(hook, video))
    donation = the_donation(session)
    side.pay(donation.code)
    lost = side.posted(side.notice(donation.code))
    reconcile(session)
    assert the_donation(session).state == "paid"
    refund = ask_back(session, the_donation(session), 1250)
    run_due("outbound")
    lost_too = side.posted(side.notice(donation.code))
    reconcile(session)
    assert the_donation(session).state == "refunded"
    parts = select(PaymentEvent.part).order_by(PaymentEvent.id)
    assert session.scalars(parts).all() == ["", refund.code]
    for raw_body in (lost_too, lost):
        assert hook.post("/hooks/alipay", data=raw_body).text == "success"
    run_due("money")
    assert len(session.scalars(select(PaymentEvent)).all()) == 2
    assert session.scalars(select(Refund.state)).all() == ["succeeded"]


def test_the_books_agree_with_what_alipay_answers_and_miss_what_nobody_told(
    hook: FlaskClient, session: Session, side: AlipaySide, video: Video, gateway: PaymentGateway
):
    side.open(give(hook, video))
    donation = the_donation(session)
    side.pay(donation.code)
    reconcile(session)
    ask_back(session, the_donation(session), 450)
    run_due("outbound")
    reconcile(session)
    checked = books.check(session, provider_list.ask(gateway))
    assert [found.in_words() for found in checked.findings.named] == []
    assert checked.right
    ask_back(session, the_donation(session), 800)
    run_due("outbound")
    assert not books.check(session, provider_list.ask(gateway)).right


def reconcile(session: Session) -> None:
    tasks.defer(session, "donations.reconcile")
    run_due("money")


def ask_back(session: Session, donation: Donation, minor: int) -> Refund:
    by = session.get_one(PaymentAccount, donation.payment_account_id).connected_by_id
    amount = Money(minor, donation.currency)
    return refunds.ask(session, donation, amount, "Given twice by mistake", by, new_code(CODE_LENGTH))
