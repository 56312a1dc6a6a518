"""What a video has no use for goes, at the right time, and its rows stop naming it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock, runtime, tasks
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore, StorageUnavailable
from app.gateways.s3 import S3Bucket, open_store
from app.videos import lifecycle, publishing, references, uploads
from app.videos.models import Transcode, Upload, Video
from tests import factories
from tests.sending import opened
from tests.stored import keys_of, later, sweep_hourly
from workers import leftovers


@pytest.fixture
def own(settings: Settings, spare_buckets: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    own = settings.model_copy(update=spare_buckets)
    monkeypatch.setattr(runtime, "settings", lambda: own)
    return own


@pytest.fixture
def store(session: Session, own: Settings) -> Iterator[ObjectStore]:
    store = open_store(own)
    yield store
    for bucket in (store.media, store.private):
        bucket.delete_many(list(keys_of(bucket)))


def made(session: Session, store: ObjectStore, **values: object) -> Video:
    """A finished video with a source, a preview and a ladder, each of one file."""
    video = factories.video(session, **values)
    folder = f"v/{video.code}/h264"
    video.source_key, video.source_size = f"sources/{video.code}", 6
    video.preview_prefix, video.ladder_prefix = f"{folder}/preview/", f"{folder}/ladder/"
    for stage in ("preview", "ladder"):
        store.media.put(f"{folder}/{stage}/master.m3u8", b"film")
        session.add(Transcode(video_id=video.id, recipe="h264", stage=stage, prefix=f"{folder}/{stage}/"))
    store.private.put(video.source_key, b"source")
    session.flush()
    return video


def file_of(video: Video, prefix: str) -> str:
    return f"v/{video.code}/h264/{prefix}/master.m3u8"


def test_what_a_killed_attempt_left_goes_once_nobody_can_be_sending_it(session: Session, store: ObjectStore):
    video = made(session, store)
    tasks.defer(session, "media.ladder", video_id=video.id)
    session.execute(update(Task).values(attempts=2))
    store.media.put(file_of(video, "half"), b"left over")
    sweep_hourly()
    assert file_of(video, "half") in keys_of(store.media)
    with later(leftovers.GRACE + timedelta(minutes=1)):
        sweep_hourly()
    assert keys_of(store.media) == {file_of(video, "preview"), file_of(video, "ladder")}
    assert keys_of(store.private) == {video.source_key}


def test_a_removed_video_is_swept_until_its_files_are_gone_however_old_it_is(
    session: Session, store: ObjectStore
):
    video = made(session, store, state="removed", created_at=clock.now() - timedelta(days=400))
    sweep_hourly()
    assert keys_of(store.media) | keys_of(store.private) == set()
    session.refresh(video)
    assert (video.source_key, video.preview_prefix, video.ladder_prefix) == (None, None, None)
    assert session.scalars(select(Transcode)).all() == []
    assert leftovers.scenes(session) == []


def test_a_refused_source_whose_deletion_failed_is_deleted_by_the_hourly_sweep(
    session: Session, store: ObjectStore
):
    video = made(session, store, state="rejected")
    source = str(video.source_key)
    sweep_hourly()
    session.refresh(video)
    assert store.private.head(source) is None
    assert video.source_key is None


def test_a_retired_preview_is_played_to_its_end_and_then_goes(session: Session, store: ObjectStore):
    video = made(session, store)
    session.execute(update(Transcode).where(Transcode.stage == "preview").values(retired_at=clock.now()))
    with later(references.RETIRED_GRACE - timedelta(minutes=1)):
        sweep_hourly()
    assert file_of(video, "preview") in keys_of(store.media)
    with later(references.RETIRED_GRACE + timedelta(minutes=1)):
        sweep_hourly()
    session.refresh(video)
    assert keys_of(store.media) == {file_of(video, "ladder")}
    assert (video.preview_prefix, video.ladder_prefix) == (None, f"v/{video.code}/h264/ladder/")
    assert session.scalars(select(Transcode.stage)).all() == ["ladder"]


def test_the_chosen_picture_stays_and_the_one_before_goes(session: Session, store: ObjectStore):
    video = made(session, store)
    chosen, before = (f"v/{video.code}/poster/{name}/poster.jpg" for name in "ab")
    video.poster_key = chosen
    session.flush()
    for key in (chosen, before):
        store.media.put(key, b"picture")
    with later():
        leftovers.clear(store, video.code)
    assert chosen in keys_of(store.media)
    assert before not in keys_of(store.media)


def test_a_video_that_was_taken_down_keeps_its_source_alone(session: Session, store: ObjectStore):
    video = made(session, store, publishing="published")
    store.media.put(file_of(video, "being-sent"), b"film")
    publishing.take_down(session, video, "Somebody else's film.", factories.admin(session).id)
    leftovers.clear(store, video.code)
    assert keys_of(store.media) == set()
    assert keys_of(store.private) == {video.source_key}


def test_where_sources_are_not_kept_a_finished_video_loses_its_own(
    session: Session, store: ObjectStore, own: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runtime, "settings", lambda: own.model_copy(update={"keep_sources": False}))
    creator = factories.person(session)
    finished, busy, playable = (
        made(session, store, creator_id=creator.id, state=state) for state in ("ready", "ready", "playable")
    )
    tasks.defer(session, "media.ladder", video_id=busy.id)
    assert uploads.used_bytes(session, creator.id) == 18
    sweep_hourly()
    session.refresh(finished)
    assert finished.source_key is None
    assert keys_of(store.private) == {busy.source_key, playable.source_key}
    assert uploads.used_bytes(session, creator.id) == 12
    assert len(keys_of(store.media)) == 6


def test_one_video_that_cannot_be_cleared_holds_up_no_other(
    session: Session, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
):
    stuck, other = (made(session, store, state="removed") for _ in range(2))
    real = S3Bucket.delete

    def refusing(bucket: S3Bucket, key: str) -> None:
        if key == stuck.source_key:
            raise StorageUnavailable("this one is locked")
        real(bucket, key)

    with monkeypatch.context() as patch:
        patch.setattr(S3Bucket, "delete", refusing)
        sweep_hourly()
    session.refresh(other)
    assert other.source_key is None
    assert keys_of(store.private) == {stuck.source_key}
    again = session.scalars(select(Task).where(Task.name == "media.sweep_orphans")).one()
    assert again.args == {"video_code": stuck.code}
    assert again.run_after > clock.now()


def test_a_store_that_is_down_ends_the_round_for_a_later_one(
    session: Session, store: ObjectStore, own: Settings, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(leftovers.MOST_IN_A_ROW + 1):
        factories.video(session, state="removed", source_key="sources/x")
    monkeypatch.setattr(
        runtime, "settings", lambda: own.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    )
    monkeypatch.setattr("app.gateways.s3_client.ATTEMPTS", 1)
    with pytest.raises(StorageUnavailable):
        sweep_hourly()


def test_a_video_whose_task_is_dead_does_not_look_busy_for_ever(session: Session):
    video = factories.video(session, state="probing", preview_prefix=None, ladder_prefix=None)
    tasks.defer(session, "media.preview", video_id=video.id)
    session.execute(update(Task).values(dead_at=clock.now()))
    leftovers.answer_for_the_dead(session)
    session.refresh(video)
    assert (video.state, video.retryable) == ("failed", True)


def test_forgotten_uploads_are_given_up_whatever_became_of_others(
    session: Session, store: ObjectStore, own: Settings
):
    creator = factories.person(session)
    forgotten, removed = (opened(own, store, creator.id, b"never sent") for _ in range(2))
    lifecycle.remove(session, session.get_one(Video, removed.video_id), creator.id)
    sweep_hourly()
    assert session.get_one(Video, forgotten.video_id, populate_existing=True).state == "uploading"
    long_ago = clock.now() - leftovers.FORGOTTEN_AFTER - timedelta(hours=1)
    session.execute(update(Upload).values(created_at=long_ago))
    sweep_hourly()
    assert session.get_one(Video, forgotten.video_id, populate_existing=True).state == "removed"
