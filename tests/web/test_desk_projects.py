from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.nonprofits.models import Nonprofit
from app.projects import updates
from app.projects.models import Project
from tests import nearby
from tests.factories import donation, member, nonprofit, person, project
from tests.web.conftest import sign_in_as

TYPED = {
    "title": "Draw it into reality",
    "summary": "Children draw what their school needs.",
    "tag": "#Draw It Into Reality",
    "goal": "1,250.50",
    "currency": "USD",
    "story": "# Why\n\nWe build **one drawing a month**.",
    "starts_on": "",
    "ends_on": "",
    "filing_number": "",
    "credit_rule": "position",
    "credit_window_days": "14",
}


@pytest.fixture
def editor(session: Session) -> Person:
    return person(session, "Edda Editor")


@pytest.fixture
def at(session: Session, editor: Person) -> Nonprofit:
    made = nonprofit(session)
    member(session, made, editor, "editor")
    return made


@pytest.fixture
def desk(client: FlaskClient, editor: Person) -> FlaskClient:
    return sign_in_as(client, editor)


def _typed(of: Project, **values: str) -> dict[str, str]:
    rule = {"credit_rule": "linear", "credit_window_days": "7"}
    return {"title": of.title, "summary": of.summary, "story": of.story, **rule, **values}


def test_a_project_is_written_published_told_about_and_closed(
    desk: FlaskClient, session: Session, at: Nonprofit
) -> None:
    answer = desk.post(f"/desk/{at.code}/projects/new", data=TYPED)
    made = session.scalars(select(Project).where(Project.nonprofit_id == at.id)).one()
    here = f"/desk/projects/{made.code}"
    assert (answer.status_code, answer.location) == (303, here)
    assert (made.tag_key, made.goal_minor, made.currency) == ("draw-it-into-reality", 125050, "USD")
    assert (made.credit_rule, made.credit_window_days) == ("position", 14)
    assert "Draft" in desk.get(f"/desk/{at.code}/projects").text
    assert desk.get(f"/p/{made.code}").status_code == 404

    page = desk.post(f"{here}/publish", follow_redirects=True).text
    assert "Creators can put #Draw-It-Into-Reality on their videos now." in page
    assert "Why</h3>" in desk.get(f"/p/{made.code}").text

    told = {"title": "The slide stands", "body": "It **stands**."}
    assert desk.post(f"{here}/updates/new", data=told).location == here
    [update] = updates.of(session, made)
    corrected = {"title": "The slide stands!", "body": "It stands."}
    assert desk.post(f"{here}/updates/{update.code}", data=corrected).location == here
    assert "The slide stands!" in desk.get(here).text

    desk.post(f"{here}/close")
    assert made.status == "closed"
    assert "Publish" not in desk.get(here).text


@pytest.mark.parametrize(("country", "currency"), [("NL", "EUR"), ("CN", "CNY"), ("JP", "JPY")])
def test_a_new_project_is_proposed_in_the_countrys_own_currency(
    client: FlaskClient, session: Session, country: str, currency: str
) -> None:
    owner = person(session)
    at = nonprofit(session, owner, country=country)
    page = sign_in_as(client, owner).get(f"/desk/{at.code}/projects/new").text
    assert f'<option selected value="{currency}">' in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title", "", "Please fill this in."),
        ("goal", "a lot", "Write the amount in digits"),
        ("goal", "0", "more than zero"),
        ("goal", "0.005", "at most 2 decimal places"),
        ("currency", "XTS", "Choose one from the list."),
        ("tag", "!", "A tag has 2 to 50 characters."),
        ("ends_on", "soon", "Write a date such as"),
        ("credit_rule", "mine", "Choose one from the list."),
        ("credit_window_days", "0", "Write a number of days from 1 to 365."),
        ("credit_window_days", "a week", "Write a whole number."),
        ("summary", "x" * 241, "Use at most 240 characters."),
    ],
)
def test_a_bad_field_is_told_beside_it_and_the_rest_is_kept(
    desk: FlaskClient, at: Nonprofit, field: str, typed: str, said: str
) -> None:
    answer = desk.post(f"/desk/{at.code}/projects/new", data={**TYPED, field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert said in answer.text
    assert "one drawing a month" in answer.text


def test_a_taken_tag_is_told_beside_its_field(desk: FlaskClient, session: Session, at: Nonprofit) -> None:
    project(session, tag="draw-it-into-reality")
    answer = desk.post(f"/desk/{at.code}/projects/new", data=TYPED)
    assert 'id="tag-error"' in answer.text
    assert "has this tag already" in answer.text


def test_an_unverified_organisation_cannot_publish_and_is_told_why(
    client: FlaskClient, session: Session
) -> None:
    owner = person(session)
    draft = project(session, nonprofit(session, owner, status="submitted"), status="draft")
    sign_in_as(client, owner)
    here = f"/desk/projects/{draft.code}"
    assert "Your organisation must be verified first." in client.get(here).text
    assert "must be verified first" in client.post(f"{here}/publish", follow_redirects=True).text
    assert draft.status == "draft"


def test_what_cannot_change_is_neither_asked_for_nor_taken(
    desk: FlaskClient, session: Session, at: Nonprofit
) -> None:
    live = project(session, at)
    edit = f"/desk/projects/{live.code}/edit"
    page = desk.get(edit).text
    assert 'name="tag"' not in page
    assert 'name="currency"' not in page
    assert 'name="goal"' in page
    forged = _typed(live, goal="6000", tag="stolen-tag", currency="JPY", title="Better")
    assert desk.post(edit, data=forged).status_code == 303
    assert (live.tag_key != "stolen-tag", live.currency, live.goal_minor) == (True, "EUR", 600_000)


def test_the_goal_stays_once_somebody_gave(desk: FlaskClient, session: Session, at: Nonprofit) -> None:
    live = project(session, at)
    donation(session, to=live, state="paid", captured_minor=1000)
    edit = f"/desk/projects/{live.code}/edit"
    assert 'name="goal"' not in desk.get(edit).text
    assert desk.post(edit, data=_typed(live, goal="1", title="Better")).status_code == 303
    assert (live.goal_minor, live.title) == (500_000, "Better")


def test_a_cover_goes_up_without_its_metadata(desk: FlaskClient, session: Session, at: Nonprofit) -> None:
    live = project(session, at)
    taken = BytesIO()
    exif = Image.Exif()
    exif[0x0110] = "SecretPhone"
    Image.new("RGB", (40, 30), "teal").save(taken, "JPEG", exif=exif.tobytes())
    sent = {"cover": (BytesIO(taken.getvalue()), "cover.jpg")}
    assert desk.post(f"/desk/projects/{live.code}/cover", data=sent).status_code == 303
    page = desk.get(f"/desk/projects/{live.code}").text
    url = next(part.split('"')[0] for part in page.split('src="') if "/covers/" in part.split('"')[0])
    picture = nearby.get(url)
    assert picture.headers["content-type"] == "image/jpeg"
    assert b"SecretPhone" not in picture.content


def test_what_is_no_picture_is_told_beside_its_field(
    desk: FlaskClient, session: Session, at: Nonprofit
) -> None:
    live = project(session, at)
    sent = {"cover": (BytesIO(b"<svg onload=alert(1)>"), "cover.png")}
    page = desk.post(f"/desk/projects/{live.code}/cover", data=sent).text
    assert 'id="cover-error"' in page
    assert live.cover_key is None


def test_why_nobody_can_give_stands_on_the_desk(desk: FlaskClient, session: Session) -> None:
    bare = nonprofit(session, receives=False)
    live = project(session, bare)
    somebody = person(session)
    member(session, bare, somebody, "viewer")
    page = sign_in_as(desk, somebody).get(f"/desk/projects/{live.code}").text
    assert "Nobody can give right now:" in page
    assert "has not connected a payment account" in page


def test_a_viewer_sees_no_buttons(client: FlaskClient, session: Session, at: Nonprofit) -> None:
    viewer = person(session)
    member(session, at, viewer, "viewer")
    live = project(session, at)
    page = sign_in_as(client, viewer).get(f"/desk/projects/{live.code}").text
    for words in ("Write an update", "Close the project", "Put it up", "/edit"):
        assert words not in page
