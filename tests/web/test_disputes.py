"""Why a gift was split as it was, told to each; and what creators and nonprofits do about it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.credit import evidence
from app.credit.models import CreditDispute
from app.donations.models import Donation
from app.gateways.payments.contract import EventKind
from app.projects.models import Project
from app.videos.models import Video
from tests import factories
from tests.web.conftest import sign_in_as
from workers import credit


@pytest.fixture
def project(session: Session) -> Project:
    return factories.project(session)


@pytest.fixture
def first(session: Session, project: Project) -> Video:
    return factories.video(session, carries=project)


@pytest.fixture
def second(session: Session, project: Project) -> Video:
    bo = factories.person(session, "Bo Creator")
    return factories.video(session, bo, carries=project, title="A slide of boats")


@pytest.fixture
def gift(session: Session, first: Video) -> Donation:
    """10.01 from the first video, of which 4.00 were refunded."""
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
