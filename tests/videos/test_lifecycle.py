from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import KindrelayError
from app.core.models import Task
from app.videos import lifecycle
from app.videos.models import PUBLISHING, STATES, Video
from tests import factories


def deferred(session: Session) -> list[str]:
    return list(session.scalars(select(Task.name).order_by(Task.id)))


def test_every_state_but_the_first_can_be_reached_and_no_other():
    assert set(lifecycle.MOVES) == set(STATES) - {"uploading"}
    assert {state for states in lifecycle.MOVES.values() for state in states} <= set(STATES)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES[1:])
def test_a_state_moves_only_as_the_table_says(session: Session, before: str, after: str):
    video = factories.video(session, state=before)
    assert lifecycle.move(session, video.id, after) == (before in lifecycle.MOVES[after])
    session.refresh(video)
    assert video.state == (after if before in lifecycle.MOVES[after] else before)


def test_nothing_leaves_removed():
    assert not any("removed" in states for states in lifecycle.MOVES.values())


def test_publishing_puts_a_draft_into_the_feed(session: Session):
    video = factories.video(session, publishing="draft", published_at=None)
    lifecycle.publish(session, video, "published", video.creator_id)
    assert video.publishing == "published"
    assert video.published_at is not None


@pytest.mark.parametrize("to", ["published", "unlisted", "draft"])
def test_what_was_taken_down_stays_down(session: Session, to: str):
    video = factories.video(session, publishing="taken_down")
    with pytest.raises(KindrelayError, match="taken down"):
        lifecycle.publish(session, video, to, video.creator_id)


@pytest.mark.parametrize("state", ["uploading", "rejected", "failed"])
def test_a_video_without_a_film_is_not_published(session: Session, state: str):
    video = factories.video(session, publishing="draft", state=state)
    with pytest.raises(KindrelayError, match="nothing to show"):
        lifecycle.publish(session, video, "published", video.creator_id)


def test_every_publishing_is_known_to_the_table():
    assert set(lifecycle.PUBLISHING_MOVES) == set(PUBLISHING) - {"taken_down"}


def test_a_removed_video_is_out_of_sight_and_its_files_are_cleared(session: Session):
    video = factories.video(session)
    lifecycle.remove(session, video, video.creator_id)
    assert (video.state, video.publishing) == ("removed", "draft")
    assert deferred(session) == ["media.sweep_orphans"]
    with pytest.raises(KindrelayError):
        lifecycle.remove(session, video, video.creator_id)


def test_a_failed_transcode_is_tried_again_from_the_start(session: Session):
    video = factories.video(session, state="failed", reason="It broke.", retryable=True)
    lifecycle.retry(session, video)
    assert (video.state, video.reason, video.retryable) == ("uploaded", "", False)
    assert deferred(session) == ["media.preview"]


def test_a_playable_video_whose_ladder_failed_gets_another_ladder(session: Session):
    video = factories.video(session, state="playable", retryable=True)
    lifecycle.retry(session, video)
    assert video.state == "playable"
    assert deferred(session) == ["media.ladder"]


@pytest.mark.parametrize(
    "values", [{"state": "failed", "retryable": False}, {"state": "ready", "retryable": True}]
)
def test_what_cannot_succeed_is_not_tried_again(session: Session, values: dict[str, Any]):
    video = factories.video(session, **values)
    with pytest.raises(KindrelayError):
        lifecycle.retry(session, video)


def test_progress_is_written_only_while_the_stage_runs(session: Session):
    video = factories.video(session, state="preparing", percent=0)
    assert lifecycle.progress(session, video.id, "preparing", 140)
    assert session.get_one(Video, video.id, populate_existing=True).percent == 100
    assert not lifecycle.progress(session, video.id, "playable", 10)


def test_a_ladder_that_fails_leaves_the_video_playable(session: Session):
    video = factories.video(session, state="playable")
    lifecycle.fail(session, video.id, reason="It broke.", retryable=True)
    session.refresh(video)
    assert (video.state, video.reason, video.retryable) == ("playable", "It broke.", True)
