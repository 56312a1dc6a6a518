"""What came of a link: for whoever made it, at a signed address, and in the browser of who has agreed."""

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core.settings import Settings
from app.credit import relay, touches
from app.donations.models import Donation
from app.gateways.touch_stream import TouchStream
from app.videos.models import Video
from tests import factories
from tests.web.test_touches import agree
from workers import credit


@pytest.fixture
def video(session: Session) -> Video:
    return factories.video(session, carries=factories.project(session))


def shared(client: FlaskClient, video: Video, through: str = "") -> tuple[str, str]:
    """The code of a link made now, and where its maker sees what comes of it."""
    made = client.post(f"/v/{video.code}/share", data={"r": through}).json
    assert made is not None
    return made["link"].partition("?r=")[2], made["own"]


def opened(client: FlaskClient, settings: Settings, video: Video, code: str) -> str:
    """The watch page come to by a link, which has told so."""
    page = client.get(f"/v/{video.code}?r={code}").text
    body = json.dumps({"told": [[video.code, "arrive", 0]], "through": code})
    client.post("/touches", data=body, content_type="text/plain")
    touches.drain(TouchStream(settings.redis_url))
    return page


def given(session: Session, video: Video, code: str) -> Donation:
    share = relay.find(session, code)
    assert share is not None
    made = factories.donation(session, video, amount_minor=1300, share_id=share.id)
    credit.settle(session, event_ids=[factories.event(session, made).id])
    return made


def test_only_the_maker_of_a_link_sees_what_came_of_it_and_nobody_is_named(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    code, own = shared(client, video)
    page = opened(client, settings, video, code)
    assert "Somebody passed this on to you" in page
    given(session, video, code)
    for address in (own, f"{own}/chain"):
        answer = client.get(address)
        assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == (
            "no-store",
            "no-referrer",
        )
        for said in ("Opened 1 time", "1 gift", "People after you have given €13.00."):
            assert said in answer.text, said
        assert "Dora" not in answer.text
    page = client.get(f"/v/{video.code}?r={code}").text
    assert ("€13.00 after it" in page, own in page) == (False, False)
    token = own.removeprefix("/shares/")
    for forged in (code, token.swapcase(), f"{token}x", relay.own_token("nobody", settings.secret_key)):
        assert client.get(f"/shares/{forged}").status_code == 404, forged
    assert "Nothing is remembered here" in client.get("/shares").text


def test_who_agreed_finds_the_links_made_in_this_browser_until_they_say_no(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    agree(client, video)
    assert "Nothing yet" in client.get("/shares").text
    code, own = shared(client, video)
    assert shared(client, video) == (code, own)
    given(session, video, code)
    assert own in client.get("/shares").text
    assert "€13.00" in client.get("/shares").text
    watched = client.get(f"/v/{video.code}").text
    assert (own in watched, ", and people gave €13.00 after it" in watched) == (True, True)
    agree(client, video, "no")
    assert own not in client.get("/shares").text
    assert own not in client.get(f"/v/{video.code}").text
    client.set_cookie("passed_on", code)  # a link's code, which everybody knows, and no signature
    agree(client, video)
    assert own not in client.get("/shares").text


def test_to_open_a_link_of_ones_own_reaches_nobody(
    client: FlaskClient, session: Session, settings: Settings, video: Video
) -> None:
    agree(client, video)
    before = relay.make(session, video.id, "")
    client.get(f"/v/{video.code}?r={before.code}")
    code, own = shared(client, video)
    page = opened(client, settings, video, code)
    assert f"donate?r={before.code}" in page  # a gift counts for who really came before
    assert f"donate?r={code}" not in page
    assert "Your chain begins when somebody opens your link." in client.get(own).text
    assert shared(client, video, through=code) == (code, own)
