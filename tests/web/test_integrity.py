"""Gifts held out of rankings: the desk sees why and decides; rankings leave them out, money does not."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credit import flags
from app.credit.models import FlagDecision, HeldPart
from app.donations.models import Donation
from app.gateways.payments.contract import EventKind
from app.videos.models import Video
from tests import factories
from tests.web.conftest import sign_in_as
from workers import credit


class Town:
    """Eve's video has the most money, half of it her own; Mal's has more of others' money."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.owner = factories.person(session, "Omar Owner")
        self.nonprofit = factories.nonprofit(session, self.owner)
        self.project = factories.project(session, self.nonprofit)
        self.eve, self.mal = (factories.person(session, name) for name in ("Eve Ardent", "Mal Modest"))
        self.of_eve = factories.video(session, self.eve, carries=self.project, title="Clip of Eve")
        self.of_mal = factories.video(session, self.mal, carries=self.project, title="Clip of Mal")
        self.gives(self.of_eve, "ann@example.org", 1100)
        self.gives(self.of_mal, "ben@example.org", 1500)
        self.own = self.gives(self.of_eve, self.eve.email, 1300)

    def gives(self, video: Video, email: str, minor: int) -> Donation:
        made = factories.donation(self.session, video, email=email, amount_minor=minor)
        credit.settle(self.session, event_ids=[factories.event(self.session, made).id])
        flags.look(self.session, [made.id])
        return made

    @property
    def part(self) -> HeldPart:
        return self.session.scalars(select(HeldPart).execution_options(populate_existing=True)).one()

    @property
    def address(self) -> str:
        return f"/desk/{self.nonprofit.code}/reports"


@pytest.fixture
def town(session: Session) -> Town:
    return Town(session)


@pytest.fixture
def desk(client: FlaskClient, town: Town) -> FlaskClient:
    return sign_in_as(client, town.owner)


def test_a_held_gift_is_shown_with_its_reason_and_decided_with_a_note(
    desk: FlaskClient, session: Session, town: Town
) -> None:
    page = desk.get(f"{town.address}/held").text
    for shown in ("Eve Ardent", "€13.00", "given with the creator's mailbox", town.own.number):
        assert shown in page, shown
    address = f"{town.address}/held/{town.part.code}"
    desk.post(address, data={"decision": "cleared", "note": " "})
    assert "Say what you found" in desk.get(f"{town.address}/held").text
    assert town.part.state == "waiting"
    for decision, note in (("cleared", "Her class gave it."), ("kept", "It was her own after all.")):
        assert desk.post(address, data={"decision": decision, "note": note}).status_code == 303
        assert note in desk.get(f"{town.address}/held?state={decision}").text
        assert town.part.state == decision
    assert "Nothing here" in desk.get(f"{town.address}/held").text
    assert session.scalars(select(FlagDecision.decided_by_id)).all() == [town.owner.id] * 2


@pytest.mark.parametrize(("role", "status"), [("finance", 200), ("editor", 403), ("viewer", 403)])
def test_only_those_who_may_know_donors_read_why(
    client: FlaskClient, session: Session, town: Town, role: str, status: int
) -> None:
    member = factories.person(session)
    factories.member(session, town.nonprofit, member, role)
    sign_in_as(client, member)
    assert client.get(f"{town.address}/held").status_code == status
    assert (f"{town.address}/held" in client.get(town.address).text) == (status == 200)


def test_a_report_is_ordered_without_what_is_held_and_its_money_stays(desk: FlaskClient, town: Town) -> None:
    page, of_videos = desk.get(town.address).text, desk.get(f"{town.address}/videos").text
    assert page.index("Mal Modest") < page.index("Eve Ardent")
    assert of_videos.index("Clip of Mal") < of_videos.index("Clip of Eve")
    assert "€24.00" in page
    assert "Held out of the ranking: €13.00" in re.sub("<[^>]*>", "", page)
    flags.decide(
        town.session, town.nonprofit.id, town.part.code, "cleared", "Her class gave it.", town.owner.id
    )
    page = desk.get(town.address).text
    assert page.index("Eve Ardent") < page.index("Mal Modest")
    assert "Held out of the ranking" not in page


def test_a_project_shows_what_moved_most_without_what_is_held(client: FlaskClient, town: Town) -> None:
    page = client.get(f"/p/{town.project.code}").text
    ranked = page.partition("The videos that moved most")[2].partition("</table>")[0]
    assert ranked.index("€15.00") < ranked.index("€11.00")
    assert "€24.00" not in ranked


def test_gifts_that_a_bank_disputes_are_named_beside_those_that_are_held(
    desk: FlaskClient, session: Session, town: Town
) -> None:
    given = town.gives(town.of_mal, "cat@example.org", 900)
    assert "bank disputes" not in desk.get(f"{town.address}/held").text
    opened = factories.event(session, given, EventKind.DISPUTE_OPENED, 900, part="dp-1")
    credit.settle(session, event_ids=[opened.id])
    page = desk.get(f"{town.address}/held").text
    assert "1 gift that its bank disputes is left out as well" in page
    assert f"/desk/{town.nonprofit.code}/money/disputes" in page
