"""The webhook's door: only what the provider signed comes in, and once."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from werkzeug.test import Client

from app.core import clock, runtime
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.settings import Settings
from app.credit.models import Credit
from app.donations.models import Donation, PaymentEvent
from app.gateways.payments.sandbox import messages, signature
from app.nonprofits.models import PaymentAccount
from app.web import create_app
from app.web.hooks.door import MAX_BODY_BYTES
from tests import factories
from workers.runner import run_due


def body_about(session: Session, donation: Donation, **changes: Any) -> bytes:
    account = session.get_one(PaymentAccount, donation.payment_account_id)
    return messages.encode(
        {
            "id": "event-1",
            "kind": "payment.succeeded",
            "created": int(clock.now().timestamp()),
            "test": True,
            "account": account.reference,
            "payment": donation.reference,
            "amount_minor": donation.amount_minor,
            "fee_minor": 29,
            "currency": donation.currency,
            **changes,
        }
    )


def send(
    client: FlaskClient, settings: Settings, raw_body: bytes, provider: str = "sandbox", **headers: str
) -> int:
    signed = {signature.HEADER: signature.sign(settings.sandbox_secret, raw_body, clock.now()), **headers}
    return client.post(f"/hooks/{provider}", data=raw_body, headers=signed).status_code


def kept(session: Session) -> tuple[int, int]:
    events = session.scalars(select(func.count()).select_from(PaymentEvent)).one()
    return events, session.scalars(
        select(func.count()).select_from(Task).where(Task.name == "credit.settle")
    ).one()


@pytest.fixture
def donation(session: Session) -> Donation:
    return factories.donation(session, to=factories.project(session))


def test_a_signed_event_is_kept_with_its_task_and_once(
    client: FlaskClient, session: Session, settings: Settings, donation: Donation
):
    raw_body = body_about(session, donation)
    assert [send(client, settings, raw_body) for _ in range(2)] == [200, 200]
    assert kept(session) == (1, 1)
    run_due("money")
    assert donation.state == "paid"


def test_a_bad_signature_is_400_and_leaves_no_row(
    client: FlaskClient, session: Session, settings: Settings, donation: Donation
):
    raw_body = body_about(session, donation)
    for header in ("", "t=1,v1=2", signature.sign("wrong", raw_body, clock.now())):
        assert send(client, settings, raw_body, **{signature.HEADER: header}) == 400
    assert kept(session) == (0, 0)


def test_a_body_altered_by_a_byte_is_400_and_leaves_no_row(
    client: FlaskClient, session: Session, settings: Settings, donation: Donation
):
    raw_body = body_about(session, donation)
    signed = signature.sign(settings.sandbox_secret, raw_body, clock.now())
    altered = raw_body.replace(b'"amount_minor":1000', b'"amount_minor":1001')
    assert altered != raw_body
    assert send(client, settings, altered, **{signature.HEADER: signed}) == 400
    assert kept(session) == (0, 0)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_stale_or_future_signature_is_400_and_leaves_no_row(
    client: FlaskClient, session: Session, settings: Settings, donation: Donation, minutes: int
):
    raw_body = body_about(session, donation)
    then = clock.now() + timedelta(minutes=minutes)
    signed = signature.sign(settings.sandbox_secret, raw_body, then)
    assert send(client, settings, raw_body, **{signature.HEADER: signed}) == 400
    assert kept(session) == (0, 0)


def test_a_signed_live_event_and_one_that_is_not_utf_8_are_400_and_leave_no_row(
    client: FlaskClient, session: Session, settings: Settings, donation: Donation
):
    for raw_body in (body_about(session, donation, test=False), b"\xff\xfe" + body_about(session, donation)):
        assert send(client, settings, raw_body) == 400
    assert kept(session) == (0, 0)


@pytest.mark.parametrize("figure", ["amount_minor", "fee_minor"])
def test_a_signed_event_of_more_than_the_books_can_hold_is_400_and_leaves_no_row(
    client: FlaskClient, session: Session, settings: Settings, donation: Donation, figure: str
):
    raw_body = body_about(session, donation, **{figure: 99999999999999999999})
    assert send(client, settings, raw_body) == 400
    assert kept(session) == (0, 0)


def test_an_event_of_another_account_is_kept_for_a_person_and_pays_nothing(
    client: FlaskClient, session: Session, settings: Settings, donation: Donation
):
    assert send(client, settings, body_about(session, donation, account="somebody-else")) == 200
    run_due("money")
    assert donation.state == "pending"
    task = session.scalars(select(Task).where(Task.name == "credit.settle")).one()
    assert task.dead_at is not None


def test_an_answer_that_is_lost_after_the_commit_is_asked_for_again_and_counts_once(
    client: FlaskClient, app: Flask, session: Session, settings: Settings, donation: Donation
):
    raw_body = body_about(session, donation)

    def cut_off(environ: Any, _start_response: Any) -> Iterator[bytes]:
        list(app(environ, lambda *_: lambda _: None))
        raise ConnectionResetError

    signed = {signature.HEADER: signature.sign(settings.sandbox_secret, raw_body, clock.now())}
    with pytest.raises(ConnectionResetError):
        Client(cut_off).post("/hooks/sandbox", data=raw_body, headers=signed)
    assert kept(session) == (1, 1)
    assert send(client, settings, raw_body) == 200
    run_due("money")
    assert (kept(session), donation.captured_minor) == ((1, 1), 1000)


def test_a_signed_event_that_the_database_cannot_hold_is_422_and_leaves_no_row(
    client: FlaskClient, session: Session, settings: Settings, donation: Donation
):
    assert send(client, settings, body_about(session, donation, reason="a \0 within")) == 422
    assert kept(session) == (0, 0)


def test_an_unknown_provider_is_404(
    client: FlaskClient, session: Session, settings: Settings, donation: Donation
):
    assert send(client, settings, body_about(session, donation), provider="stripe") == 404
    assert kept(session) == (0, 0)


def test_a_body_beyond_the_limit_is_413(client: FlaskClient, session: Session, settings: Settings):
    for size in (MAX_BODY_BYTES + 1, 10 * 1024 * 1024):
        assert send(client, settings, b"x" * size) == 413
    assert kept(session) == (0, 0)


@pytest.fixture
def closed(settings: Settings) -> Iterator[Flask]:
    yield create_app(settings.model_copy(update={"payment_provider": "none"}))
    runtime.start(settings)


def test_where_payments_are_switched_off_even_a_signed_event_is_404(
    session: Session, settings: Settings, closed: Flask, donation: Donation
):
    with closed.test_client() as client:
        assert send(client, settings, body_about(session, donation)) == 404
        assert client.get("/sandbox").status_code == 404
        assert client.get("/sandbox/api/events").status_code == 404
    assert kept(session) == (0, 0)


def test_the_same_event_many_times_at_once_is_one_credit(live_database: Settings):
    with unit_of_work() as session:
        donation = factories.donation(session, to=factories.project(session))
        raw_body = body_about(session, donation)
    app = create_app(live_database)
    with unit_of_work() as session:
        pool = session.get_bind()
    answers = at_once(8, lambda: send_from(app, live_database, raw_body))
    assert answers == [200] * 8
    at_once(4, lambda: run_due("money"))
    with unit_of_work() as session:
        assert kept(session) == (1, 1)
        assert session.scalars(select(Credit.amount_minor)).all() == [1000]
        assert session.get_one(Donation, donation.id).state == "paid"
    assert isinstance(pool, Engine)
    pool.dispose()


def send_from(app: Flask, settings: Settings, raw_body: bytes) -> int:
    with app.test_client() as client:
        return send(client, settings, raw_body)


def at_once(many: int, work: Any) -> list[Any]:
    barrier, results = threading.Barrier(many), list[Any]()

    def run() -> None:
        barrier.wait()
        results.append(work())

    threads = [threading.Thread(target=run) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
