"""The picture that stands for a video: its creator points at a moment, a worker makes the picture of it."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.core.ids import new_code
from app.core.models import Task
from app.videos import lifecycle, outputs, renditions
from app.videos.models import Video

# Pages that are open may still show the picture before; then it is nobody's.
KEPT_FOR = timedelta(hours=1, minutes=5)


def choose(session: Session, video: Video, at_ms: int) -> None:
    """Let the frame at `at_ms` milliseconds stand for the video; the last word counts.

    Raises KindrelayError when there is no film to take it from, and Invalid("at_ms") for a moment outside.
    """
    lifecycle.lock(session, video)
    if video.state not in lifecycle.PLAYABLE or outputs.is_withdrawn(video):
        raise KindrelayError(N_("You can choose a picture as soon as the video plays."))
    if not 0 <= at_ms <= (video.duration_ms or 0):
        raise Invalid("at_ms", N_("The video has no such moment."))
    video.poster_ms = at_ms
    session.flush()
    tasks.defer(session, "media.poster", fair_key=lifecycle.turn_of(video), video_id=video.id, at_ms=at_ms)


def fresh_key(video_code: str) -> str:
    """A key for a picture that no page has seen and nobody can guess."""
    return f"{outputs.video_prefix(video_code)}poster/{new_code(22)}/{renditions.POSTER}"


def settle(session: Session, video: Video, at_ms: int, key: str) -> bool:
    """Show the picture made of `at_ms`, if that is still the wish; False when it is not.

    What is not needed any more, the picture before or this one, is cleared later.
    """
    chosen = session.scalar(
        update(Video)
        .where(
            Video.id == video.id,
            Video.poster_ms == at_ms,
            Video.state.in_(lifecycle.PLAYABLE),
            Video.publishing != "taken_down",
        )
        .values(poster_key=key)
        .returning(Video.id)
    )
    clear_later(session, video.id)
    return chosen is not None


def give_up(session: Session, video_id: int, at_ms: int) -> None:
    """Forget a wish that could not be fulfilled; the picture before stays."""
    session.execute(
        update(Video).where(Video.id == video_id, Video.poster_ms == at_ms).values(poster_ms=None)
    )
    clear_later(session, video_id)


def clear_later(session: Session, video_id: int) -> None:
    """Clear pictures that no row names once no page shows them; at once where nobody may see anything."""
    video = session.get_one(Video, video_id, populate_existing=True)
    at = None if outputs.is_withdrawn(video) else clock.now() + KEPT_FOR
    tasks.defer(session, "media.sweep_orphans", run_after=at, video_code=video.code)


def is_being_made(session: Session, video: Video) -> bool:
    """Whether a worker is about to make the picture that was chosen."""
    waiting = select(Task.id).where(
        Task.name == "media.poster",
        Task.args["video_id"].as_integer() == video.id,
        Task.args["at_ms"].as_integer() == video.poster_ms,
        Task.done_at.is_(None),
        Task.dead_at.is_(None),
    )
    return video.poster_ms is not None and session.scalar(waiting.limit(1)) is not None
