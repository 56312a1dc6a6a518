"""Uploads from a browser straight to the private bucket, in parts that can be sent again.

What talks to the store takes a `Bucket` and runs outside of any transaction; what writes takes a `Session`.
Opening: `require_room`, `begin`, `register`. Ending: `seal` and `complete`, or `abandon`. Each of them may be
repeated, and may meet itself or another of them half-way.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from pathlib import PurePath

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, contains_eager

from app.accounts.models import Person
from app.core import clock, tasks, text
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.core.ids import new_code
from app.core.settings import Settings
from app.gateways.object_store import Bucket, StorageUnavailable, StoredObject, StoredPart, UploadGone
from app.videos import lifecycle
from app.videos.models import Upload, Video

PART_BYTES = 8 * 1024 * 1024
MOST_PARTS = 9_000
MOST_OPEN = 10
TITLE_LENGTH = 100
VIDEO_TYPE = re.compile(r"video/[A-Za-z0-9.+-]{1,60}")
FILENAME_LENGTH = 200
FREED = ("removed", "rejected")  # states whose source is deleted
GONE = N_("This upload is no longer open. Please start it again.")


@dataclass(frozen=True)
class Begun:
    """A multipart upload that the store has opened and no row knows of yet."""

    key: str
    multipart_id: str
    content_type: str


def require_room(session: Session, settings: Settings, creator_id: int, size: int) -> None:
    """Refuse a file of `size` bytes that is empty, too large or over quota: Invalid("file")."""
    if size <= 0:
        raise Invalid("file", N_("This file is empty. Please choose another one."))
    if size > settings.max_upload_bytes:
        limit = megabytes(settings.max_upload_bytes)
        raise Invalid("file", N_("This file is too large. A video may have up to %(limit)s MB."), limit=limit)
    if size > room_left(session, settings, creator_id):
        raise Invalid(
            "file", N_("Your space is full. Remove a video that you no longer need, then try again.")
        )
    if _open_count(session, creator_id) >= MOST_OPEN:
        raise Invalid("file", N_("You have many unfinished uploads. Finish or remove one of them first."))


def begin(bucket: Bucket, content_type: str) -> Begun:
    """Open a multipart upload under a key that nobody can guess."""
    kind = content_type if VIDEO_TYPE.fullmatch(content_type) else "application/octet-stream"
    key = f"sources/{new_code(22)}"
    return Begun(key, bucket.create_upload(key, kind), kind)


def register(
    session: Session,
    settings: Settings,
    creator_id: int,
    begun: Begun,
    *,
    filename: str,
    size: int,
    title: str = "",
) -> Upload:
    """Write the video and its upload; the room is checked again, with the creator's uploads in line.

    The title falls back to the file's name.
    """
    session.execute(select(Person.id).where(Person.id == creator_id).with_for_update())
    require_room(session, settings, creator_id, size)
    name = shown_name(filename)
    video = Video(
        creator_id=creator_id,
        title=(title.strip() or PurePath(name).stem or name)[:TITLE_LENGTH],
        source_key=begun.key,
        source_size=size,
    )
    session.add(video)
    session.flush()
    upload = Upload(
        video=video,
        object_key=begun.key,
        multipart_id=begun.multipart_id,
        filename=name,
        content_type=begun.content_type,
        size=size,
        part_size=part_size(size),
    )
    session.add(upload)
    session.flush()
    return upload


def received(bucket: Bucket, upload: Upload) -> list[StoredPart]:
    """The parts that have arrived whole. Raises UploadGone when the store has joined or dropped them."""
    parts = bucket.list_parts(upload.object_key, upload.multipart_id)
    return [part for part in parts if part.size == size_of_part(upload, part.number)]


def part_address(bucket: Bucket, upload: Upload, number: int, md5: str) -> str:
    """Where the browser puts part `number` (from 1), whose content has this MD5 in base64."""
    if upload.completed_at or upload.aborted_at:
        raise KindrelayError(GONE)
    if not 1 <= number <= part_count(upload):
        raise Invalid("number", N_("This upload has no such part."))
    return bucket.presigned_part(
        upload.object_key, upload.multipart_id, number, md5, size_of_part(upload, number)
    )


def seal(bucket: Bucket, upload: Upload) -> None:
    """Let the store join the parts, and check what it made of them.

    Raises KindrelayError when parts are missing (the upload can go on) or when it is not open any more.
    """
    stored = bucket.head(upload.object_key) or _joined(bucket, upload)
    if stored.size != upload.size:
        raise KindrelayError(N_("The file arrived damaged. Please upload it again."))


def _joined(bucket: Bucket, upload: Upload) -> StoredObject:
    # Where the upload is gone, the same request, sent twice, may have joined its parts a moment ago.
    with suppress(UploadGone):
        parts = received(bucket, upload)
        missing = part_count(upload) - len(parts)
        if missing:
            raise KindrelayError(
                N_("The upload is not complete: %(missing)s parts are missing."), missing=missing
            )
        bucket.complete_upload(upload.object_key, upload.multipart_id, parts)
    stored = bucket.head(upload.object_key)
    if stored is None:
        raise KindrelayError(GONE)
    return stored


def complete(session: Session, upload_id: int) -> None:
    """Write that the file is there and let it be transcoded; doing it twice changes nothing."""
    video_id = session.scalar(
        update(Upload)
        .where(Upload.id == upload_id, Upload.completed_at.is_(None), Upload.aborted_at.is_(None))
        .values(completed_at=clock.now())
        .returning(Upload.video_id)
    )
    if video_id is not None and lifecycle.move(session, video_id, "uploaded", percent=0):
        turn = lifecycle.turn_of(session.get_one(Video, video_id))
        key = f"media.preview:{video_id}"
        tasks.defer(session, "media.preview", dedupe_key=key, fair_key=turn, video_id=video_id)


def abandon(session: Session, upload: Upload, person_id: int) -> bool:
    """Give an unfinished upload up: its video goes with it, its room is free with this commit.

    Its parts go with the next sweep, or with `drop_parts`. False when it is over already, either way.
    """
    given_up = session.scalar(
        update(Upload)
        .where(Upload.id == upload.id, Upload.completed_at.is_(None), Upload.aborted_at.is_(None))
        .values(aborted_at=clock.now())
        .returning(Upload.id)
    )
    if given_up is None:
        return False
    lifecycle.remove(session, upload.video, person_id)
    return True


def drop_parts(bucket: Bucket, upload: Upload) -> None:
    """Let the store forget what has arrived of an upload that was given up.

    The sweep does the same later: a store that is away now keeps nothing for ever.
    """
    with suppress(StorageUnavailable):
        bucket.abort_upload(upload.object_key, upload.multipart_id)


def unfinished(session: Session, creator_id: int) -> Sequence[Upload]:
    """A creator's uploads that can go on, newest first, with their videos."""
    return session.scalars(
        select(Upload)
        .join(Video)
        .where(
            Video.creator_id == creator_id,
            Video.state == "uploading",
            Upload.completed_at.is_(None),
            Upload.aborted_at.is_(None),
        )
        .order_by(Upload.id.desc())
        .options(contains_eager(Upload.video))
    ).all()


def left_behind(session: Session, before: datetime) -> Sequence[Upload]:
    """Uploads that nobody has finished since `before`, with their videos."""
    return session.scalars(
        select(Upload)
        .join(Video)
        .where(
            Video.state == "uploading",
            Upload.completed_at.is_(None),
            Upload.aborted_at.is_(None),
            Upload.created_at < before,
        )
        .options(contains_eager(Upload.video))
    ).all()


def used_bytes(session: Session, creator_id: int) -> int:
    """Bytes of the sources that a creator has uploaded or is uploading."""
    used = session.scalar(
        select(func.coalesce(func.sum(Video.source_size), 0)).where(
            Video.creator_id == creator_id, Video.state.not_in(FREED), Video.source_key.is_not(None)
        )
    )
    return int(used or 0)


def room_left(session: Session, settings: Settings, creator_id: int) -> int:
    """Bytes that a creator may still upload; never less than none."""
    return max(0, settings.creator_quota_bytes - used_bytes(session, creator_id))


def part_size(size: int) -> int:
    """Bytes a part: 8 MiB, more where that would make too many parts."""
    return max(PART_BYTES, ceil(size / MOST_PARTS))


def part_count(upload: Upload) -> int:
    """How many parts the file has."""
    return ceil(upload.size / upload.part_size)


def size_of_part(upload: Upload, number: int) -> int:
    """Bytes of part `number`; the last one is the rest."""
    return min(upload.part_size, upload.size - (number - 1) * upload.part_size)


def megabytes(size: int) -> int:
    """Bytes as whole megabytes, for people."""
    return size // 1024**2


def shown_name(filename: str) -> str:
    """The name under which a file is listed: safe to show, never empty, not too long."""
    return text.filename(filename)[:FILENAME_LENGTH] or "video"


def _open_count(session: Session, creator_id: int) -> int:
    count = session.scalar(
        select(func.count()).where(Video.creator_id == creator_id, Video.state == "uploading")
    )
    return int(count or 0)
