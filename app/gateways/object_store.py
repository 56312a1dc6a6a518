"""Objects in two S3 buckets: `private` (sources, documents) and `media` (published renditions)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.core.errors import Unavailable
from app.core.i18n import N_


class StorageUnavailable(Unavailable):
    """The object store did not answer or refused; nothing was learnt about the object."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(N_("Our file storage is not reachable right now. Please try again in a moment."))
        self.detail = detail


class UploadGone(Exception):  # noqa: N818 (a fact about the upload, not a fault)
    """The multipart upload is unknown: completed, aborted or never opened."""


@dataclass(frozen=True)
class StoredObject:
    """What the store says about an object. `etag` is without its quotes, `size` in bytes."""

    key: str
    size: int
    etag: str
    content_type: str = ""
    modified: datetime | None = None


@dataclass(frozen=True)
class StoredPart:
    """One received part of a multipart upload; `size` in bytes."""

    number: int
    etag: str
    size: int


class Bucket(Protocol):
    """One bucket. Every method that talks to the store raises StorageUnavailable when it can't."""

    name: str

    def put(self, key: str, body: bytes | Path, content_type: str | None = None) -> StoredObject: ...
    def get(self, key: str) -> bytes: ...
    def download(self, key: str, target: Path) -> None: ...
    def head(self, key: str) -> StoredObject | None: ...
    def delete(self, key: str) -> None: ...
    def delete_many(self, keys: Sequence[str]) -> None: ...
    def delete_prefix(self, prefix: str) -> int: ...
    def list_prefix(self, prefix: str) -> Iterator[StoredObject]: ...
    def public_url(self, key: str) -> str: ...
    def presigned_get(self, key: str, seconds: int = 600, download_name: str | None = None) -> str: ...
    def create_upload(self, key: str, content_type: str) -> str: ...
    def presigned_part(self, key: str, upload_id: str, number: int, md5: str, size: int) -> str: ...
    def list_parts(self, key: str, upload_id: str) -> list[StoredPart]: ...
    def complete_upload(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> str: ...
    def abort_upload(self, key: str, upload_id: str) -> None: ...


@dataclass(frozen=True)
class ObjectStore:
    """Both buckets of the platform."""

    private: Bucket
    media: Bucket
