"""Clears away what a video has no use for: leftovers of killed attempts, what retired, what was removed."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.core import clock, runtime, tasks
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.tasks import Claim
from app.gateways.object_store import ObjectStore
from app.gateways.s3 import open_store
from app.videos import lifecycle, outputs, references, uploads
from app.videos.models import Transcode, Upload, Video
from app.videos.waiting import STAGES
from workers.lease import Finisher, Lease, nothing
from workers.media import BROKE_DOWN
from workers.orphans import homes_of, orphans_of

# An attempt may still be sending its files; nothing younger than this is anybody's orphan.
GRACE = timedelta(hours=1)
LOOK_BACK = timedelta(days=3)
FORGOTTEN_AFTER = timedelta(days=7)
# So many videos in a row that cannot be cleared are not their fault: the store is down.
MOST_IN_A_ROW = 5
LATER = timedelta(minutes=10)

log = structlog.get_logger()


def sweep(_claim: Claim, _lease: Lease, *, video_code: str | None = None) -> Finisher:
    """Clear one video's leftovers now, or (hourly) those of every video that may have some.

    In the hourly round one video that cannot be cleared holds up no other: it gets a task of its own.
    """
    store = open_store(runtime.settings())
    if video_code is not None:
        clear(store, video_code)
        return nothing
    for part in (give_up_forgotten, answer_for_the_dead):
        with unit_of_work() as session:
            part(session)
    with unit_of_work() as session:
        codes = scenes(session)
    return clear_each(store, codes) if codes else nothing


def clear_each(store: ObjectStore, codes: Sequence[str]) -> Finisher:
    """Clear several videos; raises what the last one raised when the store seems to be down."""
    failed: list[str] = []
    in_a_row = 0
    for code in codes:
        try:
            clear(store, code)
        except Exception as error:  # whatever is wrong with one video is not the others' fault
            log.warning("a video was not cleared", video=code, exc_info=error)
            failed.append(code)
            in_a_row += 1
            if in_a_row == MOST_IN_A_ROW:
                raise
            continue
        in_a_row = 0

    def finish(session: Session) -> None:
        for code in failed:
            again = clock.now() + LATER
            key = f"media.sweep_orphans:{code}:{again:%Y-%m-%dT%H}"
            tasks.defer(session, "media.sweep_orphans", dedupe_key=key, run_after=again, video_code=code)

    return finish


def clear(store: ObjectStore, code: str) -> None:
    """Delete what a video has in both buckets and nobody needs, and let its rows name it no more."""
    keep = runtime.settings().keep_sources
    with unit_of_work() as session:
        video = session.scalar(select(Video).where(Video.code == code))
        if video is None:
            return
        upload = session.scalar(select(Upload).where(Upload.video_id == video.id))
        over = references.named_media(session, video) - references.needed_media(session, [code])
        source = video.source_key
        if source and references.needed_sources(session, [source], keep=keep):
            source = None
    if source:
        # In this order: parts that are being joined just now are an object by the time it is deleted.
        if upload is not None and upload.completed_at is None:
            store.private.abort_upload(upload.object_key, upload.multipart_id)
        store.private.delete(source)
    for home in homes_of(store.media.list_prefix(outputs.video_prefix(code))):
        # Asked again for each: work that a moment ago had not begun may be sending now.
        with unit_of_work() as session:
            video = session.scalars(select(Video).where(Video.code == code)).one()
            needed = references.needed_media(session, [code])
        prefix = references.home_of(home[0].key)
        # Withdrawn files go whatever their age: the store's clock may be ahead of ours.
        is_free = outputs.is_withdrawn(video) or prefix in over
        if prefix not in needed and (is_free or list(orphans_of([home], needed, clock.now() - GRACE))):
            store.media.delete_many([stored.key for stored in home])
    with unit_of_work() as session:
        forget(session, video.id, source, over)


def forget(session: Session, video_id: int, source: str | None, homes: Collection[str]) -> None:
    """Let a video's rows name no file that is gone."""
    this = Video.id == video_id
    session.execute(delete(Transcode).where(Transcode.video_id == video_id, Transcode.prefix.in_(homes)))
    for name in (Video.preview_prefix, Video.ladder_prefix):
        session.execute(update(Video).where(this, name.in_(homes)).values({name: None}))
    for home in homes:
        session.execute(update(Video).where(this, Video.poster_key.startswith(home)).values(poster_key=None))
    if source:
        session.execute(update(Video).where(this, Video.source_key == source).values(source_key=None))


def scenes(session: Session) -> Sequence[str]:
    """Codes of the videos that name files nobody needs, or that lost an attempt in the last days."""
    numbers = select(Task.args["video_id"].as_integer()).where(
        Task.queue.in_(references.TRANSCODING),
        Task.created_at > clock.now() - LOOK_BACK,
        or_(Task.attempts > 1, Task.dead_at.is_not(None)),
    )
    idle = references.unneeded(keep=runtime.settings().keep_sources)
    return session.scalars(select(Video.code).where(or_(Video.id.in_(numbers), idle))).all()


def answer_for_the_dead(session: Session) -> None:
    """A video whose task died with its worker every time must not look busy for ever."""
    lost = select(Task.args["video_id"].as_integer()).where(
        Task.name.in_(STAGES.values()), Task.dead_at.is_not(None)
    )
    busy = select(Task.args["video_id"].as_integer()).where(
        Task.name.in_(STAGES.values()), Task.dead_at.is_(None), Task.done_at.is_(None)
    )
    stuck = session.scalars(
        select(Video.id)
        .where(
            Video.state.in_((*lifecycle.IN_WORK, "playable")),
            Video.publishing != "taken_down",
            Video.id.in_(lost),
            Video.id.not_in(busy),
        )
        .with_for_update(skip_locked=True)
    )
    for video_id in stuck:
        lifecycle.fail(session, video_id, reason=BROKE_DOWN, retryable=True)


def give_up_forgotten(session: Session) -> None:
    """Uploads that nobody came back to; the store drops their parts by itself."""
    for upload in uploads.left_behind(session, clock.now() - FORGOTTEN_AFTER):
        uploads.abandon(session, upload, upload.video.creator_id)
