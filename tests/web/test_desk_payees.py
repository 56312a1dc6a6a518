"""Connecting an account at Stripe: there, back, and ready when Stripe says so. The SDK is the real one."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.nonprofits import payees
from app.nonprofits.models import Nonprofit
from tests.factories import member, nonprofit, person
from tests.gateways.stripe import objects
from tests.gateways.stripe.wire import ACCOUNT, Wire, refusal
from tests.web.conftest import sign_in_as

LINK = {
    "object": "account_link",
    "url": "https://connect.stripe.com/setup/s/1",
    "created": 1,
    "expires_at": 2,
}
WANTS = {"currently_due": ["external_account", "individual.verification.document", "some.new_name"]}
ASKED_ABOUT = objects.account(charges_enabled=False, requirements=WANTS)


@pytest.fixture
def at(session: Session) -> Nonprofit:
    return nonprofit(session, receives=False)


@pytest.fixture
def finance(at_stripe: Flask, session: Session, at: Nonprofit) -> FlaskClient:
    who = person(session)
    member(session, at, who, "finance")
    return sign_in_as(at_stripe.test_client(), who)


def leave(finance: FlaskClient, at: Nonprofit, wire: Wire) -> str:
    """Go to Stripe; the word by which the way back is known."""
    wire.put("POST", "accounts", ASKED_ABOUT)
    wire.put("POST", "account_links", LINK)
    left = finance.post(f"/desk/{at.code}/payments/connect")
    assert (left.status_code, left.location) == (303, LINK["url"])
    return parse_qs(urlsplit(wire.last.sent["return_url"]).query)["state"][0]


def test_somebody_goes_to_stripe_and_comes_back_with_an_account_that_can_receive(
    finance: FlaskClient, session: Session, at: Nonprofit, wire: Wire
) -> None:
    state = leave(finance, at, wire)
    begun = payees.account_of(session, at)
    assert begun is not None
    assert (begun.reference, begun.provider, begun.ready) == (ACCOUNT, "stripe", False)
    wire.put("GET", f"accounts/{ACCOUNT}", objects.account())
    page = finance.get(f"/desk/{at.code}/payments/return?state={state}", follow_redirects=True).text
    assert "Connected. Gifts go straight to this account." in page
    assert begun.ready is True


def test_an_account_that_is_not_ready_says_what_is_missing_and_where_to_go_on(
    finance: FlaskClient, session: Session, at: Nonprofit, wire: Wire
) -> None:
    state = leave(finance, at, wire)
    wire.put("GET", f"accounts/{ACCOUNT}", ASKED_ABOUT)
    page = finance.get(f"/desk/{at.code}/payments/return?state={state}", follow_redirects=True).text
    for words in (
        "Not ready yet",
        "The bank account that money is paid out to",
        "Go on at the payment service",
    ):
        assert words in page
    assert "A few more questions" in page
    assert "still needs something" in finance.get(f"/desk/{at.code}").text
    finance.post(f"/desk/{at.code}/payments/connect")
    assert [call.path for call in wire.calls].count("/v1/accounts") == 1
    wire.answers["GET", f"/v1/accounts/{ACCOUNT}"].clear()
    wire.put("GET", f"accounts/{ACCOUNT}", objects.account())
    assert "Connected." in finance.post(f"/desk/{at.code}/payments/check", follow_redirects=True).text


@pytest.mark.parametrize("state", ["", "?state=", "?state=guessed"])
def test_a_way_back_that_nobody_began_changes_nothing(
    finance: FlaskClient, session: Session, at: Nonprofit, wire: Wire, state: str
) -> None:
    leave(finance, at, wire)
    asked = len(wire.calls)
    page = finance.get(f"/desk/{at.code}/payments/return{state}", follow_redirects=True).text
    assert "was not started here" in page
    account = payees.account_of(session, at)
    assert account is not None
    assert account.ready is False
    assert len(wire.calls) == asked


def test_a_way_back_is_gone_once(finance: FlaskClient, at: Nonprofit, wire: Wire) -> None:
    state = leave(finance, at, wire)
    wire.put("GET", f"accounts/{ACCOUNT}", ASKED_ABOUT)
    finance.get(f"/desk/{at.code}/payments/return?state={state}")
    again = finance.get(f"/desk/{at.code}/payments/return?state={state}", follow_redirects=True).text
    assert "was not started here" in again


@pytest.mark.parametrize(("status", "words"), [(500, "does not answer"), (403, "did not accept this")])
def test_a_provider_in_trouble_is_told_in_words_and_leaves_nothing(
    finance: FlaskClient, session: Session, at: Nonprofit, wire: Wire, status: int, words: str
) -> None:
    wire.put("POST", "accounts", refusal("invalid_request_error", ""), status=status)
    page = finance.post(f"/desk/{at.code}/payments/connect", follow_redirects=True).text
    assert words in page
    assert payees.account_of(session, at) is None


def test_a_form_may_lead_to_stripes_pages(finance: FlaskClient, at: Nonprofit, wire: Wire) -> None:
    policy = finance.get(f"/desk/{at.code}/payments").headers["Content-Security-Policy"]
    targets = next(part for part in policy.split("; ") if part.startswith("form-action"))
    assert "https://checkout.stripe.com" in targets
    assert "https://connect.stripe.com" in targets
