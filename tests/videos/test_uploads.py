import os

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.errors import Invalid, KindrelayError
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore
from app.gateways.s3 import open_store
from app.videos import uploads
from app.videos.models import Upload, Video
from tests import factories
from tests.sending import opened, put_part

CONTENT = os.urandom(uploads.PART_BYTES + 1234)


@pytest.fixture(scope="module")
def store(settings: Settings) -> ObjectStore:
    return open_store(settings)


@pytest.fixture
def creator(session: Session) -> Person:
    return factories.person(session)


@pytest.fixture
def upload(session: Session, settings: Settings, store: ObjectStore, creator: Person) -> Upload:
    return opened(settings, store, creator.id, CONTENT, "C:\\films\\My first clip.mp4")


def previews_due(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Task).where(Task.name == "media.preview")) or 0


def state(session: Session, upload: Upload) -> str:
    video = session.get_one(Video, upload.video_id, populate_existing=True)
    return video.state


def test_an_opened_upload_is_a_video_named_after_its_file(session: Session, upload: Upload):
    video = session.get_one(Video, upload.video_id)
    assert (video.state, video.title, video.publishing) == ("uploading", "My first clip", "draft")
    assert upload.filename == "My first clip.mp4"


def test_a_reload_learns_which_parts_have_arrived(session: Session, store: ObjectStore, upload: Upload):
    put_part(store, upload, CONTENT, 2)
    assert [part.number for part in uploads.received(store.private, upload)] == [2]


def test_an_upload_without_all_its_parts_is_not_sealed_and_can_go_on(
    session: Session, store: ObjectStore, upload: Upload
):
    put_part(store, upload, CONTENT, 1)
    with pytest.raises(KindrelayError, match="1 parts are missing"):
        uploads.seal(store.private, upload)
    put_part(store, upload, CONTENT, 2)
    uploads.seal(store.private, upload)


def test_a_part_that_was_sent_twice_does_no_harm(session: Session, store: ObjectStore, upload: Upload):
    for number in (1, 2, 2):
        assert put_part(store, upload, CONTENT, number).status_code == 200
    uploads.seal(store.private, upload)
    assert store.private.get(upload.object_key) == CONTENT


def test_completing_twice_starts_one_preview(session: Session, store: ObjectStore, upload: Upload):
    for number in (1, 2):
        put_part(store, upload, CONTENT, number)
    before = previews_due(session)
    for _ in range(2):
        uploads.seal(store.private, upload)
        uploads.complete(session, upload.id)
    assert state(session, upload) == "uploaded"
    assert previews_due(session) == before + 1


def test_a_file_of_another_size_under_the_key_is_refused(
    session: Session, store: ObjectStore, upload: Upload
):
    store.private.put(upload.object_key, b"something else")
    with pytest.raises(KindrelayError, match="damaged"):
        uploads.seal(store.private, upload)


def test_an_upload_the_store_has_dropped_cannot_be_sealed(
    session: Session, store: ObjectStore, upload: Upload
):
    store.private.abort_upload(upload.object_key, upload.multipart_id)
    with pytest.raises(KindrelayError, match="2 parts are missing"):
        uploads.seal(store.private, upload)


def test_a_part_that_the_file_does_not_have_gets_no_address(store: ObjectStore, upload: Upload):
    for number in (0, 3):
        with pytest.raises(Invalid):
            uploads.part_address(store.private, upload, number, "")


def test_an_abandoned_upload_takes_its_video_along(
    session: Session, store: ObjectStore, creator: Person, upload: Upload
):
    uploads.abandon(session, upload, creator.id)
    assert state(session, upload) == "removed"
    with pytest.raises(KindrelayError, match="no longer open"):
        uploads.part_address(store.private, upload, 1, "")


@pytest.mark.parametrize(("size", "words"), [(0, "empty"), (2 * 1024**3 + 1, "too large"), (-5, "empty")])
def test_a_file_without_room_is_refused_in_words(
    session: Session, settings: Settings, creator: Person, size: int, words: str
):
    with pytest.raises(Invalid, match=words) as refusal:
        uploads.require_room(session, settings, creator.id, size)
    assert refusal.value.field == "file"


def test_the_quota_counts_what_is_kept_and_not_what_is_gone(
    session: Session, settings: Settings, creator: Person
):
    small = settings.model_copy(update={"creator_quota_bytes": 1_500_000})
    kept = factories.video(session, creator, source_size=1_000_000)
    with pytest.raises(Invalid, match="space is full"):
        uploads.require_room(session, small, creator.id, 600_000)
    kept.state = "removed"
    session.flush()
    uploads.require_room(session, small, creator.id, 600_000)


def test_nobody_opens_uploads_without_end(session: Session, settings: Settings, creator: Person):
    for _ in range(uploads.MOST_OPEN):
        factories.video(session, creator, state="uploading", source_size=1)
    with pytest.raises(Invalid, match="unfinished"):
        uploads.require_room(session, settings, creator.id, 1)


def test_large_files_stay_under_ten_thousand_parts():
    size = 500 * 1024**3
    assert -(-size // uploads.part_size(size)) < 10_000
