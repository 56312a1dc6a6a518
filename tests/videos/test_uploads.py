import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import Person
from app.core.db import unit_of_work
from app.core.errors import Invalid, KindrelayError
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore, UploadGone
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
    with pytest.raises(UploadGone):
        uploads.received(store.private, upload)
    with pytest.raises(KindrelayError, match="no longer open"):
        uploads.seal(store.private, upload)


def test_a_part_that_the_file_does_not_have_gets_no_address(store: ObjectStore, upload: Upload):
    for number in (0, 3):
        with pytest.raises(Invalid):
            uploads.part_address(store.private, upload, number, "")


def test_an_abandoned_upload_takes_its_video_and_its_parts_along(
    session: Session, store: ObjectStore, creator: Person, upload: Upload
):
    put_part(store, upload, CONTENT, 1)
    assert uploads.abandon(session, upload, creator.id)
    uploads.drop_parts(store.private, upload)
    session.refresh(upload)
    assert state(session, upload) == "removed"
    with pytest.raises(UploadGone):
        store.private.list_parts(upload.object_key, upload.multipart_id)
    with pytest.raises(KindrelayError, match="no longer open"):
        uploads.part_address(store.private, upload, 1, "")


def test_what_has_arrived_is_not_abandoned(
    session: Session, store: ObjectStore, creator: Person, upload: Upload
):
    for number in (1, 2):
        put_part(store, upload, CONTENT, number)
    uploads.seal(store.private, upload)
    uploads.complete(session, upload.id)
    assert not uploads.abandon(session, upload, creator.id)
    assert state(session, upload) == "uploaded"


def test_an_abandoned_upload_frees_its_room_at_once(
    session: Session, settings: Settings, creator: Person, upload: Upload
):
    before = uploads.room_left(session, settings, creator.id)
    uploads.abandon(session, upload, creator.id)
    assert uploads.room_left(session, settings, creator.id) == before + len(CONTENT)


def test_the_unfinished_ones_are_the_creator_s_own_open_uploads(
    session: Session, settings: Settings, store: ObjectStore, creator: Person, upload: Upload
):
    opened(settings, store, factories.person(session).id, CONTENT)
    arrived, abandoned = (opened(settings, store, creator.id, CONTENT) for _ in range(2))
    uploads.complete(session, arrived.id)
    uploads.abandon(session, abandoned, creator.id)
    assert [one.code for one in uploads.unfinished(session, creator.id)] == [upload.code]


def test_a_file_of_exactly_two_parts_has_no_third(
    session: Session, settings: Settings, store: ObjectStore, creator: Person
):
    content = CONTENT[: uploads.PART_BYTES] * 2
    upload = opened(settings, store, creator.id, content)
    assert uploads.part_count(upload) == 2
    assert uploads.size_of_part(upload, 2) == uploads.PART_BYTES
    for number in (1, 2):
        put_part(store, upload, content, number)
    uploads.seal(store.private, upload)
    assert store.private.get(upload.object_key) == content


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("C:\\films\\a.mp4", "a.mp4"), ("///", "video"), ("x" * 300, "x" * uploads.FILENAME_LENGTH)],
)
def test_a_file_is_listed_under_a_name_that_is_neither_empty_nor_endless(sent: str, shown: str):
    assert uploads.shown_name(sent) == shown


def test_odd_names_reach_the_database(
    session: Session, settings: Settings, store: ObjectStore, creator: Person
):
    for name in ("\ud800\x00", "%s%(x)s#tag.mp4", "ا\u202eب.webm"):
        upload = opened(settings, store, creator.id, CONTENT, name)
        assert session.get_one(Video, upload.video_id).title


def test_two_uploads_that_race_for_the_last_room_get_it_once(live_database: Settings):
    small = live_database.model_copy(update={"creator_quota_bytes": 15})
    with unit_of_work() as session:
        creator_id = factories.person(session).id

    def register(number: int) -> str:
        begun = uploads.Begun(f"sources/{number}", str(number), "video/mp4")
        try:
            with unit_of_work() as session:
                uploads.register(session, small, creator_id, begun, filename="a.mp4", size=10)
        except Invalid as error:
            return error.field
        return "taken"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(register, range(4))) == ["file", "file", "file", "taken"]
    with unit_of_work() as session:
        assert uploads.used_bytes(session, creator_id) == 10


def test_completing_at_once_from_many_sides_makes_one_film_and_one_preview(
    live_database: Settings, store: ObjectStore
):
    with unit_of_work() as session:
        creator_id = factories.person(session).id
    upload = opened(live_database, store, creator_id, CONTENT)
    for number in (1, 2):
        put_part(store, upload, CONTENT, number)

    def finish(_: int) -> None:
        uploads.seal(store.private, upload)
        with unit_of_work() as session:
            uploads.complete(session, upload.id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(finish, range(4)))
    with unit_of_work() as session:
        assert previews_due(session) == 1
        assert state(session, upload) == "uploaded"
    assert store.private.get(upload.object_key) == CONTENT


def test_cancelling_while_it_completes_ends_one_way_for_video_and_upload(live_database: Settings):
    for _ in range(5):
        with unit_of_work() as session:
            creator_id = factories.person(session).id
            begun = uploads.Begun("sources/x", "x", "video/mp4")
            upload = uploads.register(session, live_database, creator_id, begun, filename="a.mp4", size=10)

        def complete(upload: Upload = upload) -> None:
            with unit_of_work() as session:
                uploads.complete(session, upload.id)

        def cancel(upload: Upload = upload, creator_id: int = creator_id) -> None:
            with unit_of_work() as session:
                found = session.get_one(Upload, upload.id, options=[joinedload(Upload.video)])
                uploads.abandon(session, found, creator_id)

        with ThreadPoolExecutor(2) as pool:
            for ended in [pool.submit(complete), pool.submit(cancel)]:
                ended.result()
        with unit_of_work() as session:
            after = session.get_one(Upload, upload.id)
            ends = (after.completed_at is None, after.aborted_at is None, state(session, upload))
        assert ends in {(False, True, "uploaded"), (True, False, "removed")}


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
