from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.errors import Invalid, KindrelayError
from app.core.models import AuditEvent, Task
from app.videos import feed, lifecycle, outputs, references
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


def test_every_publishing_is_known_to_the_tables():
    assert set(lifecycle.PUBLISHING_MOVES) | set(lifecycle.ADMIN_MOVES) == set(PUBLISHING)
    assert "taken_down" not in lifecycle.PUBLISHING_MOVES
    assert not any("taken_down" in before for before in lifecycle.PUBLISHING_MOVES.values())


def in_minutes(minutes: float) -> datetime:
    return clock.now() + timedelta(minutes=minutes)


def due_at(session: Session, name: str) -> list[Task]:
    return list(session.scalars(select(Task).where(Task.name == name).order_by(Task.id)))


def test_a_scheduled_video_is_published_at_its_moment_and_seen_by_nobody_before(session: Session):
    video = factories.video(session, publishing="draft", published_at=None)
    at = in_minutes(30)
    lifecycle.schedule(session, video, at, video.creator_id)
    assert (video.publishing, video.scheduled_for) == ("scheduled", at)
    with pytest.raises(KindrelayError):
        feed.by_code(session, video.code)
    assert feed.by_code(session, video.code, video.creator_id).video is video
    assert video not in [one.video for one in feed.newest(session, 50)]
    [task] = due_at(session, "videos.publish_scheduled")
    assert (task.run_after, task.args) == (at, {"video_id": video.id, "at": at.isoformat()})
    assert lifecycle.publish_on_time(session, video.id, at)
    assert (video.publishing, video.scheduled_for) == ("published", None)
    assert video.published_at is not None
    assert video in [one.video for one in feed.newest(session, 50)]


def test_a_moment_that_was_changed_or_given_up_publishes_nothing(session: Session):
    video = factories.video(session, publishing="draft")
    first, second = in_minutes(5), in_minutes(10)
    lifecycle.schedule(session, video, first, video.creator_id)
    lifecycle.schedule(session, video, second, video.creator_id)
    assert not lifecycle.publish_on_time(session, video.id, first)
    lifecycle.publish(session, video, "draft", video.creator_id)
    assert not lifecycle.publish_on_time(session, video.id, second)
    assert (video.publishing, video.scheduled_for) == ("draft", None)


@pytest.mark.parametrize("minutes", [-1, 366 * 24 * 60])
def test_a_moment_in_the_past_or_beyond_a_year_is_refused(session: Session, minutes: int):
    video = factories.video(session, publishing="draft")
    with pytest.raises(Invalid):
        lifecycle.schedule(session, video, in_minutes(minutes), video.creator_id)
    assert video.publishing == "draft"


@pytest.mark.parametrize("publishing", ["published", "unlisted", "taken_down"])
def test_what_others_can_see_or_was_taken_down_is_not_scheduled(session: Session, publishing: str):
    video = factories.video(session, publishing=publishing)
    with pytest.raises(KindrelayError):
        lifecycle.schedule(session, video, in_minutes(5), video.creator_id)
    assert video.publishing == publishing


def test_what_cannot_be_played_at_its_moment_is_published_once_it_can(session: Session):
    video = factories.video(session, publishing="draft", state="preparing", ladder_prefix=None)
    at = in_minutes(5)
    lifecycle.schedule(session, video, at, video.creator_id)
    assert not lifecycle.publish_on_time(session, video.id, at)
    assert video.publishing == "scheduled"
    video.scheduled_for = in_minutes(-5)
    session.flush()
    assert lifecycle.move(session, video.id, "playable")
    task = due_at(session, "videos.publish_scheduled")[-1]
    assert task.run_after <= clock.now()
    assert lifecycle.publish_on_time(session, video.id, datetime.fromisoformat(task.args["at"]))
    assert video.publishing == "published"


def test_a_scheduled_video_can_be_published_now(session: Session):
    video = factories.video(session, publishing="draft")
    lifecycle.schedule(session, video, in_minutes(5), video.creator_id)
    lifecycle.publish(session, video, "published", video.creator_id)
    assert (video.publishing, video.scheduled_for) == ("published", None)


@pytest.mark.parametrize("publishing", ["draft", "published", "unlisted"])
def test_a_take_down_leaves_nothing_public_and_keeps_the_source(session: Session, publishing: str):
    admin = factories.admin(session)
    video = factories.video(session, publishing=publishing, poster_key="v/a/poster/b/poster.jpg")
    outputs.record(session, video.id, "r", "ladder", "v/a/r/b/")
    source = video.source_key
    lifecycle.take_down(session, video, " Shows somebody who did not agree. ", admin.id)
    assert (video.publishing, video.state) == ("taken_down", "uploaded")
    assert (video.preview_prefix, video.ladder_prefix, video.poster_key) == (None, None, None)
    assert (video.source_key, video.takedown_reason) == (source, "Shows somebody who did not agree.")
    assert references.needed_media(session, [video.code]) == set()
    assert deferred(session) == ["media.sweep_orphans", "mail.send"]
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "video.taken_down"))
    assert (event.actor_id, event.details) == (admin.id, {"reason": "Shows somebody who did not agree."})


@pytest.mark.parametrize("to", lifecycle.MAKING)
def test_work_on_a_video_that_is_taken_down_comes_to_nothing(session: Session, to: str):
    before = lifecycle.MOVES[to][0]
    video = factories.video(session, state=before, percent=10, publishing="taken_down")
    assert not lifecycle.progress(session, video.id, before, 50)
    assert not lifecycle.move(session, video.id, to)


def test_a_take_down_needs_a_reason_and_happens_once(session: Session):
    admin = factories.admin(session)
    video = factories.video(session)
    for reason in (" ", "x" * (lifecycle.REASON_LENGTH + 1)):
        with pytest.raises(Invalid):
            lifecycle.take_down(session, video, reason, admin.id)
    lifecycle.take_down(session, video, "Why", admin.id)
    with pytest.raises(KindrelayError):
        lifecycle.take_down(session, video, "Why", admin.id)


def test_a_restored_video_is_a_draft_whose_files_are_made_again(session: Session):
    admin = factories.admin(session)
    video = factories.video(session)
    lifecycle.take_down(session, video, "Why", admin.id)
    lifecycle.restore(session, video, admin.id)
    assert (video.publishing, video.takedown_reason, video.state) == ("draft", "", "uploaded")
    assert deferred(session)[2:] == ["media.preview", "mail.send"]
    with pytest.raises(KindrelayError):
        lifecycle.restore(session, video, admin.id)


def test_a_video_without_its_source_cannot_be_made_again_and_says_so(session: Session):
    admin = factories.admin(session)
    video = factories.video(session, source_key=None)
    lifecycle.take_down(session, video, "Why", admin.id)
    lifecycle.restore(session, video, admin.id)
    session.refresh(video)
    assert (video.state, video.reason) == ("failed", lifecycle.SOURCE_NOT_KEPT)


def test_a_video_is_restored_only_when_its_last_work_has_ended(session: Session):
    admin = factories.admin(session)
    video = factories.video(session)
    lifecycle.take_down(session, video, "Why", admin.id)
    tasks.defer(session, "media.ladder", video_id=video.id)
    held = tasks.claim_due(session, "media", timedelta(seconds=20), 9)
    with pytest.raises(KindrelayError, match="still ending"):
        lifecycle.restore(session, video, admin.id)
    for claim in held:
        tasks.finish(session, claim)
    lifecycle.restore(session, video, admin.id)


def test_a_picture_that_was_chosen_is_made_again_with_the_film(session: Session):
    video = factories.video(session, state="preparing", poster_ms=1200, poster_key=None)
    lifecycle.move(session, video.id, "playable")
    [task] = due_at(session, "media.poster")
    assert task.args == {"video_id": video.id, "at_ms": 1200}


def test_a_stage_counts_from_its_last_report_of_nothing_done(session: Session):
    long_ago = in_minutes(-60)
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
