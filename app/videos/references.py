"""What rows say about stored files: which objects are needed, and which are named though nobody needs them.

Every sweep asks here, right before it deletes.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.models import Task
from app.videos.models import Transcode, Video
from app.videos.uploads import FREED

# A page that was opened before better files came plays the old ones to the end.
RETIRED_GRACE = timedelta(hours=6)
TRANSCODING = ("preview", "media")


def home_of(key: str) -> str:
    """What is kept or deleted as one: an attempt's `v/<video>/<recipe>/<attempt>/`, or `key` alone."""
    parts = key.split("/")
    return "/".join(parts[:4]) + "/" if parts[0] == "v" and len(parts) > 4 else key


def needed_media(session: Session, codes: Collection[str]) -> set[str]:
    """Homes in the media bucket that players may be reading from, of the videos with these codes."""
    shown = select(Video).where(Video.code.in_(codes), _is_public())
    videos = session.scalars(shown).all()
    over = retired_before()
    transcodes = session.scalars(
        select(Transcode).where(Transcode.video_id.in_([video.id for video in videos]))
    ).all()
    past = {made.prefix for made in transcodes if made.retired_at is not None and made.retired_at <= over}
    needed = {made.prefix for made in transcodes} - past
    for video in videos:
        needed |= _homes(video.ladder_prefix, video.poster_key)
        if video.preview_prefix not in past or video.ladder_prefix is None:
            needed |= _homes(video.preview_prefix)
    return needed


def named_media(session: Session, video: Video) -> set[str]:
    """Every home in the media bucket that a row of this video names, needed or not."""
    transcodes = session.scalars(select(Transcode.prefix).where(Transcode.video_id == video.id))
    return {*transcodes} | _homes(video.preview_prefix, video.ladder_prefix, video.poster_key)


def needed_sources(session: Session, keys: Collection[str], *, keep: bool) -> set[str]:
    """Those of `keys` in the private bucket that are sources somebody needs.

    Unless sources are to be kept, a finished video needs its own only while work on it is pending.
    """
    found = session.scalars(select(Video.source_key).where(Video.source_key.in_(keys), _needs_source(keep)))
    return {key for key in found if key is not None}


def unneeded(*, keep: bool) -> ColumnElement[bool]:
    """The videos whose rows name a file that nobody needs."""
    names = (Video.preview_prefix, Video.ladder_prefix, Video.poster_key)
    prefixes = or_(*(name.is_not(None) for name in names))
    retired = exists().where(Transcode.video_id == Video.id, Transcode.retired_at <= retired_before())
    return or_(
        and_(Video.source_key.is_not(None), ~_needs_source(keep)),
        and_(prefixes, ~_is_public()),
        retired,
    )


def retired_before() -> datetime:
    """What retired until then, nobody plays any more."""
    return clock.now() - RETIRED_GRACE


def _is_public() -> ColumnElement[bool]:
    return and_(Video.state != "removed", Video.publishing != "taken_down")


def _needs_source(keep: bool) -> ColumnElement[bool]:
    kept = Video.state.not_in(FREED)
    if keep:
        return kept
    pending = exists().where(
        Task.queue.in_(TRANSCODING),
        Task.args["video_id"].as_integer() == Video.id,
        Task.done_at.is_(None),
        Task.dead_at.is_(None),
    )
    return and_(kept, or_(Video.state != "ready", pending))


def _homes(*keys: str | None) -> set[str]:
    return {home_of(key) for key in keys if key}
