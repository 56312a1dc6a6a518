"""Webhooks beside the donor's way back, and webhooks that never come, each by the hundreds."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import Engine, insert, select, text

from app.core import clock, tasks
from app.core.db import unit_of_work
from app.core.settings import Settings
from app.finance.models import Reconciliation
from app.gateways import traffic
from app.gateways.models import SandboxEvent
from app.gateways.payments.sandbox import messages, signature
from app.web import create_app
from tests import many
from tests.many import Receiving
from workers.runner import run_due

RUNS, THREADS = 200, 8
SENT, DROPPED_EACH = 2000, 10

CREDITS = text("""
    SELECT d.state, count(c.id) AS credits, sum(c.amount_minor) AS minor
    FROM donation d LEFT JOIN credit c ON c.donation_id = d.id
    WHERE d.reference = ANY(:names) GROUP BY d.id
""")
CODES = text("SELECT reference, code FROM donation WHERE reference = ANY(:names)")
PAYMENTS = text("""
    INSERT INTO sandbox_payment (code, account, idempotency, request, amount_minor, fee_minor, currency,
        description, return_url, state, refunded_minor, created_at, settled_at, card, subscription)
    SELECT reference, :account, reference, '{}', amount_minor, :fee, currency, '', '', 'paid', 0, now(),
        now(), '', ''
    FROM donation WHERE reference = ANY(:names)
""")


@pytest.fixture
def app(live_database: Settings) -> Iterator[Flask]:
    """The application on a database of its own, where everything is committed; it is the provider, too."""
    made = create_app(live_database)
    with traffic.routed(httpx.WSGITransport(made)):
        yield made
    with unit_of_work() as session:
        pool = session.get_bind()
    assert isinstance(pool, Engine)
    pool.dispose()


def body_of(to: Receiving, name: str) -> dict[str, Any]:
    return {
        "id": f"event-{name}",
        "kind": "payment.succeeded",
        "created": int(clock.now().timestamp()),
        "test": True,
        "account": to.account,
        "payment": name,
        "amount_minor": many.AMOUNT,
        "fee_minor": many.FEE,
        "currency": many.CURRENCY,
    }


def send(app: Flask, settings: Settings, to: Receiving, name: str) -> None:
    raw = messages.encode(body_of(to, name))
    headers = {signature.HEADER: signature.sign(settings.sandbox_secret, raw, clock.now())}
    with app.test_client() as client:
        assert client.post("/hooks/sandbox", data=raw, headers=headers).status_code == 200


def come_back(app: Flask, code: str) -> None:
    with app.test_client() as client:
        assert client.get(f"/d/{code}").status_code == 200


def by_threads(work: Callable[[str], object], names: Sequence[str]) -> None:
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, names))


def credits(names: Sequence[str]) -> list[tuple[Any, ...]]:
    with unit_of_work() as session:
        return [tuple(row) for row in session.execute(CREDITS, {"names": names})]


def test_a_webhook_before_during_or_after_the_way_back_is_one_credit(app: Flask, live_database: Settings):
    to = many.receiving()
    names = {when: many.begin(to, when, RUNS) for when in ("before", "during", "after")}
    every = [name for some in names.values() for name in some]
    with unit_of_work() as session:
        codes = dict(session.execute(CODES, {"names": every}).all())

    def webhook(name: str) -> None:
        send(app, live_database, to, name)

    def both_at_once(name: str) -> None:
        number = int(name.rpartition("-")[2])
        with ThreadPoolExecutor(2) as two:
            told, back = two.submit(webhook, name), two.submit(come_back, app, codes[name])
            told.result()
            back.result()
        if number % 10 == 0:
            run_due("money")

    by_threads(webhook, names["before"])
    run_due("money")
    by_threads(lambda name: come_back(app, codes[name]), names["before"] + names["after"])
    by_threads(both_at_once, names["during"])
    by_threads(webhook, names["after"])
    run_due("money")
    assert credits(every) == [("paid", 1, many.AMOUNT)] * 3 * RUNS


def test_webhooks_that_never_came_are_settled_and_listed_by_reconciliation(
    app: Flask, live_database: Settings
):
    to = many.receiving()
    names = many.begin(to, "sent", SENT)
    dropped = set(names[::DROPPED_EACH])
    with unit_of_work() as session:
        session.execute(PAYMENTS, {"account": to.account, "fee": many.FEE, "names": names})
        session.execute(insert(SandboxEvent), [at_the_provider(body_of(to, name)) for name in names])
    by_threads(lambda name: send(app, live_database, to, name), [one for one in names if one not in dropped])
    run_due("money")
    assert len([row for row in credits(names) if row[0] == "pending"]) == len(dropped) == SENT // DROPPED_EACH
    with unit_of_work() as session:
        tasks.defer(session, "donations.reconcile")
    run_due("money")
    assert credits(names) == [("paid", 1, many.AMOUNT)] * SENT
    with unit_of_work() as session:
        run = session.scalars(select(Reconciliation)).one()
        assert run.seen == SENT
        assert set(run.repaired["events"]) == {f"event-{name}" for name in dropped}
        assert len(run.repaired["events"]) == len(dropped)


def at_the_provider(body: dict[str, Any]) -> dict[str, Any]:
    return {"code": body["id"], "kind": body["kind"], "body": body, "created_at": clock.now()}
