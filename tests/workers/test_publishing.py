import time
from datetime import timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.videos import feed, publishing
from tests import factories
from workers.runner import run_due


def test_a_worker_publishes_a_video_at_its_moment_and_not_before(session: Session):
    video = factories.video(session, publishing="draft", published_at=None, no_speech=True)
    publishing.schedule(session, video, clock.now() + timedelta(seconds=0.5), video.creator_id)
    run_due("outbound")
    session.refresh(video)
    assert video.publishing == "scheduled"
    time.sleep(0.6)
    run_due("outbound")
    session.refresh(video)
    assert video.publishing == "published"
    assert feed.by_code(session, video.code).video is video


def test_a_worker_leaves_a_schedule_alone_that_was_taken_back(session: Session):
    video = factories.video(session, publishing="draft", published_at=None, no_speech=True)
    publishing.schedule(session, video, clock.now() + timedelta(seconds=0.2), video.creator_id)
    publishing.publish(session, video, "draft", video.creator_id)
    time.sleep(0.3)
    run_due("outbound")
    session.refresh(video)
    assert video.publishing == "draft"
