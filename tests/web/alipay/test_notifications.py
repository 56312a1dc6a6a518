"""Alipay's notifications at the webhook's door: only what Alipay signed for us comes in, and counts once."""

import io
import random

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.core.models import Task
from app.credit.models import Credit
from app.donations.models import Donation, PaymentEvent, Refund
from app.web.hooks.door import MAX_BODY_BYTES
from tests.donations.sums import balance_of
from tests.gateways.alipay_side import (
    AlipaySide,
    altered,
)
from workers.runner import run_due


def send(client: FlaskClient, raw_body: bytes, provider: str = "alipay") -> TestResponse:
    form = "application/x-www-form-urlencoded; charset=utf-8"
    return client.post(f"/hooks/{provider}", data=raw_body, content_type=form)


def kept(session: Session) -> int:
    return session.scalars(select(func.count()).select_from(PaymentEvent)).one()


def test_a_signed_notification_is_answered_with_success_and_pays_once(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation
):
    raw_body = side.posted(side.notice(donation.code))
    for _ in range(3):
        answer = send(hook, raw_body)
        assert (answer.status_code, answer.text, answer.mimetype) == (200, "success", "text/plain")
    run_due("money")
    assert kept(session) == 1
    assert (donation.state, donation.captured_minor) == ("paid", 1000)
    assert session.scalars(select(Credit.amount_minor)).all() == [1000]


def test_an_old_notification_told_again_or_anew_changes_nothing(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation
):
    first = side.posted(side.notice(donation.code))
    send(hook, first)
    side.trades[donation.code].status = "TRADE_FINISHED"
    assert send(hook, side.posted(side.notice(donation.code, notify_id="another"))).text == "success"
    assert send(hook, first).text == "success"
    run_due("money")
    assert (kept(session), donation.state) == (1, "paid")


def test_two_equal_refunds_told_in_any_order_and_often_are_both_booked_once(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation
):
    told = [side.posted(side.notice(donation.code))]
    for number in ("r1", "r2"):
        side.trades[donation.code].refunds[number] = "3.00"
        told.append(side.posted(side.notice(donation.code)))
    order = told * 3
    random.Random(5).shuffle(order)
    assert {send(hook, raw_body).text for raw_body in order} == {"success"}
    run_due("money")
    assert (donation.state, donation.refunded_minor) == ("partly_refunded", 600)
    assert session.scalars(select(Refund.amount_minor)).all() == [300, 300]
    assert balance_of(session, donation.id) == {"provider": 400, "donations": -400}


def test_a_trade_closed_by_its_full_refund_is_refunded_not_expired(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation
):
    trade = side.trades[donation.code]
    trade.refunds["r1"], trade.status = "10.00", "TRADE_CLOSED"
    assert send(hook, side.posted(side.notice(donation.code))).text == "success"
    run_due("money")
    assert (donation.state, donation.refunded_minor) == ("refunded", 1000)


def test_a_trade_closed_unpaid_expires_and_counts_if_it_is_paid_after_all(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation
):
    trade = side.trades[donation.code]
    trade.status, trade.paid_at = "TRADE_CLOSED", ""
    send(hook, side.posted(side.notice(donation.code)))
    run_due("money")
    assert donation.state == "expired"
    side.pay(donation.code)
    send(hook, side.posted(side.notice(donation.code)))
    run_due("money")
    assert donation.state == "paid"


def test_a_refund_that_alipay_cannot_be_asked_about_is_told_again(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation
):
    side.trades[donation.code].refunds["r1"] = "3.00"
    raw_body = side.posted(side.notice(donation.code))
    side.mood = "silent"
    assert send(hook, raw_body).status_code == 503
    assert kept(session) == 0
    side.mood = "well"
    assert send(hook, raw_body).text == "success"


def test_what_does_not_prove_that_alipay_sent_it_is_400_and_leaves_no_row(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation
):
    notice = side.notice(donation.code)
    good = side.posted(notice)
    position = good.index(b"total_amount=") + len(b"total_amount=")
    refused = {
        "no signature": side.posted(notice).replace(b"&sign=", b"&was="),
        "an empty signature": good[: good.index(b"&sign=")] + b"&sign=",
        "a signature of no base64": good[: good.index(b"&sign=")] + b"&sign=%00%FF",
        "another kind of signature": good.replace(b"sign_type=RSA2", b"sign_type=RSA"),
        "a wrong key": side.posted(notice, side.forger),
        "an amount altered": altered(good, "total_amount", "1000.00"),
        "one byte altered": good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :],
        "a field added": good + b"&body=more",
        "a field twice": good + b"&trade_no=1",
        "a plus for a space that was signed": good.replace(b"%2B", b"+"),
    }
    for what, raw_body in refused.items():
        assert send(hook, raw_body).status_code == 400, what
    assert kept(session) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"app_id": "2021000000000002"},
        {"app_id": ""},
        {"charset": "GBK"},
        {"notify_type": "dut_user_sign"},
        {"notify_id": ""},
        {"seller_id": ""},
        {"trade_status": "TRADE_PENDING"},
        {"total_amount": "10.001"},
        {"total_amount": "-10.00"},
        {"refund_fee": "some"},
        {"gmt_payment": "yesterday"},
    ],
)
def test_signed_nonsense_and_what_is_meant_for_others_is_400(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation, changes: dict[str, str]
):
    assert send(hook, side.posted(side.notice(donation.code, **changes))).status_code == 400
    assert kept(session) == 0


@pytest.mark.parametrize("changes", [{"seller_id": "2088000000000002"}, {"total_amount": "10.01"}])
def test_a_wrong_seller_or_amount_is_kept_for_a_person_and_pays_nothing(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation, changes: dict[str, str]
):
    assert send(hook, side.posted(side.notice(donation.code, **changes))).text == "success"
    run_due("money")
    assert donation.state == "pending"
    [task] = session.scalars(select(Task).where(Task.name == "credit.settle"))
    assert task.dead_at is not None
    assert "The provider reports" in (task.last_error or "")


@pytest.mark.parametrize(
    "raw_body", [b"", b"\xff\xfe\x00", "名字=值".encode(), b"a=%FF%FE", b"{}", b"&&&", b"a=1&" * 200]
)
def test_garbage_is_400(hook: FlaskClient, session: Session, raw_body: bytes):
    assert send(hook, raw_body).status_code == 400
    assert kept(session) == 0


def test_a_body_of_ten_megabytes_is_read_to_its_end_and_answered_with_413(hook: FlaskClient):
    body = io.BytesIO(b"x" * 10_000_000)
    answer = hook.post("/hooks/alipay", input_stream=body, headers={"Content-Length": "10000000"})
    assert (answer.status_code, answer.json) == (413, {"error": "too large"})
    assert body.tell() == 10_000_000


def test_the_largest_body_that_is_taken_is_looked_at(hook: FlaskClient):
    assert send(hook, b"x" * MAX_BODY_BYTES).status_code == 400


def test_other_methods_are_405_and_say_which_one_is_taken(hook: FlaskClient):
    answer = hook.get("/hooks/alipay")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_another_provider_is_404(hook: FlaskClient, side: AlipaySide, donation: Donation):
    for provider in ("sandbox", "stripe", "ALIPAY"):
        assert send(hook, side.posted(side.notice(donation.code)), provider).status_code == 404


def test_ten_yuan_are_no_payment_of_ten_dollars(
    hook: FlaskClient, session: Session, side: AlipaySide, donation: Donation
):
    donation.currency = "USD"
    session.flush()
    send(hook, side.posted(side.notice(donation.code)))
    run_due("money")
    assert (donation.state, donation.captured_minor) == ("pending", 0)
