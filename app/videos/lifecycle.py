"""The only way a video changes its state or its publishing. Both are tables of legal moves."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core import audit, clock, tasks
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.videos.models import Video

# State of the file → the states it may come from. Who takes over from a killed worker starts at `probing`.
MOVES: dict[str, tuple[str, ...]] = {
    "uploaded": ("uploading", "failed"),
    "probing": ("uploaded", "probing", "preparing"),
    "rejected": ("probing", "preparing"),
    "preparing": ("probing",),
    "playable": ("preparing",),
    "ready": ("playable",),
    "failed": ("uploaded", "probing", "preparing"),
    "removed": ("uploading", "uploaded", "probing", "rejected", "preparing", "playable", "ready", "failed"),
}
IN_WORK = ("uploaded", "probing", "preparing")
SHOWABLE = ("uploaded", "probing", "preparing", "playable", "ready")

# What its creator wants → what it may be before. Nobody but an administrator moves what was taken down.
PUBLISHING_MOVES: dict[str, tuple[str, ...]] = {
    "published": ("draft", "unlisted"),
    "unlisted": ("draft", "published"),
    "draft": ("published", "unlisted"),
}


def move(session: Session, video_id: int, to: str, **values: Any) -> bool:
    """Compare-and-set of the state, with `values` for other columns; False when it has moved on."""
    moved = session.execute(
        update(Video)
        .where(Video.id == video_id, Video.state.in_(MOVES[to]))
        .values(state=to, **values)
        .returning(Video.id)
    )
    return moved.scalar() is not None


def progress(session: Session, video_id: int, state: str, percent: int) -> bool:
    """Write how far the stage is that runs in `state`; False when the video is not in it any more."""
    seen = session.execute(
        update(Video)
        .where(Video.id == video_id, Video.state == state)
        .values(percent=min(100, max(0, percent)))
        .returning(Video.id)
    )
    return seen.scalar() is not None


def fail(session: Session, video_id: int, *, reason: str, retryable: bool) -> None:
    """End an attempt that did not work, with a reason; a video that plays already goes on playing."""
    values = {"reason": reason, "retryable": retryable, "percent": 0}
    if not move(session, video_id, "failed", **values):
        session.execute(update(Video).where(Video.id == video_id, Video.state == "playable").values(**values))


def retry(session: Session, video: Video) -> None:
    """Try a failed transcode again, on the creator's word. Raises KindrelayError when nothing failed."""
    if not video.retryable or video.state not in ("failed", "playable"):
        raise KindrelayError(N_("There is nothing to try again here."))
    fresh = {"reason": "", "retryable": False, "percent": 0}
    stage = "media.ladder" if video.state == "playable" else "media.preview"
    if video.state == "failed":
        move(session, video.id, "uploaded", **fresh)
    else:
        session.execute(update(Video).where(Video.id == video.id).values(**fresh))
    session.refresh(video)
    tasks.defer(session, stage, video_id=video.id)


def publish(session: Session, video: Video, to: str, person_id: int) -> None:
    """Move the publishing on the creator's word: published (in the feed), unlisted (by link), draft.

    Raises KindrelayError when it was taken down, or when there is no film to show.
    """
    session.refresh(video, with_for_update=True)
    if video.publishing == to:
        return
    if video.publishing not in PUBLISHING_MOVES[to]:
        raise KindrelayError(N_("This video was taken down and cannot be published again."))
    if to != "draft" and video.state not in SHOWABLE:
        raise KindrelayError(N_("There is nothing to show yet. The upload has to arrive first."))
    video.publishing = to
    if to == "published":
        video.published_at = clock.now()
    audit.record(session, f"video.{to}", person_id, f"video:{video.code}")


def remove(session: Session, video: Video, person_id: int) -> None:
    """Take the video away for good: out of sight with this commit, its files soon after.

    The row stays, because donations and credits name it.
    """
    if not move(session, video.id, "removed", publishing="draft", percent=0):
        raise KindrelayError(N_("This video was removed before."))
    session.refresh(video)
    audit.record(session, "video.removed", person_id, f"video:{video.code}")
    tasks.defer(session, "media.sweep_orphans", video_code=video.code)
