from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.models import Task
from app.videos import feed, publishing
from tests import factories
from workers.runner import run_due


def an_hour_passes(session: Session) -> None:
    session.execute(update(Task).values(run_after=Task.run_after - timedelta(hours=1, seconds=1)))


def test_a_worker_publishes_a_video_at_its_moment_and_not_before(session: Session):
    video = factories.video(session, publishing="draft", published_at=None, no_speech=True)
    publishing.schedule(session, video, clock.now() + timedelta(hours=1), video.creator_id)
    run_due("outbound")
    session.refresh(video)
    assert video.publishing == "scheduled"
    an_hour_passes(session)
    run_due("outbound")
    session.refresh(video)
    assert video.publishing == "published"
    assert feed.by_code(session, video.code).video is video


def test_a_worker_leaves_a_schedule_alone_that_was_taken_back(session: Session):
    video = factories.video(session, publishing="draft", published_at=None, no_speech=True)
    publishing.schedule(session, video, clock.now() + timedelta(hours=1), video.creator_id)
    publishing.publish(session, video, "draft", video.creator_id)
    an_hour_passes(session)
    run_due("outbound")
    session.refresh(video)
    assert video.publishing == "draft"
