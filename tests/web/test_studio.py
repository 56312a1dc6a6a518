import base64
import hashlib
import os
from datetime import timedelta, timezone
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock, tasks
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.s3 import open_store
from app.videos import lifecycle, links, uploads, waiting
from app.videos.models import Video
from tests import factories, nearby
from tests.web.conftest import sign_in_as

CONTENT = os.urandom(uploads.PART_BYTES + 99)
JSON = {"Accept": "application/json"}


def open_upload(studio: FlaskClient, size: int = len(CONTENT), name: str = "My clip.mp4") -> Any:
    return studio.post(
        "/studio/uploads", json={"filename": name, "size": size, "type": "video/mp4"}, headers=JSON
    )


def send_part(studio: FlaskClient, upload: Any, number: int) -> None:
    part = CONTENT[(number - 1) * upload["part_size"] : number * upload["part_size"]]
    md5 = base64.b64encode(hashlib.md5(part).digest()).decode()
    address = f"/studio/uploads/{upload['code']}/parts"
    told: Any = studio.post(address, json={"number": number, "md5": md5}).json
    nearby.put(told["url"], content=part, headers={"Content-MD5": md5}).raise_for_status()


def the_video(session: Session) -> Video:
    return session.scalars(select(Video).order_by(Video.id.desc()).limit(1)).one()


def test_a_file_goes_to_the_store_in_parts_and_becomes_a_video_in_work(
    studio: FlaskClient, session: Session, settings: Settings
):
    upload = open_upload(studio).json
    send_part(studio, upload, 2)
    after_reload = studio.get(f"/studio/uploads/{upload['code']}").json
    assert after_reload is not None
    assert [part["number"] for part in after_reload["parts"]] == [2]
    early = studio.post(f"/studio/uploads/{upload['code']}/complete", json={}, headers=JSON)
    assert early.status_code == 409
    assert "1 parts are missing" in early.json["error"]  # type: ignore[index]
    send_part(studio, upload, 1)
    for _ in range(2):
        assert studio.post(f"/studio/uploads/{upload['code']}/complete", json={}).status_code == 200
    video = the_video(session)
    assert (video.state, video.title) == ("uploaded", "My clip")
    assert open_store(settings).private.get(str(video.source_key)) == CONTENT
    assert session.scalars(select(Task.name)).all() == ["media.preview"]


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "empty"), (3 * 1024**3, "too large"), (None, "choose a file"), ("9", "choose a file")],
)
def test_a_file_that_cannot_be_taken_is_refused_before_a_byte_is_sent(
    studio: FlaskClient, session: Session, size: Any, words: str
):
    answer = open_upload(studio, size)
    assert answer.status_code == 422
    assert words in answer.json["error"]
    assert session.scalars(select(Video)).all() == []


@pytest.mark.parametrize(
    "asked",
    [{}, {"number": 1, "md5": "no"}, {"number": "1", "md5": ""}, {"number": 9, "md5": "A" * 22 + "=="}],
)
def test_a_part_that_makes_no_sense_gets_no_address(studio: FlaskClient, asked: dict[str, Any]):
    upload = open_upload(studio).json
    assert studio.post(f"/studio/uploads/{upload['code']}/parts", json=asked, headers=JSON).status_code == 422


def test_nobody_else_can_touch_an_upload_or_a_video(studio: FlaskClient, session: Session):
    upload = open_upload(studio).json
    video = the_video(session)
    stranger = sign_in_as(studio, factories.person(session))
    assert stranger.get(f"/studio/uploads/{upload['code']}").status_code == 404
    assert stranger.post(f"/studio/uploads/{upload['code']}/complete", json={}).status_code == 404
    assert stranger.get(f"/studio/new?upload={upload['code']}").status_code == 404
    for address in ("", "/publishing", "/retry", "/remove"):
        assert (
            stranger.post(f"/studio/videos/{video.code}{address}", data={"to": "published"}).status_code
            == 404
        )
    assert stranger.get(f"/studio/states?codes={video.code}").json == {"videos": []}


def test_a_visitor_is_sent_to_sign_in(client: FlaskClient):
    assert client.get("/studio").location.startswith("/sign-in?next=")


def test_the_list_shows_each_state_and_what_to_do(studio: FlaskClient, session: Session, creator: Person):
    project = factories.project(session)
    factories.video(session, creator, carries=project, title="All well")
    factories.video(session, creator, state="preparing", percent=42, publishing="draft", preview_prefix=None)
    factories.video(
        session,
        creator,
        state="failed",
        retryable=True,
        reason="Preparing the video did not work on our side. Please try again.",
    )
    factories.video(
        session,
        creator,
        state="rejected",
        reason="This video is too long. Please cut it to %(minutes)s minutes or less.",
    )
    factories.video(session, creator, state="removed", title="Gone")
    page = studio.get("/studio").text
    assert "All well" in page
    assert f"#{project.tag}" in page
    assert 'value="42"' in page
    assert "Try again" in page
    assert "cut it to 10 minutes" in page
    assert "Gone" not in page


def test_an_empty_studio_says_what_to_do(studio: FlaskClient):
    assert "No videos yet" in studio.get("/studio").text


def test_the_states_are_told_to_the_page(studio: FlaskClient, session: Session, creator: Person):
    video = factories.video(session, creator, state="preparing", percent=42)
    [state] = studio.get(f"/studio/states?codes={video.code},nonsense").json["videos"]  # type: ignore[index]
    assert (state["state"], state["percent"], state["stage"]) == (
        "preparing",
        42,
        "Preparing the first version",
    )


def test_what_is_written_about_a_video_is_saved_with_its_project(
    studio: FlaskClient, session: Session, creator: Person
):
    project = factories.project(session, tag="把画变成现实")
    video = factories.video(session, creator)
    form = {"title": "A swing", "description": "For everybody", "tag": "#把画变成现实"}
    assert studio.post(f"/studio/videos/{video.code}", data=form).status_code == 303
    link = links.live_link(session, video)
    assert link is not None
    assert link.project_id == project.id
    assert session.get_one(Video, video.id, populate_existing=True).title == "A swing"
    page = studio.get(f"/studio/videos/{video.code}").text
    assert 'value="#把画变成现实"' in page


def test_a_tag_in_the_words_carries_the_project_too(studio: FlaskClient, session: Session, creator: Person):
    project = factories.project(session)
    video = factories.video(session, creator)
    studio.post(
        f"/studio/videos/{video.code}", data={"title": f"Look #{project.tag}", "description": "", "tag": ""}
    )
    assert links.live_link(session, video) is not None


def test_a_wrong_tag_is_said_beside_the_field_and_the_words_are_kept(
    studio: FlaskClient, session: Session, creator: Person
):
    video = factories.video(session, creator)
    form = {"title": "New words", "description": "", "tag": "#nobody-has-it"}
    page = studio.post(f"/studio/videos/{video.code}", data=form)
    assert "No project has the tag #nobody-has-it." in page.text
    assert "New words" in page.text
    told = studio.post(f"/studio/videos/{video.code}", data=form, headers=JSON)
    assert told.status_code == 422
    assert told.json["errors"] == {"tag": "No project has the tag #nobody-has-it."}  # type: ignore[index]


def test_the_picker_finds_live_projects(studio: FlaskClient, session: Session):
    project = factories.project(session, title="Warm lunches for mountain schools")
    factories.project(session, title="Lunches nobody may see yet", status="draft")
    told: Any = studio.get("/studio/projects?q=lunch").json
    assert [one["tag"] for one in told["projects"]] == [f"#{project.tag}"]


def test_a_creator_decides_who_can_see_a_video(studio: FlaskClient, session: Session, creator: Person):
    video = factories.video(session, creator, publishing="draft", published_at=None)
    for to in ("published", "unlisted", "draft", "nonsense"):
        studio.post(f"/studio/videos/{video.code}/publishing", data={"to": to})
        session.refresh(video)
        assert video.publishing == (to if to != "nonsense" else "draft")


def test_publishing_saves_what_is_typed_beside_the_button(
    studio: FlaskClient, session: Session, creator: Person
):
    video = factories.video(session, creator=creator, publishing="draft")
    address = f"/studio/videos/{video.code}/publishing"
    typed = {"to": "published", "description": "Nine days of work", "tag": ""}
    refused = studio.post(address, data={**typed, "title": ""})
    session.refresh(video)
    audience = refused.text.partition('data-part="audience"')[2].partition("</section>")[0]
    assert "Please give the video a title." in audience
    assert refused.text.count("Please give the video a title.") == 3  # there too, in the list, at the field
    assert "Nine days of work" in refused.text
    assert video.publishing == "draft"
    assert studio.post(address, data={**typed, "title": "Our new roof"}).status_code == 303
    session.refresh(video)
    assert (video.publishing, video.title, video.description) == (
        "published",
        "Our new roof",
        "Nine days of work",
    )
    page = studio.get(f"/studio/videos/{video.code}").text
    buttons = [name for name in ('form="about-it" hidden', "formaction=") if name in page]
    assert page.index(buttons[0]) < page.index(buttons[1])  # Enter in a field takes the first: it saves


def test_a_failed_video_is_tried_again_on_request(studio: FlaskClient, session: Session, creator: Person):
    video = factories.video(session, creator, state="failed", retryable=True)
    studio.post(f"/studio/videos/{video.code}/retry")
    session.refresh(video)
    assert video.state == "uploaded"


def test_a_removed_video_is_gone_from_the_studio(studio: FlaskClient, session: Session, creator: Person):
    video = factories.video(session, creator)
    assert studio.post(f"/studio/videos/{video.code}/remove").location == "/studio"
    assert studio.get(f"/studio/videos/{video.code}").status_code == 404


def test_an_unfinished_upload_is_offered_for_going_on(studio: FlaskClient, session: Session):
    upload = open_upload(studio).json
    assert f"/studio/new?upload={upload['code']}" in studio.get("/studio").text
    page = studio.get(upload["page"]).text
    assert f'data-upload="{upload["code"]}"' in page
    assert "My clip.mp4" in page


def test_the_page_says_what_runs_how_far_it_is_and_how_long_it_takes(
    studio: FlaskClient, session: Session, creator: Person
):
    began = clock.now() - timedelta(seconds=60)
    video = factories.video(
        session, creator, state="playable", percent=25, stage_since=began, ladder_prefix=None
    )
    [state] = states_of(studio, video)
    assert (state["stage"], state["note"]) == ("Making sharper versions", "25% · about 3 minutes left")
    page = studio.get(f"/studio/videos/{video.code}").text
    assert "about 3 minutes left" in page
    assert 'value="25"' in page


@pytest.mark.parametrize(
    ("percent", "seconds", "note"),
    [
        (50, 20, "50% · less than a minute left"),
        (50, 65, "50% · about 1 minute left"),
        (1, 60, "1%"),
        (50, 1, "50%"),
        (0, 60, ""),
    ],
)
def test_the_time_left_is_said_only_as_exactly_as_it_is_known(
    studio: FlaskClient, session: Session, creator: Person, percent: int, seconds: int, note: str
):
    now = clock.now()
    began = now - timedelta(seconds=seconds)
    video = factories.video(session, creator, state="preparing", percent=percent, stage_since=began)
    with clock.set_to(now):
        assert states_of(studio, video)[0]["note"] == note


@pytest.fixture
def line(session: Session, creator: Person) -> list[Video]:
    """Three videos of one creator that wait, and then one of another's."""
    other = factories.person(session)
    those = [
        factories.video(session, who, state="uploaded", percent=0)
        for who in (creator, creator, creator, other)
    ]
    for video in those:
        tasks.defer(session, "media.preview", fair_key=lifecycle.turn_of(video), video_id=video.id)
    return those


def test_who_waits_is_told_how_many_come_before(studio: FlaskClient, line: list[Video]):
    notes = [state["note"] for state in states_of(studio, *line[:3])]
    assert notes == ["Yours is next", "2 videos are before yours", "3 videos are before yours"]


@pytest.mark.parametrize(
    ("most", "notes"),
    [
        ("MOST_TURNS", ["Yours is next", "2 videos are before yours", "At least 3 videos are before yours"]),
        ("MOST_KEYS", ["", "At least 2 videos are before yours", "At least 3 videos are before yours"]),
    ],
)
def test_in_a_line_too_long_to_count_at_least_so_many_come_before(
    studio: FlaskClient, line: list[Video], monkeypatch: pytest.MonkeyPatch, most: str, notes: list[str]
):
    monkeypatch.setattr(waiting, most, 2)
    assert [state["note"] for state in states_of(studio, *line[:3])] == notes


def states_of(studio: FlaskClient, *videos: Video) -> list[Any]:
    told: Any = studio.get(f"/studio/states?codes={','.join(video.code for video in videos)}").json
    by_code = {state["code"]: state for state in told["videos"]}
    return [by_code[video.code] for video in videos]


@pytest.fixture
def draft(session: Session, creator: Person) -> Video:
    return factories.video(session, creator, publishing="draft", published_at=None, no_speech=True)


def test_a_video_is_scheduled_in_its_creator_s_own_zone_or_in_utc(
    studio: FlaskClient, session: Session, draft: Video
):
    address = f"/studio/videos/{draft.code}/schedule"
    at = (clock.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    studio.post(address, data={"at": at.strftime("%Y-%m-%dT%H:%M")})
    session.refresh(draft)
    assert (draft.publishing, draft.scheduled_for) == ("scheduled", at)
    exact = at + timedelta(hours=5)
    in_tokyo = exact.astimezone(timezone(timedelta(hours=9))).isoformat()
    studio.post(address, data={"at": "2026-01-01T00:00", "moment": in_tokyo})
    session.refresh(draft)
    assert draft.scheduled_for == exact
    page = studio.get(f"/studio/videos/{draft.code}").text
    assert f'datetime="{exact.isoformat()}"' in page
    assert "Publish now" in page
    studio.post(f"/studio/videos/{draft.code}/publishing", data={"to": "draft"})
    session.refresh(draft)
    assert (draft.publishing, draft.scheduled_for) == ("draft", None)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "Please choose a day and a time."),
        ("soon", "Please choose a day and a time."),
        ("0001-01-01T00:00+14:00", "Please choose a day and a time."),
        ("2020-01-01T00:00", "This moment has passed."),
        ("9999-12-31T23:59", "within a year"),
    ],
)
def test_a_moment_that_makes_no_sense_is_refused_in_words(
    studio: FlaskClient, session: Session, draft: Video, at: str, words: str
):
    page = studio.post(f"/studio/videos/{draft.code}/schedule", data={"at": at}, follow_redirects=True)
    assert words in page.text
    session.refresh(draft)
    assert draft.publishing == "draft"


def test_a_schedule_that_has_to_wait_says_so(studio: FlaskClient, session: Session, draft: Video):
    draft.state, draft.publishing = "preparing", "scheduled"
    draft.scheduled_for = clock.now() - timedelta(minutes=1)
    session.flush()
    assert "as soon as it can" in studio.get(f"/studio/videos/{draft.code}").text


def test_pictures_of_the_film_are_offered_and_one_is_chosen(
    studio: FlaskClient, session: Session, draft: Video, settings: Settings
):
    media = open_store(settings).media
    folder = f"v/{draft.code}/r/abc/"
    draft.ladder_prefix = folder
    session.flush()
    media.put(f"{folder}storyboard.vtt", VTT)
    page = studio.get(f"/studio/videos/{draft.code}").text
    assert page.count("data-frame") == 8
    assert 'viewBox="90 0 90 160"' in page
    assert f'<image href="{media.public_url(folder + "storyboard.jpg")}" width="900" height="160"' in page
    address = f"/studio/videos/{draft.code}/poster"
    studio.post(address, data={"at_ms": "3000"})
    session.refresh(draft)
    assert draft.poster_ms == 3000
    assert "Your picture is being made." in studio.get(f"/studio/videos/{draft.code}").text
    studio.post(address, data={"at_ms": "3000", "exact_ms": "3217"})
    session.refresh(draft)
    assert draft.poster_ms == 3217
    for nonsense in ({}, {"at_ms": "x"}, {"at_ms": "99999999999"}, {"at_ms": "-4"}):
        studio.post(address, data=nonsense)
        session.refresh(draft)
        assert draft.poster_ms == 3217


VTT = b"WEBVTT\n\n" + b"\n\n".join(
    f"00:00:{at:02}.000 --> 00:00:{at + 1:02}.000\nstoryboard.jpg#xywh={at * 90},0,90,160".encode()
    for at in range(10)
)


def test_without_a_storyboard_the_page_says_when_pictures_come(
    studio: FlaskClient, session: Session, creator: Person
):
    video = factories.video(session, creator, state="playable", ladder_prefix=None)
    page = studio.get(f"/studio/videos/{video.code}").text
    assert "appear here with the sharper versions" in page
    assert "data-frame" not in page


def test_removing_a_video_deletes_its_public_files_at_once(
    studio: FlaskClient, session: Session, draft: Video, settings: Settings
):
    media = open_store(settings).media
    media.put(f"v/{draft.code}/r/abc/master.m3u8", b"#EXTM3U")
    studio.post(f"/studio/videos/{draft.code}/remove")
    assert list(media.list_prefix(f"v/{draft.code}/")) == []


def test_nobody_else_chooses_or_schedules(studio: FlaskClient, session: Session, draft: Video):
    stranger = sign_in_as(studio, factories.person(session))
    for address in ("schedule", "poster"):
        assert stranger.post(f"/studio/videos/{draft.code}/{address}", data={"at_ms": "1"}).status_code == 404
