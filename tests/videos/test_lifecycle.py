from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import KindrelayError
from app.videos import lifecycle
from app.videos.models import STATES, Video
from tests import factories
from tests.videos import deferred


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


@pytest.mark.parametrize("to", lifecycle.MAKING)
def test_work_on_a_video_that_is_taken_down_comes_to_nothing(session: Session, to: str):
    before = lifecycle.MOVES[to][0]
    video = factories.video(session, state=before, percent=10, publishing="taken_down")
    assert not lifecycle.progress(session, video.id, before, 50)
    assert not lifecycle.move(session, video.id, to)


def test_a_picture_that_was_chosen_is_made_again_with_the_film(session: Session):
    video = factories.video(session, state="preparing", poster_ms=1200, poster_key=None)
    lifecycle.move(session, video.id, "playable")
    [task] = deferred.named(session, "media.poster")
    assert task.args == {"video_id": video.id, "at_ms": 1200}


def test_a_stage_counts_from_its_last_report_of_nothing_done(session: Session):
    long_ago = clock.now() - timedelta(hours=1)
    video = factories.video(session, state="playable", percent=0, stage_since=long_ago)
    lifecycle.progress(session, video.id, "playable", 10)
    session.refresh(video)
    began = video.stage_since
    assert began is not None
    assert began > long_ago
    lifecycle.progress(session, video.id, "playable", 20)
    session.refresh(video)
    assert video.stage_since == began


def test_a_removed_video_is_out_of_sight_and_its_files_are_cleared(session: Session):
    video = factories.video(session)
    lifecycle.remove(session, video, video.creator_id)
    assert (video.state, video.publishing) == ("removed", "draft")
    assert deferred.names(session) == ["media.sweep_orphans"]
    with pytest.raises(KindrelayError):
        lifecycle.remove(session, video, video.creator_id)


def test_a_failed_transcode_is_tried_again_from_the_start(session: Session):
    video = factories.video(session, state="failed", reason="It broke.", retryable=True)
    lifecycle.retry(session, video)
    assert (video.state, video.reason, video.retryable) == ("uploaded", "", False)
    assert deferred.names(session) == ["media.preview"]


def test_a_playable_video_whose_ladder_failed_gets_another_ladder(session: Session):
    video = factories.video(session, state="playable", retryable=True)
    lifecycle.retry(session, video)
    assert video.state == "playable"
    assert deferred.names(session) == ["media.ladder"]


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
