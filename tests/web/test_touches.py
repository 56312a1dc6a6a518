"""Consent first: nothing is kept of a visitor who has not agreed, and each answer is one press."""

import json

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from redis.exceptions import ConnectionError
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import runtime
from app.core.settings import Settings
from app.credit import relay, touches
from app.credit.models import Touch, VisitorPerson
from app.gateways.touch_stream import TouchStream
from app.nonprofits.models import Nonprofit
from app.projects.models import Project
from app.videos.models import DonationLink, Video
from app.web import create_app
from app.web.cookies import Seals
from tests import factories
from tests.web.conftest import sign_in_as

QUESTION = "May we remember what you watch?"


@pytest.fixture
def video(session: Session) -> Video:
    return factories.video(session, carries=factories.project(session))


def told(client: FlaskClient, video: Video, **headers: str) -> int:
    body = json.dumps({"told": [[video.code, "view", 10]]})
    return client.post("/touches", data=body, content_type="text/plain", headers=headers).status_code


def kept(session: Session, settings: Settings) -> list[Touch]:
    touches.drain(TouchStream(settings.redis_url))
    return list(session.scalars(select(Touch)))


def agree(client: FlaskClient, video: Video, answer: str = "yes") -> None:
    page = f"/v/{video.code}"
    assert client.post("/consent", data={"answer": answer, "next": page}).location == page
    client.get(page)


def test_without_an_answer_nothing_is_kept(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    page = client.get(f"/v/{video.code}")
    assert QUESTION in page.text
    assert "Set-Cookie" not in page.headers or "visitor" not in page.headers["Set-Cookie"]
    assert told(client, video) == 204
    assert kept(session, settings) == []


def test_after_a_yes_a_view_is_kept_under_a_code(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    agree(client, video)
    assert told(client, video) == 204
    [touch] = kept(session, settings)
    assert (touch.video_id, touch.kind, len(touch.visitor)) == (video.id, "view", 22)
    assert QUESTION not in client.get(f"/v/{video.code}").text


def test_after_a_no_the_question_is_gone_and_nothing_is_kept(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    agree(client, video)
    agree(client, video, "no")
    assert client.get_cookie("visitor") is None
    assert QUESTION not in client.get(f"/v/{video.code}").text
    told(client, video)
    assert kept(session, settings) == []


def test_a_browser_that_refuses_for_its_person_is_not_asked_and_not_remembered(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    assert QUESTION not in client.get(f"/v/{video.code}", headers={"Sec-GPC": "1"}).text
    agree(client, video)
    told(client, video, **{"Sec-GPC": "1"})
    assert kept(session, settings) == []


def test_a_forged_visitor_is_nobody(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    agree(client, video)
    client.set_cookie("visitor", "somebody-else")
    told(client, video)
    assert kept(session, settings) == []


def test_a_cookie_is_good_under_its_own_name_alone(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    agree(client, video)
    client.get(f"/v/{video.code}?r=253402214400")
    chosen = client.get_cookie("came_by")
    assert chosen is not None
    client.set_cookie("visit", chosen.value)  # a session that begins in the year 9999
    assert told(client, video) == 204
    assert kept(session, settings) == []


def test_what_a_program_tells_is_kept_and_does_not_count(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    agree(client, video)
    told(client, video, **{"User-Agent": "Googlebot/2.1"})
    [touch] = kept(session, settings)
    assert touch.held == "bot"
    assert touches.counts(session, [video.id]) == {video.id: {"bot": 1}}
    owner = factories.person(session)
    of_video = select(Nonprofit).join(Project).join(DonationLink).where(DonationLink.video_id == video.id)
    at = session.scalars(of_video).one()
    factories.member(session, at, owner, "finance")
    page = sign_in_as(client, owner).get(f"/desk/{at.code}/reports/held").text
    assert video.title in page.partition("Views that do not count")[2]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        '{"told": [["a", "view"]]}',
        '{"told": [["a", "view", "now"]]}',
        '{"told": [["\\u0000", "view", 0]]}',
        '{"told": [["a", "view\\nb", 0]]}',
        '{"told": [["", "", 0]]}',
        '{"told": [["a", "arrive", 0]], "through": "\\u0000"}',
        "\ud7ff" * 3000,
    ],
)
def test_nonsense_is_refused(client: FlaskClient, body: str) -> None:
    assert client.post("/touches", data=body.encode(), content_type="text/plain").status_code in (400, 413)


def test_more_than_a_batch_is_refused(client: FlaskClient, video: Video) -> None:
    body = json.dumps({"told": [[video.code, "view", 0]] * 21})
    assert client.post("/touches", data=body, content_type="text/plain").status_code == 400


def test_only_what_is_sent_is_taken(client: FlaskClient) -> None:
    answer = client.get("/touches")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_behind_a_proxy_an_address_is_the_one_that_the_proxy_tells(
    client: FlaskClient, settings: Settings, video: Video
) -> None:
    agree(client, video)
    behind = create_app(settings.model_copy(update={"trusted_proxies": 1, "address_touches": 1}))
    runtime.start(settings)
    visitor = behind.test_client()
    for name in ("consent", "visitor", "visit"):
        cookie = client.get_cookie(name)
        assert cookie is not None
        visitor.set_cookie(name, cookie.value)
    for address in ("93.184.216.34", "93.184.216.34", "93.184.216.34", "1.1.1.1"):
        told(visitor, video, **{"X-Forwarded-For": address})
    entries = TouchStream(settings.redis_url).read(10)
    assert [entry.marks for entry in entries] == ["", ".", "a", ""]


def test_a_page_whose_touches_could_not_be_taken_is_told_so(
    client: FlaskClient, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unheard(*_: object) -> None:
        raise ConnectionError

    agree(client, video)
    monkeypatch.setattr(TouchStream, "append_all", unheard)
    assert told(client, video) == 503


def test_cookies_from_before_are_good_under_their_own_name_alone() -> None:
    made = str(URLSafeSerializer("secret").dumps("ann", salt="visitor"))
    seals = Seals("secret")
    assert seals["visitor"].close("ann") == made
    assert [seals[name].open(made) for name in ("visitor", "visit")] == ["ann", None]
    assert [Seals("another")["visitor"].open(made), seals["visitor"].open(made[:-1])] == [None, None]


def test_signing_in_says_who_the_visitor_is_from_then_on(
    client: FlaskClient, session: Session, video: Video
) -> None:
    person = factories.person(session)
    agree(client, video)
    client.post("/sign-in", data={"email": person.email, "password": factories.PASSWORD})
    assert session.scalars(select(VisitorPerson.person_id)).all() == [person.id]


def test_each_who_signs_in_is_added_and_what_was_noted_stays(
    client: FlaskClient, session: Session, video: Video
) -> None:
    people = [factories.person(session) for _ in range(2)]

    def sign_in(email: str) -> None:
        client.post("/sign-in", data={"email": email, "password": factories.PASSWORD})

    sign_in(people[0].email)
    assert session.scalars(select(VisitorPerson.person_id)).all() == [], "nobody has agreed to be known"
    agree(client, video)
    for person in people:
        sign_in(person.email)
    linked = select(VisitorPerson.person_id).order_by(VisitorPerson.person_id)
    assert session.scalars(linked).all() == [person.id for person in people]
    for statement in ("UPDATE visitor_person SET at = now()", "DELETE FROM visitor_person"):
        with pytest.raises(DBAPIError, match="visitor_person"), session.begin_nested():
            session.execute(text(statement))


def people_known(session: Session) -> list[int]:
    return list(session.scalars(select(VisitorPerson.person_id)))


def test_who_agrees_while_signed_in_is_known_from_then_on(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    person = factories.person(session)
    sign_in_as(client, person)
    agree(client, video, "no")
    assert people_known(session) == []
    agree(client, video)
    assert people_known(session) == [person.id]
    assert told(client, video) == 204
    [touch] = kept(session, settings)
    assert touch.visitor == session.scalar(select(VisitorPerson.visitor))


def test_a_person_has_so_many_browsers_and_no_more(client: FlaskClient, session: Session) -> None:
    person = factories.person(session)
    sign_in_as(client, person)

    def agrees_in_a_new_browser() -> int:
        client.delete_cookie("visitor")
        return client.post("/consent", data={"answer": "yes"}).status_code

    assert [agrees_in_a_new_browser() for _ in range(21)] == [303] * 20 + [429]
    assert people_known(session) == [person.id] * 20


def test_a_browser_that_says_no_for_its_person_is_heard_when_they_agree(
    client: FlaskClient, session: Session, video: Video
) -> None:
    sign_in_as(client, factories.person(session))
    answer = client.post("/consent", data={"answer": "yes"}, headers={"Sec-GPC": "1"})
    assert not any(cookie.startswith("visitor=") for cookie in answer.headers.getlist("Set-Cookie"))
    assert people_known(session) == []


def test_who_agreed_long_ago_is_known_when_they_sign_in(
    client: FlaskClient, session: Session, video: Video
) -> None:
    person = factories.person(session)
    agree(client, video)
    client.delete_cookie("visit")  # as the browser does after half an hour
    client.post("/sign-in", data={"email": person.email, "password": factories.PASSWORD})
    assert people_known(session) == [person.id]


def test_a_share_remembers_who_it_came_by_and_its_gifts_count_for_it(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    first = client.post(f"/v/{video.code}/share").json
    assert first is not None
    code = first["link"].partition("?r=")[2]
    second = client.post(f"/v/{video.code}/share", data={"r": code}).json
    assert second is not None
    page = client.get(second["link"]).text
    assert f"r={second['link'].partition('?r=')[2]}" in page  # the way to give carries it on
    told = {"told": [[video.code, "arrive", 0]], "through": second["link"].partition("?r=")[2]}
    client.post("/touches", data=json.dumps(told), content_type="text/plain")
    assert kept(session, settings) == []
    share = relay.find(session, code)
    assert share is not None
    assert (relay.chain(session, share.id).opened, relay.chain(session, share.id).hops) == (1, 1)
    assert client.get(first["qr"]).data != client.get(f"/v/{video.code}/qr.svg").data


def test_with_consent_a_visit_remembers_its_share_on_other_pages(
    client: FlaskClient, session: Session, video: Video
) -> None:
    agree(client, video)
    share = relay.make(session, video.id, "")
    client.get(f"/v/{video.code}?r={share.code}")
    other = factories.video(session)
    made = client.post(f"/v/{other.code}/share").json
    assert made is not None
    passed_on = relay.find(session, made["link"].partition("?r=")[2])
    assert passed_on is not None
    assert passed_on.parent_id == share.id


def test_a_page_that_says_what_is_missing_asks_nothing(client: FlaskClient, session: Session):
    video = factories.video(session)
    assert QUESTION in client.get(f"/v/{video.code}").text
    missing = client.get("/v/zzzz")
    assert (missing.status_code, QUESTION in missing.text, "consent.js" in missing.text) == (
        404,
        False,
        False,
    )
