"""Where a video's files are now, for pages that were opened before they were there."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import person, video
from tests.web.conftest import sign_in_as


def test_a_page_learns_where_the_better_files_are(client: FlaskClient, session: Session) -> None:
    made = video(session, state="playable", preview_prefix="v/a/", ladder_prefix=None)
    first = client.get(f"/v/{made.code}/files")
    assert first.json is not None
    assert (first.json["state"], first.json["storyboard"]) == ("playable", None)
    assert first.json["mp4"] == first.json["light"]
    assert first.json["mp4"].endswith("/v/a/video.mp4")
    assert first.headers["Cache-Control"] == "no-store"

    made.state, made.ladder_prefix = "ready", "v/b/"
    then = client.get(f"/v/{made.code}/files").json
    assert then is not None
    assert then["state"] == "ready"
    ends = {name: then[name].rsplit("/v/", 1)[1] for name in ("mp4", "light", "playlist", "storyboard")}
    assert ends == {
        "mp4": "b/video.mp4",
        "light": "a/video.mp4",
        "playlist": "b/master.m3u8",
        "storyboard": "b/storyboard.vtt",
    }


def test_a_video_that_is_being_prepared_has_no_files_yet(client: FlaskClient, session: Session) -> None:
    made = video(session, state="preparing", preview_prefix=None, ladder_prefix=None)
    said = client.get(f"/v/{made.code}/files").json
    assert said == {
        "state": "preparing",
        **dict.fromkeys(("poster", "mp4", "light", "playlist", "storyboard")),
    }


@pytest.mark.parametrize("publishing", ["draft", "taken_down"])
def test_files_are_named_to_those_alone_who_may_watch(
    client: FlaskClient, session: Session, publishing: str
) -> None:
    creator = person(session)
    made = video(session, creator, publishing=publishing)
    asked = {"Accept": "application/json"}
    refused = client.get(f"/v/{made.code}/files", headers=asked)
    assert refused.status_code == 404
    assert refused.json is not None
    assert set(refused.json) == {"error"}
    own = sign_in_as(client, creator).get(f"/v/{made.code}/files", headers=asked)
    assert own.status_code == (200 if publishing == "draft" else 404)


def test_a_page_for_somebody_who_saves_data_begins_with_the_small_file(
    client: FlaskClient, session: Session
) -> None:
    made = video(session, preview_prefix="v/a/", ladder_prefix="v/b/")
    usual = client.get(f"/v/{made.code}").text
    saving = client.get(f"/v/{made.code}", headers={"Save-Data": "on"}).text
    assert 'preload="auto"' in usual
    assert '/v/b/video.mp4" aria-label' in usual
    assert 'preload="none"' in saving
    assert '/v/a/video.mp4" aria-label' in saving
