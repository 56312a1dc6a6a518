"""The only way the file of a video changes its state: a table of legal moves."""

from datetime import datetime
from typing import Any

from sqlalchemy import Update, case, update
from sqlalchemy.orm import Session

from app.core import audit, clock, tasks
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.videos import captions
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
PLAYABLE = ("playable", "ready")
# Steps of making files; what was taken down takes none of them.
MAKING = ("probing", "preparing", "playable", "ready")

SOURCE_NOT_KEPT = N_("The uploaded file was not kept. Please upload the video once more.")


def turn_of(video: Video) -> str:
    """The key under which the tasks of a video take turns: its creator's."""
    return f"creator:{video.creator_id}"


def move(session: Session, video_id: int, to: str, **values: Any) -> bool:
    """Compare-and-set of the state, with `values` for other columns; False when it has moved on.

    What was taken down is refused every step of making files.
    """
    moving = update(Video).where(Video.id == video_id, Video.state.in_(MOVES[to]))
    if to in MAKING:
        moving = moving.where(Video.publishing != "taken_down")
    moved = _took(session, moving.values(state=to, stage_since=clock.now(), **values))
    if moved and to == "playable":
        _make_up(session, session.get_one(Video, video_id, populate_existing=True))
    return moved


def _make_up(session: Session, video: Video) -> None:
    """Do what has waited until the video can be played: its schedule, its creator's picture."""
    if video.publishing == "scheduled" and video.scheduled_for:
        # Its moment is the database's to tell: the first call may have come and gone by now.
        call_at(session, video, video.scheduled_for)
    if video.poster_ms is not None and video.poster_key is None:
        turn = turn_of(video)
        tasks.defer(session, "media.poster", fair_key=turn, video_id=video.id, at_ms=video.poster_ms)


def call_at(session: Session, video: Video, at: datetime) -> None:
    """Have a scheduled video published at `at`, by `publishing.publish_on_time`."""
    tasks.defer(session, "videos.publish_scheduled", run_after=at, video_id=video.id, at=at.isoformat())


def progress(session: Session, video_id: int, state: str, percent: int) -> bool:
    """Write how far the stage is that runs in `state`; False when the video is not in it any more.

    The stage counts from its last report of nothing done, so that time in the queue does not.
    """
    stage_since = case((Video.percent == 0, clock.now()), else_=Video.stage_since)
    running = update(Video).where(
        Video.id == video_id, Video.state == state, Video.publishing != "taken_down"
    )
    return _took(session, running.values(percent=min(100, max(0, percent)), stage_since=stage_since))


def fail(session: Session, video_id: int, *, reason: str, retryable: bool) -> bool:
    """End an attempt that did not work, with a reason; a video that plays already goes on playing.

    False when the video waits for nothing: it is finished, or gone.
    """
    values = {"reason": reason, "retryable": retryable, "percent": 0}
    if move(session, video_id, "failed", **values):
        return True
    playing = update(Video).where(Video.id == video_id, Video.state == "playable")
    return _took(session, playing.values(**values))


def replace_ladder(session: Session, video_id: int, before: str | None, prefix: str) -> bool:
    """Put a finished video's new ladder in the place of `before`; False when something else happened."""
    finished = update(Video).where(
        Video.id == video_id,
        Video.state == "ready",
        Video.publishing != "taken_down",
        Video.ladder_prefix == before,
    )
    return _took(session, finished.values(ladder_prefix=prefix, percent=100))


def retry(session: Session, video: Video) -> None:
    """Try a failed transcode again, on the creator's word. Raises KindrelayError when nothing failed."""
    lock(session, video)
    is_open = video.state in ("failed", "playable") and video.publishing != "taken_down"
    if not video.retryable or not is_open:
        raise KindrelayError(N_("There is nothing to try again here."))
    fresh = {"reason": "", "retryable": False, "percent": 0}
    stage = "media.ladder" if video.state == "playable" else "media.preview"
    if video.state == "failed":
        move(session, video.id, "uploaded", **fresh)
    else:
        session.execute(update(Video).where(Video.id == video.id).values(**fresh))
    session.refresh(video)
    tasks.defer(session, stage, fair_key=turn_of(video), video_id=video.id)


def lock(session: Session, video: Video) -> None:
    """Read the row again and keep others from writing it; of what was loaded with it nothing is locked."""
    session.refresh(video, with_for_update={"of": Video})


def remove(session: Session, video: Video, person_id: int) -> None:
    """Take the video away for good: out of sight with this commit, its files soon after.

    The row stays, because donations and credits name it.
    """
    gone = {"publishing": "draft", "scheduled_for": None, "percent": 0}
    if not move(session, video.id, "removed", **gone):
        raise KindrelayError(N_("This video was removed before."))
    session.refresh(video)
    captions.forget(session, video.id)
    audit.record(session, "video.removed", person_id, f"video:{video.code}")
    tasks.defer(session, "media.sweep_orphans", video_code=video.code)


def _took(session: Session, change: Update) -> bool:
    """Whether an update found its video as it asked for it."""
    return session.execute(change.returning(Video.id)).scalar() is not None
