"""The durable task of publishing a video at the moment its creator set."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.videos import publishing


def publish_scheduled(session: Session, *, video_id: int, at: str) -> None:
    """Publish what is still scheduled for `at`, ISO 8601 in UTC; a changed schedule has its own task."""
    publishing.publish_on_time(session, video_id, datetime.fromisoformat(at))
