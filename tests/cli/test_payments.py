"""`kindrelay payments check` against the real site, with a wire under the real SDK in the place of Stripe."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session

from app.cli import main
from app.core import runtime
from app.core.settings import Settings
from app.gateways import traffic
from app.gateways.payments.stripe.events import MEANINGS
from app.web import create_app
from tests.gateways.stripe import objects
from tests.gateways.stripe.wire import ACCOUNT, KEY, SECRET, Wire, listed, refusal

HOOK = "http://give.example.org/hooks/stripe"
ENDPOINT = {"id": "we_1", "object": "webhook_endpoint", "url": HOOK, "status": "enabled"}
OPEN = objects.session(status="open", url="https://checkout.stripe.com/c/pay/cs_test_a1")


@pytest.fixture(scope="module")
def site(settings: Settings) -> Iterator[Flask]:
    changes = {
        "payment_provider": "stripe",
        "base_url": "http://give.example.org",
        "stripe_secret_key": KEY,
        "stripe_webhook_secret": SECRET,
    }
    yield create_app(settings.model_copy(update=changes))
    runtime.start(settings)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    made = Wire()
    monkeypatch.setattr("app.gateways.payments.stripe.client.RequestsClient", lambda **_: made)
    made.put("GET", "account", objects.account(id="acct_platform"))
    made.put("GET", "accounts", listed(objects.account(), objects.account(charges_enabled=False)))
    made.put("GET", "webhook_endpoints", listed(ENDPOINT | {"enabled_events": list(MEANINGS)}))
    return made


def run(site: Flask, monkeypatch: pytest.MonkeyPatch, *words: str, **changes: Any) -> Result:
    settings = site.extensions["settings"].model_copy(update=changes)
    monkeypatch.setattr("app.cli.payments.boot", lambda: settings)
    with traffic.routed(httpx.WSGITransport(site)):
        return CliRunner().invoke(main, ["payments", "check", *words])


def test_when_all_is_in_order_it_says_so_and_exits_0(
    session: Session, site: Flask, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.put("GET", f"accounts/{ACCOUNT}", objects.account())
    wire.put("POST", "checkout/sessions", OPEN)
    wire.put("GET", "checkout/sessions/cs_test_a1", OPEN)
    wire.put("POST", "checkout/sessions/cs_test_a1/expire", objects.session(status="expired"))
    done = run(site, monkeypatch, "--account", ACCOUNT, "--session", "--currency", "jpy")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "ok    The settings: stripe, test mode, no money moves",
        f"ok    {HOOK} turns away what is not signed: it does",
        "ok    The key is a platform's at Stripe: acct_platform in NL, test mode",
        "ok    Connected accounts can be listed: 2 of them, 1 can receive",
        f"ok    Stripe has a webhook endpoint for {HOOK}: we_1, told of all that matters",
        "ok    This site believes what signing secret 1 of 1 has signed: it does",
        f"ok    The account {ACCOUNT}: can receive",
        f"ok    A payment page opens: cs_test_a1 at {OPEN['url']}",
        "ok    It closes again: cs_test_a1",
        "All is in order.",
    ]
    opened = next(call for call in wire.calls if call.path == "/v1/checkout/sessions")
    assert opened.sent["line_items[0][price_data][unit_amount]"] == "100"
    assert opened.headers["Stripe-Account"] == ACCOUNT


@pytest.mark.parametrize(
    ("endpoints", "words"),
    [
        ([], "none; make one"),
        ([ENDPOINT | {"enabled_events": ["*"], "status": "disabled"}], "switched off"),
        (
            [ENDPOINT | {"enabled_events": sorted(set(MEANINGS) - {"refund.failed"})}],
            "not told of refund.failed",
        ),
    ],
)
def test_a_webhook_endpoint_that_would_miss_something_is_named(
    session: Session,
    site: Flask,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    endpoints: list[dict[str, Any]],
    words: str,
) -> None:
    wire.answers["GET", "/v1/webhook_endpoints"].clear()
    wire.put("GET", "webhook_endpoints", listed(*endpoints))
    done = run(site, monkeypatch)
    assert done.exit_code == 1
    assert words in done.output


def test_a_secret_that_the_site_does_not_have_is_found(
    session: Session, site: Flask, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(site, monkeypatch, stripe_webhook_secret=f"{SECRET} whsec_{'0' * 32}")
    assert done.exit_code == 1
    assert "ok    This site believes what signing secret 1 of 2 has signed" in done.output
    assert "FAIL  This site believes what signing secret 2 of 2 has signed: 400" in done.output


def test_a_key_that_stripe_does_not_know_is_told_in_its_words(
    session: Session, site: Flask, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.answers["GET", "/v1/account"].clear()
    wire.put("GET", "account", refusal("invalid_request_error", "", "Invalid API Key."), status=401)
    done = run(site, monkeypatch)
    assert done.exit_code == 1
    assert "Invalid API Key." in done.output


def test_live_keys_open_no_page(
    session: Session, site: Flask, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.put("GET", f"accounts/{ACCOUNT}", objects.account())
    words = ("--account", ACCOUNT, "--session")
    done = run(site, monkeypatch, *words, stripe_secret_key="sk_live_" + "4" * 24)
    assert done.exit_code == 1
    assert "the keys are live" in done.output
    assert "POST" not in {call.method for call in wire.calls}


def test_where_nobody_can_give_that_is_what_is_wrong(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(site, monkeypatch, payment_provider="none")
    assert (done.exit_code, "nobody can give" in done.output) == (1, True)


def test_a_page_is_opened_at_an_account(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(site, monkeypatch, "--session")
    assert done.exit_code == 2
    assert "--account" in done.output
