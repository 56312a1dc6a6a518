import base64
import hashlib
import os
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.s3 import open_store
from app.videos import links, uploads
from app.videos.models import Video
from tests import factories
from tests.web.conftest import sign_in_as

CONTENT = os.urandom(uploads.PART_BYTES + 99)
JSON = {"Accept": "application/json"}


@pytest.fixture
def creator(session: Session) -> Person:
    return factories.person(session)


@pytest.fixture
def studio(client: FlaskClient, creator: Person) -> FlaskClient:
    return sign_in_as(client, creator)


def open_upload(studio: FlaskClient, size: int = len(CONTENT), name: str = "My clip.mp4") -> Any:
    return studio.post(
        "/studio/uploads", json={"filename": name, "size": size, "type": "video/mp4"}, headers=JSON
    )


def send_part(studio: FlaskClient, upload: Any, number: int) -> None:
    part = CONTENT[(number - 1) * upload["part_size"] : number * upload["part_size"]]
    md5 = base64.b64encode(hashlib.md5(part).digest()).decode()
    address = f"/studio/uploads/{upload['code']}/parts"
    told: Any = studio.post(address, json={"number": number, "md5": md5}).json
    httpx.put(told["url"], content=part, headers={"Content-MD5": md5}).raise_for_status()


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
