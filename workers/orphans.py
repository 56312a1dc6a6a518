"""Clears away what belongs to no video: leftovers of killed attempts and of removed or refused videos."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.core import clock, runtime
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.tasks import Claim
from app.gateways.object_store import Bucket, ObjectStore
from app.gateways.s3 import open_store
from app.videos import lifecycle, outputs, uploads
from app.videos.models import Upload, Video
from workers.lease import Finisher, Lease
from workers.media import BROKE_DOWN, nothing

STAGES = ("media.preview", "media.ladder")
# An attempt may still be sending its files; nothing younger than this is anybody's orphan.
GRACE = timedelta(hours=1)
LOOK_BACK = timedelta(days=3)
FORGOTTEN_AFTER = timedelta(days=7)


def sweep(_claim: Claim, _lease: Lease, *, video_code: str | None = None) -> Finisher:
    """Clear one video's leftovers now, or (hourly) those of every video whose transcode had an accident."""
    if video_code is None:
        with unit_of_work() as session:
            give_up_forgotten(session)
            answer_for_the_dead(session)
            codes = accident_scenes(session)
    else:
        codes = [video_code]
    store = open_store(runtime.settings())
    gone = [code for code in codes if clear(store, code)]
    return partial(forget_files, codes=gone) if gone else nothing


def clear(store: ObjectStore, code: str) -> bool:
    """Delete what a video has in both buckets and nobody needs; True when it was removed and has no file."""
    with unit_of_work() as session:
        video = session.scalar(select(Video).where(Video.code == code))
        if video is None:
            return False
        upload = session.scalar(select(Upload).where(Upload.video_id == video.id))
        needed = outputs.published_prefixes(session, video)
    if video.state in uploads.FREED and video.source_key:
        store.private.delete(video.source_key)
        if upload is not None and upload.completed_at is None:
            store.private.abort_upload(upload.object_key, upload.multipart_id)
    newest_allowed = clock.now() - (timedelta(0) if video.state == "removed" else GRACE)
    for prefix in deserted(store.media, code, needed, newest_allowed):
        store.media.delete_prefix(prefix)
    return video.state == "removed" and not any(store.media.list_prefix(outputs.video_prefix(code)))


def forget_files(session: Session, codes: Sequence[str]) -> None:
    """Let removed videos name no files any more: they are gone, and the hourly net need not come back."""
    session.execute(
        update(Video)
        .where(Video.code.in_(codes), Video.state == "removed")
        .values(source_key=None, preview_prefix=None, ladder_prefix=None)
    )


def deserted(media: Bucket, code: str, needed: set[str], before: datetime) -> list[str]:
    """Prefixes of attempts that no row names and that nothing was added to since `before`."""
    newest: dict[str, datetime] = defaultdict(lambda: datetime.min.replace(tzinfo=before.tzinfo))
    for stored in media.list_prefix(outputs.video_prefix(code)):
        attempt = "/".join(stored.key.split("/")[:4]) + "/"
        newest[attempt] = max(newest[attempt], stored.modified or before)
    return [prefix for prefix, at in newest.items() if prefix not in needed and at <= before]


def accident_scenes(session: Session) -> Sequence[str]:
    """Codes of removed videos that still name files, and of videos that lost an attempt in the last days."""
    numbers = select(Task.args["video_id"].as_integer()).where(
        Task.name.in_(STAGES),
        Task.created_at > clock.now() - LOOK_BACK,
        or_(Task.attempts > 1, Task.dead_at.is_not(None)),
    )
    files = (Video.source_key, Video.preview_prefix, Video.ladder_prefix)
    uncleared = (Video.state == "removed") & or_(*(name.is_not(None) for name in files))
    return session.scalars(select(Video.code).where(or_(Video.id.in_(numbers), uncleared))).all()


def answer_for_the_dead(session: Session) -> None:
    """A video whose task died with its worker every time must not look busy for ever."""
    lost = select(Task.args["video_id"].as_integer()).where(Task.name.in_(STAGES), Task.dead_at.is_not(None))
    busy = select(Task.args["video_id"].as_integer()).where(
        Task.name.in_(STAGES), Task.dead_at.is_(None), Task.done_at.is_(None)
    )
    stuck = session.scalars(
        select(Video.id).where(
            Video.state.in_((*lifecycle.IN_WORK, "playable")), Video.id.in_(lost), Video.id.not_in(busy)
        )
    )
    for video_id in stuck:
        lifecycle.fail(session, video_id, reason=BROKE_DOWN, retryable=True)


def give_up_forgotten(session: Session) -> None:
    """Uploads that nobody came back to; the store drops their parts by itself."""
    for upload in uploads.left_behind(session, clock.now() - FORGOTTEN_AFTER):
        uploads.abandon(session, upload, upload.video.creator_id)
