"""Why a gift was split as it was, told to each; and what creators and nonprofits do about it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock
from app.credit import disputes, evidence
from app.credit.models import CreditDispute
from app.donations.models import Donation
from app.gateways.models import KeptMail
from app.gateways.payments.contract import EventKind
from app.projects.models import Project
from app.reports import decisions
from app.videos.models import Video
from tests import factories
from tests.web.conftest import sign_in_as
from workers import credit, credit_letters
from workers.runner import run_due


@pytest.fixture
def first(session: Session, project: Project) -> Video:
    return factories.video(session, carries=project)


@pytest.fixture
def second(session: Session, project: Project) -> Video:
    bo = factories.person(session, "Bo Creator")
    return factories.video(session, bo, carries=project, title="A slide of boats")


@pytest.fixture
def gift(session: Session, first: Video, second: Video) -> Donation:
    """10.01 from the first of two videos, of which 4.00 were refunded."""
    donation = factories.donation(session, first, amount_minor=1001)
    for kind, minor in ((EventKind.SUCCEEDED, 1001), (EventKind.REFUNDED, 400)):
        credit.settle(session, event_ids=[factories.event(session, donation, kind, minor).id])
    return donation


@pytest.fixture
def dispute(session: Session, gift: Donation, second: Video) -> CreditDispute:
    made = CreditDispute(
        donation_id=gift.id, video_id=second.id, creator_id=second.creator_id, words="I showed the slide."
    )
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def desk(client: FlaskClient, session: Session, project: Project) -> FlaskClient:
    """The browser of an editor of the project's nonprofit."""
    editor = factories.person(session, "Edda Editor")
    factories.member(session, project.nonprofit, editor, "editor")
    return sign_in_as(client, editor)


def at_desk(project: Project, dispute: CreditDispute, step: str = "") -> str:
    return f"/desk/{project.nonprofit.code}/credit/{dispute.code}{step}"


def left(session: Session, donation: Donation) -> dict[int | None, int]:
    return {part.credit.video_id: part.left.minor for part in evidence.parts_of(session, donation.id)}


def test_the_desk_sees_what_a_decision_changes_and_then_makes_it(
    desk: FlaskClient,
    session: Session,
    project: Project,
    gift: Donation,
    first: Video,
    second: Video,
    dispute: CreditDispute,
) -> None:
    listed = desk.get(f"/desk/{project.nonprofit.code}/credit").text
    assert ("Bo Creator" in listed, "Waits for an answer" in listed) == (True, True)
    parts = {f"parts-{first.code}": "1", f"parts-{second.code}": "1", "parts-": ""}
    looked = desk.get(at_desk(project, dispute), query_string=parts).text
    for said in ("I showed the slide.", "€6.01", "€3.00", "-€3.00"):
        assert said in looked, said
    assert left(session, gift) == {first.id: 601}, "looking moves nothing"
    refused = desk.post(at_desk(project, dispute, "/move"), data=parts)
    assert (refused.status_code, "€3.00" in refused.text) == (422, True)
    moved = desk.post(at_desk(project, dispute, "/move"), data={**parts, "reason": "Both of them."})
    assert moved.status_code == 303
    assert left(session, gift) == {first.id: 301, second.id: 300}
    told = desk.get(moved.location).text
    for said in ("Both of them.", "Credit moved", "How it was divided before", "50%", "€5.005", "Refund"):
        assert said in told, said
    assert desk.get(f"/desk/{project.nonprofit.code}/reports/donations/{gift.number}").status_code == 200


@pytest.mark.parametrize(("role", "is_told"), [("owner", True), ("editor", True), ("viewer", False)])
def test_the_overview_tells_those_who_decide_that_a_question_waits(
    client: FlaskClient, session: Session, project: Project, dispute: CreditDispute, role: str, is_told: bool
) -> None:
    member = factories.person(session)
    factories.member(session, project.nonprofit, member, role)
    page = sign_in_as(client, member).get(f"/desk/{project.nonprofit.code}").text
    assert (f"/desk/{project.nonprofit.code}/credit" in page) == is_told
    dispute.outcome, dispute.closed_at = "taken_back", clock.now()
    session.flush()
    assert "waits for your answer" not in client.get(f"/desk/{project.nonprofit.code}").text


def test_those_who_decide_are_mailed_a_question_as_long_as_it_waits(
    session: Session, project: Project, gift: Donation, first: Video
) -> None:
    for role in ("editor", "finance", "viewer"):
        factories.member(
            session, project.nonprofit, factories.person(session, email=f"{role}@example.org"), role
        )
    asked = disputes.ask(session, gift, first.creator_id, first.code, "All saw it <here>.")
    run_due("outbound")
    mails = session.scalars(select(KeptMail).where(KeptMail.text.contains("All saw it <here>."))).all()
    assert {mail.to for mail in mails} >= {"editor@example.org"}
    assert {mail.to for mail in mails}.isdisjoint({"finance@example.org", "viewer@example.org"})
    for mail in mails:
        assert f"/desk/{project.nonprofit.code}/credit/{asked.code}" in mail.text
        assert "All saw it &lt;here&gt;." in mail.html
    disputes.take_back(session, asked)
    to_the_owner = session.scalars(select(Person.id).where(Person.email == mails[0].to)).one()
    assert credit_letters.credit_question(session, dispute_id=asked.id, person_id=to_the_owner) is None
    assert len(mails) == 2


def test_the_desk_leaves_a_split_with_words_and_only_once(
    desk: FlaskClient,
    session: Session,
    project: Project,
    gift: Donation,
    first: Video,
    dispute: CreditDispute,
) -> None:
    assert desk.post(at_desk(project, dispute, "/reject"), data={"reason": " "}).status_code == 422
    answer = {"reason": "The donor told us so."}
    assert desk.post(at_desk(project, dispute, "/reject"), data=answer).status_code == 303
    again = desk.post(at_desk(project, dispute, "/reject"), data=answer)
    assert again.status_code == 422
    assert (dispute.outcome, dispute.reason) == ("rejected", "The donor told us so.")
    assert left(session, gift) == {first.id: 601}


@pytest.mark.parametrize("parts", [{"parts-": "half"}, {"parts-nobody": "1"}, {"parts-": "0"}])
def test_parts_that_make_no_split_are_said_and_move_nothing(
    desk: FlaskClient, project: Project, dispute: CreditDispute, parts: dict[str, str]
) -> None:
    looked = desk.get(at_desk(project, dispute), query_string=parts)
    assert (looked.status_code, "What changes" in looked.text) == (200, False)
    assert desk.post(at_desk(project, dispute, "/move"), data={**parts, "reason": "So."}).status_code == 422
    assert dispute.outcome == "open"


def test_a_creator_sees_an_own_share_and_nothing_of_the_donor_or_of_others(
    client: FlaskClient,
    session: Session,
    project: Project,
    gift: Donation,
    first: Video,
    second: Video,
    dispute: CreditDispute,
) -> None:
    parts = {first.code: 2, second.code: 1}
    decisions.move(session, dispute, parts, "Both.", first.creator_id)
    bo = sign_in_as(client, session.get_one(Person, second.creator_id))
    pages = [bo.get(address).text for address in ("/studio/credit", f"/studio/credit/{gift.number}")]
    for page in pages:
        assert ("Dora" in page, "dora@" in page, first.title in page) == (False, False, False)
    for said in ("≈ 33.3333%", "≈ €3.33667", "€3.34", "Another creator", "I showed the slide.", "Both."):
        assert said in pages[1], said


def test_a_creator_claims_a_gift_that_no_video_has_and_takes_it_back(
    client: FlaskClient, session: Session, project: Project, first: Video
) -> None:
    donation = factories.donation(session, to=project)
    credit.settle(session, event_ids=[factories.event(session, donation).id])
    studio = sign_in_as(client, session.get_one(Person, first.creator_id))
    address = f"/studio/credit/{donation.number}"
    assert address in studio.get("/studio/credit").text
    told = {"video": first.code, "words": "They wrote to me."}
    assert studio.post(address, data={"video": first.code, "words": ""}).status_code == 422
    assert studio.post(address, data=told).status_code == 303
    again = studio.post(address, data=told)
    assert (again.status_code, "You have said so already" in again.text) == (422, True)
    assert studio.post(f"{address}/take-back").status_code == 303
    assert [one.outcome for one in session.scalars(select(CreditDispute))] == ["taken_back"]
    assert "Taken back by" in studio.get("/studio/credit").text
    stranger = sign_in_as(client, factories.person(session))
    assert address not in stranger.get("/studio/credit").text
    assert stranger.get(address).status_code == 404


def test_the_donor_reads_why_at_an_address_that_stays(
    client: FlaskClient, gift: Donation, first: Video
) -> None:
    address = f"/d/{gift.code}/why"
    assert address in client.get(f"/d/{gift.code}").text
    page = client.get(address)
    assert page.headers["Cache-Control"] == "no-store"
    for said in (first.title, "100%", "€10.01", "What was taken back", "€4.00", address):
        assert said in page.text, said
