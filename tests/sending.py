"""Sending a file the way a browser does: registered, put to the store in parts, sealed, completed."""

import base64
import hashlib
from pathlib import Path

import httpx

from app.core.db import unit_of_work
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore
from app.videos import uploads
from app.videos.models import Upload
from tests import nearby


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def opened(
    settings: Settings, store: ObjectStore, creator_id: int, content: bytes, name: str = "clip.mp4"
) -> Upload:
    """An upload that was opened for `content` and has received nothing."""
    begun = uploads.begin(store.private, "video/mp4")
    with unit_of_work() as session:
        return uploads.register(session, settings, creator_id, begun, filename=name, size=len(content))


def part_of(upload: Upload, content: bytes, number: int) -> bytes:
    return content[(number - 1) * upload.part_size : number * upload.part_size]


def put_part(store: ObjectStore, upload: Upload, content: bytes, number: int) -> httpx.Response:
    """Put one part where the server says."""
    part = part_of(upload, content, number)
    address = uploads.part_address(store.private, upload, number, md5(part))
    return nearby.put(address, content=part, headers={"Content-MD5": md5(part)})


def sent(settings: Settings, store: ObjectStore, creator_id: int, path: Path) -> Upload:
    """A completed upload of the file at `path`; its preview is due."""
    content = path.read_bytes()
    upload = opened(settings, store, creator_id, content, path.name)
    for number in range(1, uploads.part_count(upload) + 1):
        put_part(store, upload, content, number).raise_for_status()
    uploads.seal(store.private, upload)
    with unit_of_work() as session:
        uploads.complete(session, upload.id)
    return upload
