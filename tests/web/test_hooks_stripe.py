"""From Stripe's webhook to the books: in any order, once, and nothing that is not Stripe's."""

import json
from itertools import permutations
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.models import Task
from app.core.settings import Settings
from app.donations import monthly
from app.donations.models import Donation, MonthlyGift, PaymentEvent
from app.donations.monthly import Card
from app.nonprofits.models import PaymentAccount
from tests import factories
from tests.donations.sums import balance_of
from tests.gateways.stripe import objects
from tests.gateways.stripe.test_webhooks import signed
from tests.gateways.stripe.wire import ACCOUNT, Wire
from workers.runner import run_due


@pytest.fixture
def donation(session: Session) -> Donation:
    project = factories.project(session)
    account = session.scalars(select(PaymentAccount)).one()
    account.provider, account.reference = "stripe", ACCOUNT
    session.flush()
    return factories.donation(
        session, to=project, amount_minor=1250, reference="cs_test_a1", provider="stripe"
    )


@pytest.fixture
def door(at_stripe: Flask, session: Session, wire: Wire) -> FlaskClient:
    wire.put("GET", "payment_intents/pi_1", objects.intent())
    wire.put("GET", "balance_transactions/txn_1", objects.booking())
    return at_stripe.test_client()


def send(door: FlaskClient, event: dict[str, Any], **changed: str) -> int:
    raw_body = json.dumps(event).encode()
    headers = signed(raw_body) | changed
    return door.post("/hooks/stripe", data=raw_body, headers=headers).status_code


def settle(session: Session) -> None:
    """Run what is due, again and again: what came early waits for a moment and is tried once more."""
    for _ in range(3):
        run_due("money")
        session.query(Task).filter(Task.done_at.is_(None)).update({"run_after": func.now()})


PAID = objects.event("checkout.session.completed", objects.session())
FEE = objects.event("charge.updated", objects.charge())
REFUND = objects.event("refund.created", objects.refund())


@pytest.mark.parametrize("order", list(permutations([PAID, FEE, REFUND])))
def test_payment_fee_and_refund_leave_the_same_books_in_any_order(
    door: FlaskClient, session: Session, donation: Donation, order: tuple[dict[str, Any], ...]
) -> None:
    for event in order:
        assert [send(door, event) for _ in range(2)] == [200, 200]
        settle(session)
    assert (donation.state, donation.refunded_minor, donation.fee_minor) == ("partly_refunded", 500, 44)
    assert donation.capture_reference == "pi_1"
    assert balance_of(session, donation.id) == {"provider": 706, "donations": -750, "fees": 44}
    assert session.scalars(select(func.count()).select_from(PaymentEvent)).one() == 3


def test_a_charge_on_another_organisations_account_is_never_booked(
    door: FlaskClient, session: Session, donation: Donation
) -> None:
    assert send(door, PAID | {"account": "acct_somebody_else"}) == 200
    run_due("money")
    assert donation.state == "pending"
    task = session.scalars(select(Task).where(Task.name == "credit.settle")).one()
    assert task.dead_at is not None
    assert "acct_somebody_else" in (task.last_error or "")


def test_a_card_that_was_given_is_taken_for_its_own_monthly_gift_once(
    door: FlaskClient, session: Session, donation: Donation
) -> None:
    monthly.begin(session, donation)
    gift = session.scalars(select(MonthlyGift)).one()
    gift.state, gift.reference = "active", "sub_1"
    session.flush()
    given = objects.event("checkout.session.completed", objects.card_page())
    assert [send(door, given) for _ in range(2)] == [200, 200]
    settle(session)
    taken = session.scalars(select(Task.args).where(Task.name == "monthly.take_card")).all()
    assert taken == [{"gift_id": gift.id}]
    assert monthly.card_given(session, gift.id) == Card("stripe", ACCOUNT, "sub_1", "seti_1")
    assert donation.state == "pending"


@pytest.mark.parametrize(
    "broken", [{"livemode": True}, {"account": None}], ids=["of live money", "of no connected account"]
)
def test_an_event_that_is_not_for_us_is_400_and_leaves_no_row(
    door: FlaskClient, session: Session, donation: Donation, broken: dict[str, Any]
) -> None:
    assert send(door, PAID | broken) == 400
    assert session.scalars(select(PaymentEvent)).all() == []


def test_a_bad_signature_is_400_and_a_body_of_10_mb_is_413(
    door: FlaskClient, session: Session, donation: Donation
) -> None:
    assert send(door, PAID, **{"Stripe-Signature": "t=1,v1=2"}) == 400
    assert send(door, PAID | {"filler": "x" * 10_000_000}) == 413
    assert session.scalars(select(PaymentEvent)).all() == []


def test_where_stripe_has_to_be_asked_and_does_not_answer_it_tells_again(
    door: FlaskClient, session: Session, wire: Wire
) -> None:
    wire.broken = True
    assert send(door, FEE) == 503
    assert session.scalars(select(PaymentEvent)).all() == []


def test_an_event_of_a_type_we_do_not_know_is_taken_and_kept_nowhere(
    door: FlaskClient, session: Session
) -> None:
    assert send(door, objects.event("customer.created", {"id": "cus_1", "object": "customer"})) == 200
    assert session.scalars(select(PaymentEvent)).all() == []


def test_the_settings_open_a_gateway_of_the_real_sdk(settings: Settings, at_stripe: Flask) -> None:
    from app.gateways.payments.registry import open_gateway

    opened = open_gateway(at_stripe.extensions["settings"])
    assert opened is not None
    assert (opened.name, opened.capabilities().test_mode) == ("stripe", True)
