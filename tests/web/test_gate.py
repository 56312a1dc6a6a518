"""The donate form at the gate: what a donor sees when it asks for more, and when it closes."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock, runtime
from app.core.models import Alert
from app.core.settings import Settings
from app.donations import form_token
from app.donations.gate import Outcome
from app.donations.gate_rules import Answer
from app.donations.givers import giver
from app.donations.models import Donation
from app.gateways.models import KeptMail, SandboxPayment
from app.projects.models import Project
from app.web import create_app
from tests import factories
from workers.runner import run_due

PAYS, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"


pytestmark = pytest.mark.usefixtures("hooks", "minute")


@pytest.fixture
def minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock at whose beginning a minute begins: what lies in the window before counts for less."""
    real = clock.now
    ahead = timedelta(seconds=real().timestamp() % 60)
    monkeypatch.setattr(clock, "now", lambda: real() - ahead)


def send(client: FlaskClient, project: Project, address: str, **changes: str):
    """The form, filled in by a new browser at an IP address."""
    fresh = client.application.test_client()
    at = {"REMOTE_ADDR": address}
    page = fresh.get(f"/p/{project.code}/donate", environ_base=at).text
    token = re.search(r'name="idempotency"[^>]*value="(\w+)"', page)
    assert token
    typed = {"amount": "12.50", "name": "Dora", "idempotency": token[1], **changes}
    return fresh.post(f"/p/{project.code}/donate", data=typed, environ_base=at)


def fail(client: FlaskClient, project: Project, address: str, times: int = 1) -> None:
    """Payments that are opened and declined."""
    for _ in range(times):
        answer = send(client, project, address)
        assert answer.status_code == 303
        client.post(answer.location, data={"card": DECLINED})
    run_due("money", "outbound")


def payments(session: Session) -> int:
    return session.scalars(select(func.count()).select_from(SandboxPayment)).one()


def failed_before(client: FlaskClient, project: Project, addresses: Sequence[str], email: str = "") -> None:
    """Payments that were declined earlier, one an address; only the gate knows of them."""
    gate, secret = client.application.extensions["gate"], runtime.settings().secret_key
    now = clock.now()
    # Not before this window of ten minutes began: what lies in the one before counts for less.
    at = max(now - timedelta(seconds=90), now - timedelta(seconds=now.timestamp() % 600))
    for number, address in enumerate(addresses):
        payment = f"payment-{number}"
        who = giver(secret, address, payment, payment, email)
        assert gate.ask(payment, who, str(project.id), at).answer is Answer.PASS
        gate.learn([Outcome(payment, str(project.id), payment, succeeded=False)], at)


def test_an_address_whose_payments_fail_proves_a_mailbox_first(
    client: FlaskClient, session: Session, project: Project
):
    fail(client, project, "45.0.0.1", times=3)
    answer = send(client, project, "45.0.0.1", private_note="kept words")
    assert answer.status_code == 422
    for said in ("Write your email", "kept words"):
        assert said in answer.text
    assert payments(session) == 3
    assert send(client, project, "45.0.0.2").status_code == 303


def test_the_mailed_link_opens_the_payment_and_only_when_a_button_is_pressed(
    client: FlaskClient, session: Session, project: Project
):
    fail(client, project, "45.0.0.1", times=3)
    answer = send(client, project, "45.0.0.1", email="dora@example.org")
    assert answer.location.endswith("/gifts/mailbox")
    assert "Check your inbox" in client.get(answer.location).text
    run_due("outbound")
    [mail] = session.scalars(select(KeptMail))
    assert (mail.to, "€12.50" in mail.text) == ("dora@example.org", True)
    link = re.search(r"http://127.0.0.1:8000(/d/\w+/confirm)", mail.text)
    assert link
    assert "Go on to payment" in client.get(link[1]).text
    assert payments(session) == 3
    pay_url = client.post(link[1]).location
    assert "/sandbox/pay/" in pay_url
    assert client.post(link[1]).location.endswith("/pay")
    assert payments(session) == 4
    client.post(pay_url, data={"card": PAYS})
    run_due("outbound", "money")
    states = session.scalars(select(Donation.state).order_by(Donation.id)).all()
    assert states == ["failed", "failed", "failed", "paid"]


def test_a_link_that_was_never_mailed_opens_nothing(client: FlaskClient, session: Session, project: Project):
    donation = factories.donation(session, to=project, reference=None, pay_url=None)
    answer = client.post(f"/d/{donation.code}/confirm")
    assert answer.status_code == 429
    assert "Nothing was charged" in answer.text
    assert payments(session) == 0


def test_an_attack_from_many_addresses_asks_strangers_and_lets_known_ones_through(
    client: FlaskClient, session: Session, project: Project
):
    pay_url = send(client, project, "192.0.2.7").location
    client.post(pay_url, data={"card": PAYS})
    run_due("outbound", "money")
    failed_before(client, project, [f"45.0.0.{number}" for number in range(10)])
    assert send(client, project, "45.0.1.1").status_code == 422
    assert send(client, project, "192.0.2.7").status_code == 303
    other = factories.project(session)
    assert send(client, other, "45.0.1.1").status_code == 303
    [alert] = session.scalars(select(Alert))
    assert (alert.kind, alert.subject) == ("attack", f"project:{project.code}")


def test_who_failed_too_often_is_told_what_to_do_and_nothing_is_kept(
    client: FlaskClient, session: Session, project: Project
):
    failed_before(client, project, [f"45.0.0.{number}" for number in range(5)], "a.b+c@gmail.com")
    answer = send(client, project, "45.0.9.9", email="ab@gmail.com", private_note="kept words")
    assert answer.status_code == 429
    for said in ("come back tomorrow", "Nothing was charged", "kept words"):
        assert said in answer.text
    assert session.scalars(select(Donation)).all() == []


def test_a_page_on_which_three_cards_failed_is_closed(
    client: FlaskClient, session: Session, project: Project
):
    pay_url = send(client, project, "45.0.0.1").location
    for _ in range(3):
        client.post(pay_url, data={"card": DECLINED})
    run_due("money", "outbound")
    run_due("outbound")
    [donation] = session.scalars(select(Donation).execution_options(populate_existing=True))
    assert donation.pay_url is None
    client.post(pay_url, data={"card": PAYS})
    run_due("money", "outbound")
    assert donation.state == "expired"
    assert f"/p/{project.code}/donate" in client.get(f"/d/{donation.code}").text


def test_a_form_without_our_token_or_too_quick_is_shown_once_more(
    client: FlaskClient, session: Session, settings: Settings, project: Project
):
    answer = send(client, project, "45.0.0.1", idempotency="x" * 48, private_note="kept words")
    assert (answer.status_code, "kept words" in answer.text) == (422, True)
    token = re.search(r'name="idempotency"[^>]*value="(\w+)"', answer.text)
    assert token
    assert send(client, project, "45.0.0.1", idempotency=token[1]).status_code == 303
    app = create_app(settings.model_copy(update={"gate_form_seconds": 600}))
    app.config["WTF_CSRF_ENABLED"] = False
    assert send(app.test_client(), project, "45.0.0.1").status_code == 422
    runtime.start(settings)


def test_without_its_counts_the_gate_opens_no_payment_and_says_so(
    session: Session, settings: Settings, project: Project
):
    app = create_app(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        answer = send(app.test_client(), project, "45.0.0.1", private_note="kept words")
    finally:
        create_app(settings)  # the limits and wake-up calls of this process count in the real one again
    assert answer.status_code == 503
    for said in ("try again in a minute", "Nothing was charged", "kept words"):
        assert said in answer.text
    assert payments(session) == 0
    assert session.scalars(select(Donation)).all() == []


def test_a_token_says_its_age_and_cannot_be_made_up(settings: Settings):
    now = clock.now()
    token = form_token.new("secret", now)
    assert token.isalnum()
    assert 0 <= (form_token.age("secret", token, now) or 0) < 1
    assert form_token.age("another", token, now) is None
    assert form_token.age("secret", token[:-1] + ("0" if token[-1] != "0" else "1"), now) is None
    assert form_token.age("secret", "", now) is None
