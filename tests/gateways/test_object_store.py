import base64
import hashlib
import os
import time
from pathlib import Path

import pytest

from app.core.ids import new_code
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore, StorageUnavailable, UploadGone
from app.gateways.s3 import S3Bucket, open_store
from app.gateways.s3_client import make_client
from tests import nearby


@pytest.fixture(scope="module")
def store(settings: Settings) -> ObjectStore:
    return open_store(settings)


@pytest.fixture
def key() -> str:
    return f"tests/{new_code()}/file.m4s"


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def test_media_can_be_read_by_anyone_and_kept_for_good(store: ObjectStore, key: str):
    store.media.put(key, b"moving pictures")
    answer = nearby.get(store.media.public_url(key), headers={"Range": "bytes=7-14"})
    assert answer.status_code == 206
    assert answer.content == b"pictures"
    assert answer.headers["content-type"] == "video/iso.segment"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_media_cannot_be_listed_by_strangers(store: ObjectStore):
    assert nearby.get(store.media.public_url("")).status_code == 403


def test_private_objects_open_only_by_a_signed_address(store: ObjectStore, key: str):
    store.private.put(key, b"secret")
    assert nearby.get(store.private.public_url(key)).status_code == 403
    signed = store.private.presigned_get(key, download_name="Ümlaut, a.pdf")
    answer = nearby.get(signed)
    assert answer.content == b"secret"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert nearby.get(signed.replace("Signature=", "Signature=0")).status_code == 403


def test_a_signed_address_ends(store: ObjectStore, key: str):
    store.private.put(key, b"secret")
    signed = store.private.presigned_get(key, seconds=1)
    time.sleep(2.1)
    assert nearby.get(signed).status_code == 403


def test_a_file_goes_up_and_comes_down_whole(store: ObjectStore, key: str, tmp_path: Path):
    content = os.urandom(3_000_000)
    (tmp_path / "up").write_bytes(content)
    put = store.private.put(key, tmp_path / "up", "video/mp4")
    store.private.download(key, tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == content
    head = store.private.head(key)
    assert head is not None
    assert (head.size, head.etag, head.content_type) == (3_000_000, put.etag, "video/mp4")
    store.private.delete(key)
    store.private.delete(key)
    assert store.private.head(key) is None


def test_a_prefix_is_listed_and_deleted_alone(store: ObjectStore):
    root = f"tests/{new_code()}/"
    for name in ("a/1", "a/2", "ab/1"):
        store.media.put(root + name, b"x")
    assert store.media.delete_prefix(f"{root}a/") == 2
    assert [found.key for found in store.media.list_prefix(root)] == [f"{root}ab/1"]


def test_objects_that_stay_are_not_said_to_be_deleted(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    client = make_client(settings, settings.s3_endpoint)
    bucket = S3Bucket(settings.s3_media_bucket, client, client, "", cache_control="no-store")
    root = f"tests/{new_code()}/"
    bucket.put(f"{root}1", b"x")
    refusal = {"Errors": [{"Key": f"{root}1", "Code": "AccessDenied"}]}

    def refuse(**_: object) -> object:
        return refusal

    monkeypatch.setattr(client, "delete_objects", refuse)
    with pytest.raises(StorageUnavailable) as failure:
        bucket.delete_prefix(root)
    assert "AccessDenied" in failure.value.detail


def test_the_whole_bucket_is_not_a_prefix(store: ObjectStore):
    with pytest.raises(ValueError, match="empty"):
        store.media.delete_prefix("/")


def test_a_part_takes_only_the_bytes_it_was_signed_for(store: ObjectStore, key: str):
    upload = store.private.create_upload(key, "video/mp4")
    part = os.urandom(1000)
    address = store.private.presigned_part(key, upload, 1, md5(part), len(part))
    headers = {"Content-MD5": md5(part)}
    assert nearby.put(address, content=part[::-1], headers=headers).status_code == 400
    assert nearby.put(address, content=part + b"more", headers=headers).status_code == 403
    assert nearby.put(address, content=part).status_code == 403
    assert nearby.put(address, content=part, headers=headers).status_code == 200
    store.private.abort_upload(key, upload)


def test_an_upload_is_joined_from_its_parts(store: ObjectStore, key: str):
    upload = store.private.create_upload(key, "video/mp4")
    parts = [os.urandom(5 * 1024 * 1024), os.urandom(77)]
    for number, part in reversed(list(enumerate(parts, 1))):
        address = store.private.presigned_part(key, upload, number, md5(part), len(part))
        nearby.put(address, content=part, headers={"Content-MD5": md5(part)}).raise_for_status()
    stored = store.private.list_parts(key, upload)
    assert [(part.number, part.size) for part in stored] == [(1, len(parts[0])), (2, 77)]
    assert stored[0].etag == hashlib.md5(parts[0]).hexdigest()
    etag = store.private.complete_upload(key, upload, stored)
    head = store.private.head(key)
    assert head is not None
    assert (head.etag, head.size) == (etag, len(parts[0]) + 77)
    with pytest.raises(UploadGone):
        store.private.list_parts(key, upload)


def test_an_aborted_upload_is_gone_and_may_be_aborted_again(store: ObjectStore, key: str):
    upload = store.private.create_upload(key, "video/mp4")
    store.private.abort_upload(key, upload)
    store.private.abort_upload(key, upload)
    with pytest.raises(UploadGone):
        store.private.list_parts(key, upload)


def test_a_store_that_is_down_is_said_to_be_unavailable(settings: Settings):
    elsewhere = settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    with pytest.raises(StorageUnavailable):
        open_store(elsewhere).private.head("anything")


def test_a_wrong_secret_is_said_to_be_unavailable(settings: Settings):
    stranger = settings.model_copy(update={"s3_secret_key": "not the right one at all"})
    with pytest.raises(StorageUnavailable):
        open_store(stranger).private.get("anything")


def test_browsers_are_sent_to_the_public_address(settings: Settings):
    outside = settings.model_copy(update={"s3_public_endpoint": "https://media.example.org"})
    store = open_store(outside)
    assert (
        store.media.public_url("v/a.mp4") == f"https://media.example.org/{settings.s3_media_bucket}/v/a.mp4"
    )
    assert store.private.presigned_get("x").startswith("https://media.example.org/")
