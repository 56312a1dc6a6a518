"""Uploads from a browser straight to the private bucket, in parts that can be sent again.

What talks to the store takes a `Bucket` and runs outside of any transaction; what writes takes a `Session`.
Opening: `require_room`, `begin`, `register`. Ending: `seal`, then `complete`. Each of them may be repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from pathlib import PurePath

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, contains_eager

from app.accounts.models import Person
from app.core import clock, tasks
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.core.ids import new_code
from app.core.settings import Settings
from app.gateways.object_store import Bucket, StoredPart, UploadGone
from app.videos import lifecycle
from app.videos.models import Upload, Video

PART_BYTES = 8 * 1024 * 1024
MOST_PARTS = 9_000
MOST_OPEN = 10
TITLE_LENGTH = 100
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
    if used_bytes(session, creator_id) + size > settings.creator_quota_bytes:
        raise Invalid(
            "file", N_("Your space is full. Remove a video that you no longer need, then try again.")
        )
    if _open_count(session, creator_id) >= MOST_OPEN:
        raise Invalid("file", N_("You have many unfinished uploads. Finish or remove one of them first."))


def begin(bucket: Bucket, content_type: str) -> Begun:
    """Open a multipart upload under a key that nobody can guess."""
    kind = content_type if content_type.startswith("video/") else "application/octet-stream"
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
    """The parts that have arrived whole; nothing when the upload is over."""
    try:
        parts = bucket.list_parts(upload.object_key, upload.multipart_id)
    except UploadGone:
        return []
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
    stored = bucket.head(upload.object_key)
    if stored is None:
        parts = received(bucket, upload)
        missing = part_count(upload) - len(parts)
        if missing:
            raise KindrelayError(
                N_("The upload is not complete: %(missing)s parts are missing."), missing=missing
            )
        try:
            etag = bucket.complete_upload(upload.object_key, upload.multipart_id, parts)
        except UploadGone as error:
            raise KindrelayError(GONE) from error
        stored = bucket.head(upload.object_key)
        if stored is None or stored.etag != etag:
            raise KindrelayError(GONE)
    if stored.size != upload.size:
        raise KindrelayError(N_("The file arrived damaged. Please upload it again."))


def complete(session: Session, upload_id: int) -> None:
    """Write that the file is there and let it be transcoded; doing it twice changes nothing."""
    video_id = session.scalar(
        update(Upload)
        .where(Upload.id == upload_id, Upload.completed_at.is_(None), Upload.aborted_at.is_(None))
        .values(completed_at=clock.now())
        .returning(Upload.video_id)
    )
    if video_id is not None and lifecycle.move(session, video_id, "uploaded", percent=0):
        tasks.defer(session, "media.preview", dedupe_key=f"media.preview:{video_id}", video_id=video_id)


def abandon(session: Session, upload: Upload, person_id: int) -> None:
    """Give an unfinished upload up; its video goes with it, its parts with the next sweep."""
    if upload.completed_at is None and upload.aborted_at is None:
        upload.aborted_at = clock.now()
        lifecycle.remove(session, upload.video, person_id)


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
    """The name of a file without folders and control characters."""
    name = PurePath(filename.replace("\\", "/")).name
    return "".join(sign for sign in name if sign.isprintable()).strip()[:FILENAME_LENGTH] or "video"


def _open_count(session: Session, creator_id: int) -> int:
    count = session.scalar(
        select(func.count()).where(Video.creator_id == creator_id, Video.state == "uploading")
    )
    return int(count or 0)
