"""Back from the pay page without having paid: nothing that was written is lost, and one page can be paid."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.gateways.models import SandboxPayment
from app.gateways.payments.contract import EventKind
from app.projects.models import Project
from tests import factories
from tests.web.test_giving import LOST, fill_in, give, pay
from workers import credit

WORDS = {"name": "Dora Ó", "public_message": "For the swing", "private_note": "In memory of Ann"}


pytestmark = pytest.mark.usefixtures("hooks")


def states(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(SandboxPayment.state).order_by(SandboxPayment.id)))


def test_what_was_written_stands_in_the_form_again_and_changed_it_closes_the_first_page(
    client: FlaskClient, session: Session, project: Project
):
    address = f"/v/{factories.video(session, carries=project).code}/donate"
    give(client, address, frequency="monthly", amount="€ 10", **WORDS)
    page = client.get(address)
    assert page.headers["Cache-Control"] == "no-store"
    for said in ('value="10"', 'value="dora@example.org"', "not paid yet", *WORDS.values()):
        assert said in page.text, said
    again = fill_in(client, address)["idempotency"]
    assert give(client, address, amount="20").startswith("http")
    assert states(session) == ["cancelled", "open"]
    assert 'value="20"' in client.get(f"/p/{project.code}/donate").text
    assert again == fill_in(client, address)["idempotency"]


def test_an_empty_form_shows_nothing_and_closes_the_first_page_too(
    client: FlaskClient, session: Session, project: Project
):
    address = f"/p/{project.code}/donate"
    give(client, address, **WORDS)
    assert "Dora" not in client.get(f"{address}?empty=1").text
    give(client, f"{address}?empty=1", amount="3")
    assert states(session) == ["cancelled", "open"]
    other = client.get(f"/p/{factories.project(session).code}/donate").text
    assert "Dora" not in other
    assert "not paid yet" not in other


def test_a_gift_that_is_paid_and_unheard_does_not_stand_in_the_way_of_another(
    client: FlaskClient, session: Session, project: Project
):
    address = f"/p/{project.code}/donate"
    pay(client, give(client, address, **WORDS), LOST)
    assert "Dora" not in client.get(address).text
    assert "/sandbox/pay/" in give(client, address, amount="3")
    assert states(session) == ["paid", "open"]


@pytest.mark.parametrize("state", ["lost", "refunded", "disputed"])
def test_nobody_is_thanked_for_a_gift_that_went_back_or_may_go_back(
    client: FlaskClient, session: Session, project: Project, state: str
):
    gift = factories.donation(session, to=project)
    gift.state = state
    session.flush()
    page = client.get(f"/d/{gift.code}")
    assert page.status_code == 200
    assert "Thank you" not in page.text
    assert "Your bank" in page.text or "given back" in page.text


def test_a_gift_of_which_a_part_went_back_says_what_stays(
    client: FlaskClient, session: Session, project: Project
):
    gift = factories.donation(session, to=project)
    for kind, values in (
        (EventKind.SUCCEEDED, {}),
        (EventKind.REFUNDED, {"amount_minor": 400, "part": "re"}),
    ):
        credit.settle(session, event_ids=[factories.event(session, gift, kind, **values).id])
    page = client.get(f"/d/{gift.code}")
    assert page.status_code == 200
    for said in (
        "Thank you",
        "€6.00 of your gift stays with",
        "The rest was given back",
        "Your receipt (PDF)",
    ):
        assert said in page.text, said
    assert "€10.00" not in page.text


@pytest.mark.parametrize("address", ["/sign-in", "/sign-up", "/reset", "/gifts"])
def test_a_form_that_is_refused_is_answered_with_422(client: FlaskClient, address: str):
    assert client.get(address).status_code == 200
    assert client.post(address, data={}).status_code == 422
