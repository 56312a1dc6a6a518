"""The object store on any S3-compatible service.

Servers talk to one address of the store and browsers to another. The address is part of a signature,
so everything signed for a browser is signed with a second client that knows the public one.
"""

import base64
import hashlib
import mimetypes
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from app.core.settings import Settings
from app.gateways.object_store import (
    ObjectStore,
    StorageUnavailable,
    StoredObject,
    StoredPart,
    UploadGone,
)
from app.gateways.s3_client import make_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

READ_CHUNK = 1 << 20
DELETE_BATCH = 1000
EARLIEST = datetime.min.replace(tzinfo=UTC)
UNCACHED = "private, no-store"
IMMUTABLE = "public, max-age=31536000, immutable"
CONTENT_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt",
    ".webp": "image/webp",
}
GONE = {"404", "NoSuchKey", "NoSuchUpload", "NotFound"}


def open_store(settings: Settings) -> ObjectStore:
    """The object store of `settings`. Its clients may be shared by threads; nothing is sent yet."""
    inside = make_client(settings, settings.s3_endpoint)
    outside = make_client(settings, settings.s3_public_endpoint)
    base_url = settings.s3_public_endpoint.rstrip("/")
    return ObjectStore(
        private=S3Bucket(settings.s3_private_bucket, inside, outside, base_url, cache_control=UNCACHED),
        media=S3Bucket(settings.s3_media_bucket, inside, outside, base_url, cache_control=IMMUTABLE),
    )


class S3Bucket:
    """A bucket of any S3-compatible store."""

    def __init__(
        self, name: str, inside: "S3Client", outside: "S3Client", base_url: str, *, cache_control: str
    ) -> None:
        self.name = name
        self._inside = inside
        self._outside = outside
        self._base_url = f"{base_url}/{name}"
        self._cache_control = cache_control

    def put(self, key: str, body: bytes | Path, content_type: str | None = None) -> StoredObject:
        """Store `body` whole (at most 5 GB). Its MD5 goes along: what arrives damaged is refused."""
        kind = content_type or content_type_of(key)
        size = body.stat().st_size if isinstance(body, Path) else len(body)
        with self._guard(), _readable(body) as stream:
            answer = self._inside.put_object(
                Bucket=self.name,
                Key=key,
                Body=stream,
                ContentLength=size,
                ContentMD5=md5_of(body),
                ContentType=kind,
                CacheControl=self._cache_control,
            )
        return StoredObject(key, size, answer["ETag"].strip('"'), kind)

    def get(self, key: str) -> bytes:
        """The whole object in memory: for documents and pictures, never for films."""
        with self._guard():
            return self._inside.get_object(Bucket=self.name, Key=key)["Body"].read()

    def download(self, key: str, target: Path) -> None:
        """Write the object to the file `target`, chunk by chunk."""
        with self._guard(), target.open("wb") as sink:
            answer = self._inside.get_object(Bucket=self.name, Key=key)
            for chunk in answer["Body"].iter_chunks(READ_CHUNK):
                sink.write(chunk)

    def head(self, key: str) -> StoredObject | None:
        """What is stored under `key`, or None."""
        try:
            with self._guard():
                found = self._inside.head_object(Bucket=self.name, Key=key)
        except ClientError:
            return None
        kind = found.get("ContentType", "")
        return StoredObject(key, found["ContentLength"], found["ETag"].strip('"'), kind)

    def delete(self, key: str) -> None:
        """Remove the object; an absent one is fine."""
        with self._guard():
            self._inside.delete_object(Bucket=self.name, Key=key)

    def delete_many(self, keys: Sequence[str]) -> None:
        """Remove the objects; absent ones are fine."""
        for start in range(0, len(keys), DELETE_BATCH):
            batch = keys[start : start + DELETE_BATCH]
            with self._guard():
                answer = self._inside.delete_objects(
                    Bucket=self.name, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
                )
            # The answer is 200 even when some objects stayed.
            if refused := answer.get("Errors"):
                raise StorageUnavailable(f"{len(refused)} objects were not deleted: {refused[0]}")

    def delete_prefix(self, prefix: str) -> int:
        """Remove everything whose key starts with `prefix`; returns how many objects that were."""
        if not prefix.strip("/"):
            raise ValueError("an empty prefix would empty the bucket")
        keys = [found.key for found in self.list_prefix(prefix)]
        self.delete_many(keys)
        return len(keys)

    def list_prefix(self, prefix: str) -> Iterator[StoredObject]:
        """Everything whose key starts with `prefix`, in key order."""
        with self._guard():
            pages = self._inside.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.name, Prefix=prefix):
                for item in page.get("Contents", []):
                    etag = item.get("ETag", "").strip('"')
                    size, modified = item.get("Size", 0), item.get("LastModified")
                    yield StoredObject(item.get("Key", ""), size, etag, modified=modified)

    def public_url(self, key: str) -> str:
        """The address browsers read `key` at without a signature; only the media bucket answers there."""
        return f"{self._base_url}/{quote(key)}"

    def presigned_get(self, key: str, seconds: int = 600, download_name: str | None = None) -> str:
        """An address that reads `key` for `seconds`; with `download_name` the browser saves the file."""
        params: dict[str, Any] = {"Bucket": self.name, "Key": key}
        if download_name:
            name = quote(download_name, safe="")
            params["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{name}"
        return self._outside.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)

    def create_upload(self, key: str, content_type: str) -> str:
        """Open a multipart upload; returns the id that its parts name."""
        with self._guard():
            answer = self._inside.create_multipart_upload(
                Bucket=self.name, Key=key, ContentType=content_type, CacheControl=self._cache_control
            )
        return answer["UploadId"]

    def presigned_part(self, key: str, upload_id: str, number: int, md5: str, size: int) -> str:
        """An address to PUT part `number` to; `md5` (base64) and `size` are signed: no other bytes fit."""
        params = {
            "Bucket": self.name,
            "Key": key,
            "UploadId": upload_id,
            "PartNumber": number,
            "ContentMD5": md5,
            "ContentLength": size,
        }
        return self._outside.generate_presigned_url("upload_part", Params=params, ExpiresIn=3600)

    def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        """The parts received so far, by number. Raises UploadGone when the upload is not open."""
        parts: dict[int, StoredPart] = {}
        with self._open_upload():
            pages = self._inside.get_paginator("list_parts")
            answers = pages.paginate(Bucket=self.name, Key=key, UploadId=upload_id)
            found = [part for answer in answers for part in answer.get("Parts", [])]
        # A part that was sent twice counts once, by its last version; some stores list every version.
        for part in sorted(found, key=lambda part: part.get("LastModified", EARLIEST)):
            number = part.get("PartNumber", 0)
            parts[number] = StoredPart(number, part.get("ETag", "").strip('"'), part.get("Size", 0))
        return sorted(parts.values(), key=lambda part: part.number)

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> str:
        """Join `parts` into the object; returns its ETag. Raises UploadGone when the upload is not open."""
        named: list[CompletedPartTypeDef] = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        with self._open_upload():
            answer = self._inside.complete_multipart_upload(
                Bucket=self.name, Key=key, UploadId=upload_id, MultipartUpload={"Parts": named}
            )
        return answer["ETag"].strip('"')

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Drop the upload and its parts; an upload that is not open is fine."""
        try:
            with self._open_upload():
                self._inside.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload_id)
        except UploadGone:
            return

    @contextmanager
    def _guard(self) -> Generator[None]:
        """Let "there is no such thing" through as ClientError; everything else is StorageUnavailable."""
        try:
            yield
        except ClientError as error:
            if _code(error) in GONE:
                raise
            raise StorageUnavailable(str(error)) from error
        except BotoCoreError as error:
            raise StorageUnavailable(str(error)) from error

    @contextmanager
    def _open_upload(self) -> Generator[None]:
        try:
            with self._guard():
                yield
        except ClientError as error:
            raise UploadGone(_code(error)) from error


def content_type_of(key: str) -> str:
    """The content type that players and browsers expect for a file of this name."""
    suffix = Path(key).suffix.lower()
    return CONTENT_TYPES.get(suffix) or mimetypes.types_map.get(suffix) or "application/octet-stream"


def md5_of(body: bytes | Path) -> str:
    """MD5 in base64, as the Content-MD5 header wants it; it guards against damage, not against people."""
    digest = hashlib.md5(usedforsecurity=False)
    with _readable(body) as stream:
        if isinstance(stream, bytes):
            digest.update(stream)
        else:
            while chunk := stream.read(READ_CHUNK):
                digest.update(chunk)
    return base64.b64encode(digest.digest()).decode()


@contextmanager
def _readable(body: bytes | Path) -> Generator[Any]:
    if isinstance(body, bytes):
        yield body
    else:
        with body.open("rb") as stream:
            yield stream


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
