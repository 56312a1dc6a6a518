"""Transcoded files of a video: where an attempt writes them, and which attempt counts."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.ids import new_code
from app.videos.models import Transcode, Video

# The way videos are encoded now. A change of ladder, codecs or layout is a new recipe.
RECIPE = "h264-1"


def fresh_prefix(video_code: str) -> str:
    """A prefix of the media bucket that no attempt has used and nobody can guess."""
    return f"{video_prefix(video_code)}{RECIPE}/{new_code(22)}/"


def video_prefix(video_code: str) -> str:
    """Everything that was ever made of a video is under this prefix of the media bucket."""
    return f"v/{video_code}/"


def record(session: Session, video_id: int, stage: str, prefix: str) -> None:
    """Note which attempt's files are the published ones of a stage; a retried stage replaces its row."""
    values = {"prefix": prefix, "published_at": clock.now()}
    session.execute(
        insert(Transcode)
        .values(video_id=video_id, recipe=RECIPE, stage=stage, **values)
        .on_conflict_do_update(
            index_elements=[Transcode.video_id, Transcode.recipe, Transcode.stage], set_=values
        )
    )


def published_prefixes(session: Session, video: Video) -> set[str]:
    """The prefixes that players may be reading from."""
    if video.state == "removed":
        return set()
    recorded = session.scalars(select(Transcode.prefix).where(Transcode.video_id == video.id))
    return {*recorded, *(prefix for prefix in (video.preview_prefix, video.ladder_prefix) if prefix)}
