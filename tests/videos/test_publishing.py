from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.errors import Invalid, KindrelayError
from app.core.models import AuditEvent
from app.videos import feed, lifecycle, outputs, publishing, references
from app.videos.models import PUBLISHING
from tests import factories
from tests.videos import deferred


def in_minutes(minutes: float) -> datetime:
    return clock.now() + timedelta(minutes=minutes)


def test_publishing_puts_a_draft_into_the_feed(session: Session):
    video = factories.video(session, publishing="draft", published_at=None)
    publishing.publish(session, video, "published", video.creator_id)
    assert video.publishing == "published"
    assert video.published_at is not None


@pytest.mark.parametrize("to", ["published", "unlisted", "draft"])
def test_what_was_taken_down_stays_down(session: Session, to: str):
    video = factories.video(session, publishing="taken_down")
    with pytest.raises(KindrelayError, match="taken down"):
        publishing.publish(session, video, to, video.creator_id)


@pytest.mark.parametrize("state", ["uploading", "rejected", "failed"])
def test_a_video_without_a_film_is_not_published(session: Session, state: str):
    video = factories.video(session, publishing="draft", state=state)
    with pytest.raises(KindrelayError, match="nothing to show"):
        publishing.publish(session, video, "published", video.creator_id)


def test_every_publishing_is_known_to_the_tables():
    assert set(publishing.CREATOR_MOVES) | set(publishing.ADMIN_MOVES) == set(PUBLISHING)
    assert "taken_down" not in publishing.CREATOR_MOVES
    assert not any("taken_down" in before for before in publishing.CREATOR_MOVES.values())


def test_a_scheduled_video_is_published_at_its_moment_and_seen_by_nobody_before(session: Session):
    video = factories.video(session, publishing="draft", published_at=None)
    at = in_minutes(30)
    publishing.schedule(session, video, at, video.creator_id)
    assert (video.publishing, video.scheduled_for) == ("scheduled", at)
    with pytest.raises(KindrelayError):
        feed.by_code(session, video.code)
    assert feed.by_code(session, video.code, video.creator_id).video is video
    assert video not in [one.video for one in feed.newest(session, 50)]
    [task] = deferred.named(session, "videos.publish_scheduled")
    assert (task.run_after, task.args) == (at, {"video_id": video.id, "at": at.isoformat()})
    assert publishing.publish_on_time(session, video.id, at)
    assert (video.publishing, video.scheduled_for) == ("published", None)
    assert video.published_at is not None
    assert video in [one.video for one in feed.newest(session, 50)]


def test_a_moment_that_was_changed_or_given_up_publishes_nothing(session: Session):
    video = factories.video(session, publishing="draft")
    first, second = in_minutes(5), in_minutes(10)
    publishing.schedule(session, video, first, video.creator_id)
    publishing.schedule(session, video, second, video.creator_id)
    assert not publishing.publish_on_time(session, video.id, first)
    publishing.publish(session, video, "draft", video.creator_id)
    assert not publishing.publish_on_time(session, video.id, second)
    assert (video.publishing, video.scheduled_for) == ("draft", None)


@pytest.mark.parametrize("minutes", [-1, 366 * 24 * 60])
def test_a_moment_in_the_past_or_beyond_a_year_is_refused(session: Session, minutes: int):
    video = factories.video(session, publishing="draft")
    with pytest.raises(Invalid):
        publishing.schedule(session, video, in_minutes(minutes), video.creator_id)
    assert video.publishing == "draft"


@pytest.mark.parametrize("before", ["published", "unlisted", "taken_down"])
def test_what_others_can_see_or_was_taken_down_is_not_scheduled(session: Session, before: str):
    video = factories.video(session, publishing=before)
    with pytest.raises(KindrelayError):
        publishing.schedule(session, video, in_minutes(5), video.creator_id)
    assert video.publishing == before


def test_what_cannot_be_played_at_its_moment_is_published_once_it_can(session: Session):
    video = factories.video(session, publishing="draft", state="preparing", ladder_prefix=None)
    at = in_minutes(5)
    publishing.schedule(session, video, at, video.creator_id)
    assert not publishing.publish_on_time(session, video.id, at)
    assert video.publishing == "scheduled"
    video.scheduled_for = in_minutes(-5)
    session.flush()
    assert lifecycle.move(session, video.id, "playable")
    task = deferred.named(session, "videos.publish_scheduled")[-1]
    assert task.run_after <= clock.now()
    assert publishing.publish_on_time(session, video.id, datetime.fromisoformat(task.args["at"]))
    assert video.publishing == "published"


def test_a_scheduled_video_can_be_published_now(session: Session):
    video = factories.video(session, publishing="draft")
    publishing.schedule(session, video, in_minutes(5), video.creator_id)
    publishing.publish(session, video, "published", video.creator_id)
    assert (video.publishing, video.scheduled_for) == ("published", None)


@pytest.mark.parametrize("before", ["draft", "published", "unlisted"])
def test_a_take_down_leaves_nothing_public_and_keeps_the_source(session: Session, before: str):
    admin = factories.admin(session)
    video = factories.video(session, publishing=before, poster_key="v/a/poster/b/poster.jpg")
    outputs.record(session, video.id, "r", "ladder", "v/a/r/b/")
    source = video.source_key
    publishing.take_down(session, video, " Shows somebody who did not agree. ", admin.id)
    assert (video.publishing, video.state) == ("taken_down", "uploaded")
    assert (video.preview_prefix, video.ladder_prefix, video.poster_key) == (None, None, None)
    assert (video.source_key, video.takedown_reason) == (source, "Shows somebody who did not agree.")
    assert references.needed_media(session, [video.code]) == set()
    assert deferred.names(session) == ["media.sweep_orphans", "mail.send"]
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "video.taken_down"))
    assert (event.actor_id, event.details) == (admin.id, {"reason": "Shows somebody who did not agree."})


def test_a_take_down_needs_a_reason_and_happens_once(session: Session):
    admin = factories.admin(session)
    video = factories.video(session)
    for reason in (" ", "x" * (publishing.REASON_LENGTH + 1)):
        with pytest.raises(Invalid):
            publishing.take_down(session, video, reason, admin.id)
    publishing.take_down(session, video, "Why", admin.id)
    with pytest.raises(KindrelayError):
        publishing.take_down(session, video, "Why", admin.id)


def test_a_restored_video_is_a_draft_whose_files_are_made_again(session: Session):
    admin = factories.admin(session)
    video = factories.video(session)
    publishing.take_down(session, video, "Why", admin.id)
    publishing.restore(session, video, admin.id)
    assert (video.publishing, video.takedown_reason, video.state) == ("draft", "", "uploaded")
    assert deferred.names(session)[2:] == ["media.preview", "mail.send"]
    with pytest.raises(KindrelayError):
        publishing.restore(session, video, admin.id)


def test_a_video_without_its_source_cannot_be_made_again_and_says_so(session: Session):
    admin = factories.admin(session)
    video = factories.video(session, source_key=None)
    publishing.take_down(session, video, "Why", admin.id)
    publishing.restore(session, video, admin.id)
    session.refresh(video)
    assert (video.state, video.reason) == ("failed", lifecycle.SOURCE_NOT_KEPT)


def test_a_video_is_restored_only_when_its_last_work_has_ended(session: Session):
    admin = factories.admin(session)
    video = factories.video(session)
    publishing.take_down(session, video, "Why", admin.id)
    tasks.defer(session, "media.ladder", video_id=video.id)
    held = tasks.claim_due(session, "media", timedelta(seconds=20), 9)
    with pytest.raises(KindrelayError, match="still ending"):
        publishing.restore(session, video, admin.id)
    for claim in held:
        tasks.finish(session, claim)
    publishing.restore(session, video, admin.id)
