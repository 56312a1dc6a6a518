"""What everybody finds: the feed, videos, projects, nonprofits, and help when nothing is there."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core import clock
from app.core.ids import new_code
from app.donations.models import Donation
from app.nonprofits.models import PaymentAccount
from app.projects import updates
from app.projects.models import Project
from app.reports.models import DayRollup
from app.videos.models import Video
from tests.factories import nonprofit, person, project, video

CHINESE = {"Accept-Language": "zh-CN"}


def paid(session: Session, to: Project, **values: object) -> Donation:
    account = session.query(PaymentAccount).filter_by(nonprofit_id=to.nonprofit_id).one()
    given = Donation(
        **{
            "nonprofit_id": to.nonprofit_id,
            "project_id": to.id,
            "payment_account_id": account.id,
            "amount_minor": 5000,
            "currency": to.currency,
            "state": "paid",
            "captured_minor": 5000,
            "provider": "sandbox",
            "reference": new_code(),
            "idempotency": new_code(),
            "paid_at": clock.now(),
            **values,
        }
    )
    session.add(given)
    session.flush()
    return given


def raise_money(session: Session, by: Video, to: Project, minor: int) -> None:
    session.add(
        DayRollup(
            nonprofit_id=to.nonprofit_id,
            project_id=to.id,
            video_id=by.id,
            creator_id=by.creator_id,
            day=clock.now().date(),
            currency=to.currency,
            rule="last v1",
            donations=1,
            gross_minor=minor,
            refunded_minor=100,
        )
    )
    session.flush()


def test_an_empty_feed_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "No videos yet" in page
    assert 'href="/studio"' in page


def test_the_feed_shows_videos_with_their_projects_and_a_way_on(
    client: FlaskClient, session: Session
) -> None:
    carried = project(session)
    made = [
        video(session, carries=carried, title=f"Clip {n}", published_at=clock.now() - timedelta(minutes=n))
        for n in range(8)
    ]
    first = client.get("/").text
    assert re.findall(r"Clip (\d)</a>", first) == ["0", "1", "2", "3", "4", "5"]
    assert f'href="/v/{made[0].code}/donate"' in first
    assert f'href="/?after={made[5].code}"' in first
    second = client.get(f"/?after={made[5].code}").text
    assert re.findall(r"Clip (\d)</a>", second) == ["6", "7"]
    assert "data-more" not in second


def test_a_watch_page_tells_readers_of_links_what_it_is(client: FlaskClient, session: Session) -> None:
    carried = project(session)
    made = video(session, carries=carried, title='Say "well" </script><b>now</b>')
    raise_money(session, made, carried, 12_400)
    page = client.get(f"/v/{made.code}").text
    assert f'<meta property="og:url" content="http://127.0.0.1:8000/v/{made.code}">' in page
    assert "<b>now</b>" not in page
    [told] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    described = json.loads(told)
    assert described["name"] == made.title
    assert described["contentUrl"].endswith("/video.mp4")
    assert described["potentialAction"]["target"] == f"http://127.0.0.1:8000/v/{made.code}/donate"
    assert "€123.00" in page


def test_no_button_to_give_where_nothing_can_be_received(client: FlaskClient, session: Session) -> None:
    made = video(session, carries=project(session, nonprofit(session, receives=False)))
    page = client.get(f"/v/{made.code}").text
    assert "data-donate>" not in page
    assert "This project takes no gifts right now" in page
    assert "DonateAction" not in page
    assert client.get(f"/v/{made.code}/donate").status_code == 409


def test_a_video_that_is_being_prepared_says_so(client: FlaskClient, session: Session) -> None:
    made = video(session, state="preparing", preview_prefix=None, ladder_prefix=None)
    page = client.get(f"/v/{made.code}").text
    assert "Being prepared" in page
    assert made.title in page
    assert "<video" not in page


def test_a_hidden_video_is_not_there_and_the_page_helps(client: FlaskClient, session: Session) -> None:
    made = video(session, publishing="draft", title="Not yet for you")
    answer = client.get(f"/v/{made.code}")
    assert answer.status_code == 404
    assert made.title not in answer.text
    assert 'href="/projects"' in answer.text
    assert client.get(f"/v/{made.code}/qr.svg").status_code == 404


@pytest.mark.parametrize("path", ["/v/nothing", "/p/nothing", "/n/nothing", "/t/nothing", "/nothing"])
def test_unknown_addresses_get_a_page_that_helps(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Watch videos" in answer.text
    assert 'role="search"' in answer.text


def test_a_qr_code_is_a_picture_of_the_link(client: FlaskClient, session: Session) -> None:
    made = video(session)
    answer = client.get(f"/v/{made.code}/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    assert answer.data.lstrip().startswith(b"<?xml")


def test_a_project_page_shows_what_it_did_and_with_whom(client: FlaskClient, session: Session) -> None:
    carried = project(session, story="We dig **deep**. <script>alert(1)</script>")
    made = video(session, carries=carried, title="Carried by this one")
    raise_money(session, made, carried, 12_400)
    updates.post(session, carried, made.creator_id, "Water!", "It came on *Tuesday*.")
    paid(session, carried, donor_name="Ana Sousa", public_message="For the <i>goat</i>.")
    page = client.get(f"/p/{carried.code}").text
    assert "<strong>deep</strong>" in page
    assert "alert(1)</script>" not in page
    assert "Carried by this one" in page
    assert page.count("€123.00") >= 2  # the project's total and the video's part of it
    assert "Water!" in page
    assert "Who gave" in page
    assert "Ana Sousa" in page
    assert "For the &lt;i&gt;goat" in page


def test_an_anonymous_donor_is_nameless_on_the_wall(client: FlaskClient, session: Session) -> None:
    carried = project(session)
    paid(session, carried, donor_name="Secret Giver", anonymous=True, email="secret@example.org")
    page = client.get(f"/p/{carried.code}").text
    assert "Somebody kind" in page
    assert "Secret Giver" not in page
    assert "secret@example.org" not in page


@pytest.mark.parametrize("state", ["pending", "failed", "expired", "refunded"])
def test_only_gifts_that_stand_are_on_the_wall(client: FlaskClient, session: Session, state: str) -> None:
    carried = project(session)
    paid(session, carried, donor_name="Not Counted", state=state)
    assert "Not Counted" not in client.get(f"/p/{carried.code}").text


def test_a_project_silent_for_three_months_is_flagged(client: FlaskClient, session: Session) -> None:
    carried = project(session)
    assert "More than three months ago" not in client.get(f"/p/{carried.code}").text
    carried.published_at = clock.now() - timedelta(days=93)
    session.flush()
    assert "More than three months ago" in client.get(f"/p/{carried.code}").text
    updates.post(session, carried, person(session).id, "We are here", "Still digging.")
    assert "More than three months ago" not in client.get(f"/p/{carried.code}").text


def test_projects_are_found_by_chinese_words_and_by_tag(client: FlaskClient, session: Session) -> None:
    made = project(session, title="山里小学的第一间图书室", tag="把画变成现实")
    project(session, title="Winter hats")
    found = client.get("/projects", query_string={"q": "图书"}).text
    assert made.title in found
    assert "Winter hats" not in found
    assert made.title in client.get("/projects", query_string={"q": "#把画变成现实"}).text
    assert "Nothing found" in client.get("/projects", query_string={"q": "submarine"}).text
    answer = client.get("/t/把画变成现实")
    assert (answer.status_code, answer.location) == (302, f"/p/{made.code}")


def test_a_nonprofit_page_lists_its_published_projects(client: FlaskClient, session: Session) -> None:
    found = nonprofit(session, about="We build what children draw.")
    project(session, found, title="Open one")
    project(session, found, title="Old one", status="closed")
    project(session, found, title="Secret plan", status="draft")
    page = client.get(f"/n/{found.code}").text
    assert "Open one" in page
    assert "Old one" in page
    assert "Secret plan" not in page
    waiting = nonprofit(session, status="submitted")
    assert client.get(f"/n/{waiting.code}").status_code == 404


def test_pages_are_labelled_with_their_language(client: FlaskClient) -> None:
    assert '<html lang="en"' in client.get("/projects").text
    assert '<html lang="zh-Hans"' in client.get("/projects", headers=CHINESE).text


def test_a_chosen_theme_is_on_the_page_from_its_first_byte(client: FlaskClient) -> None:
    client.set_cookie("theme", "dark")
    assert 'data-theme="dark"' in client.get("/projects").text
    client.set_cookie("theme", '"><script>')
    assert "data-theme" not in client.get("/projects").text.split("<body")[0]


def test_robots_stay_out_of_what_is_private(client: FlaskClient) -> None:
    said = client.get("/robots.txt").text
    assert "Disallow: /d/" in said
    assert "Disallow: /admin" in said


def test_chinese_on_an_english_page_is_marked_as_chinese(client: FlaskClient, session: Session) -> None:
    made = project(session, title="山里小学的第一间图书室")
    assert '<h1 lang="zh-Hans">' in client.get(f"/p/{made.code}").text
    assert "<h1>" in client.get(f"/p/{made.code}", headers=CHINESE).text


def test_a_static_file_with_its_digest_is_kept_for_good(client: FlaskClient) -> None:
    [address] = re.findall(r'href="(/static/css/foundation.css\?v=[^"]+)"', client.get("/projects").text)
    with client.get(address) as named, client.get("/static/css/foundation.css") as plain:
        assert "immutable" in named.headers["Cache-Control"]
        assert "immutable" not in plain.headers["Cache-Control"]


def test_reading_the_feed_costs_the_same_however_much_it_shows(client: FlaskClient, session: Session) -> None:
    def queries() -> int:
        counted: list[str] = []

        def count(*call: Any) -> None:
            counted.append(call[2])

        event.listen(session.get_bind(), "before_cursor_execute", count)
        client.get("/")
        event.remove(session.get_bind(), "before_cursor_execute", count)
        return len(counted)

    video(session, carries=project(session))
    with_one = queries()
    for _ in range(4):
        video(session, carries=project(session))
    assert queries() == with_one
