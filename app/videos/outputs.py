"""Transcoded files of a video: where an attempt writes them, and which attempt counts."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.ids import new_code
from app.videos.models import Transcode, Video


def fresh_prefix(video_code: str, recipe: str) -> str:
    """A prefix of the media bucket that no attempt has used and nobody can guess."""
    return f"{video_prefix(video_code)}{recipe}/{new_code(22)}/"


def video_prefix(video_code: str) -> str:
    """Everything that was ever made of a video is under this prefix of the media bucket."""
    return f"v/{video_code}/"


def record(session: Session, video_id: int, recipe: str, stage: str, prefix: str) -> None:
    """Note which attempt's files are the published ones of a stage; a retried stage replaces its row.

    A published ladder retires whatever else the video has: pages that are open may still read it for a while.
    """
    values = {"prefix": prefix, "published_at": clock.now(), "retired_at": None}
    session.execute(
        insert(Transcode)
        .values(video_id=video_id, recipe=recipe, stage=stage, **values)
        .on_conflict_do_update(
            index_elements=[Transcode.video_id, Transcode.recipe, Transcode.stage], set_=values
        )
    )
    if stage == "ladder":
        session.execute(
            update(Transcode)
            .where(Transcode.video_id == video_id, Transcode.prefix != prefix, Transcode.retired_at.is_(None))
            .values(retired_at=clock.now())
        )


def prefix_of(session: Session, video_id: int, recipe: str, stage: str) -> str | None:
    """Where the published files of a stage are; None when this recipe has none, or they have retired."""
    return session.scalar(
        select(Transcode.prefix).where(
            Transcode.video_id == video_id,
            Transcode.recipe == recipe,
            Transcode.stage == stage,
            Transcode.retired_at.is_(None),
        )
    )


def is_withdrawn(video: Video) -> bool:
    """Whether nobody may read anything of it any more: removed by its creator, or taken down."""
    return video.state == "removed" or video.publishing == "taken_down"


def forget(session: Session, video_id: int) -> None:
    """Let no row name files of the video any more; they are about to be deleted."""
    session.execute(delete(Transcode).where(Transcode.video_id == video_id))


def outdated(session: Session, recipe: str) -> Sequence[Video]:
    """Finished videos whose ladder another recipe has made and whose source is still there, oldest first."""
    current = select(Transcode.video_id).where(
        Transcode.recipe == recipe, Transcode.stage == "ladder", Transcode.retired_at.is_(None)
    )
    return session.scalars(
        select(Video)
        .where(Video.state == "ready", Video.source_key.is_not(None), Video.id.not_in(current))
        .order_by(Video.id)
    ).all()
