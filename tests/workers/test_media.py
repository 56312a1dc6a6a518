import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from app.core import clock, runtime, tasks
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore
from app.gateways.s3 import S3Bucket, open_store
from app.videos import lifecycle, outputs
from app.videos.models import Transcode, Video
from tests import factories
from tests.clips import Clips
from tests.sending import sent
from workers import media
from workers.lease import Lease
from workers.runner import run_due
from workers.transcode import encode, probe, publish
from workers.transcode.progress import SupersededError
from workers.transcode.run import ToolFailedError

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def quick(live_database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The live database, with x264 in a hurry, and a folder for temporary files of the test's own."""
    hurried = live_database.model_copy(update={"transcode_preset": "ultrafast"})
    monkeypatch.setattr(runtime, "settings", lambda: hurried)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return hurried


@pytest.fixture
def store(live_database: Settings) -> ObjectStore:
    return open_store(live_database)


@pytest.fixture
def upload(live_database: Settings, store: ObjectStore) -> Callable[[Path], int]:
    """Uploads a file and returns its video's id."""
    with unit_of_work() as session:
        creator = factories.person(session)
    return lambda path: sent(live_database, store, creator.id, path).video_id


@pytest.fixture(autouse=True)
def no_folder_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert list((tmp_path / "tmp").iterdir()) == []


def seen(video_id: int) -> Video:
    with unit_of_work() as session:
        return session.get_one(Video, video_id)


def due_again() -> None:
    """Forget the pauses between attempts."""
    with unit_of_work() as session:
        session.execute(update(Task).values(run_after=clock.now()))


def run_until_quiet(*queues: str) -> None:
    while run_due(*queues):
        due_again()


def keys(store: ObjectStore, video: Video) -> set[str]:
    return {found.key for found in store.media.list_prefix(outputs.video_prefix(video.code))}


def test_an_upload_becomes_playable_and_then_ready(
    upload: Callable[[Path], int], clips: Clips, store: ObjectStore
):
    video_id = upload(clips.rotated())
    assert run_due("preview") == 1
    playable = seen(video_id)
    assert (playable.state, playable.width, playable.height, playable.has_audio) == (
        "playable",
        360,
        640,
        True,
    )
    assert playable.duration_ms == pytest.approx(2000, abs=50)
    for name in ("master.m3u8", "video.mp4", "poster.jpg"):
        assert httpx.get(store.media.public_url(f"{playable.preview_prefix}{name}")).status_code == 200
    assert run_due("media") == 1
    ready = seen(video_id)
    assert (ready.state, ready.percent, ready.reason) == ("ready", 100, "")
    master = httpx.get(store.media.public_url(f"{ready.ladder_prefix}master.m3u8"))
    assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert "RESOLUTION=360x640" in master.text
    with unit_of_work() as session:
        assert set(session.scalars(select(Transcode.stage))) == {"preview", "ladder"}


@pytest.mark.parametrize(
    ("make", "reason"),
    [("text", probe.NOT_A_VIDEO), ("picture", probe.PICTURE), ("truncated", probe.INCOMPLETE)],
)
def test_a_file_that_cannot_be_taken_is_refused_in_words_and_deleted(
    upload: Callable[[Path], int], clips: Clips, store: ObjectStore, make: str, reason: str
):
    video_id = upload(getattr(clips, make)())
    source = str(seen(video_id).source_key)
    run_until_quiet("preview", "media")
    video = seen(video_id)
    assert (video.state, video.reason, video.retryable) == ("rejected", reason, False)
    assert video.source_key is None
    assert store.private.head(source) is None
    assert keys(store, video) == set()


def test_the_same_task_twice_publishes_once(upload: Callable[[Path], int], clips: Clips):
    video_id = upload(clips.tiny())
    with unit_of_work() as session:
        tasks.defer(session, "media.preview", video_id=video_id)
    assert run_due("preview") == 2
    with unit_of_work() as session:
        ladders = session.scalars(select(Task).where(Task.name == "media.ladder")).all()
    assert len(ladders) == 1
    assert seen(video_id).state == "playable"


def test_a_store_that_fails_half_way_leaves_nothing_published_and_the_next_attempt_does_it(
    upload: Callable[[Path], int], clips: Clips, monkeypatch: pytest.MonkeyPatch
):
    video_id = upload(clips.tiny())
    real = S3Bucket.head
    calls: list[str] = []

    def failing(bucket: S3Bucket, key: str) -> object:
        calls.append(key)
        return None if len(calls) == 4 else real(bucket, key)

    monkeypatch.setattr(S3Bucket, "head", failing)
    assert run_due("preview") == 1
    broken = seen(video_id)
    assert (broken.state, broken.preview_prefix) == ("preparing", None)
    due_again()
    run_due("preview")
    assert seen(video_id).state == "playable"


def test_a_transcode_that_breaks_every_time_ends_with_a_reason_and_can_be_tried_again(
    upload: Callable[[Path], int], clips: Clips, monkeypatch: pytest.MonkeyPatch
):
    video_id = upload(clips.tiny())

    def broken(*_: object) -> object:
        raise ToolFailedError("ffmpeg ended with 1", "no such luck")

    with monkeypatch.context() as patch:
        patch.setattr(encode, "preview", broken)
        run_until_quiet("preview")
    video = seen(video_id)
    assert (video.state, video.reason, video.retryable) == ("failed", media.BROKE_DOWN, True)
    with unit_of_work() as session:
        lifecycle.retry(session, session.get_one(Video, video_id))
    run_due("preview")
    assert seen(video_id).state == "playable"


def test_a_lost_source_is_said_so(upload: Callable[[Path], int], clips: Clips, store: ObjectStore):
    video_id = upload(clips.tiny())
    store.private.delete(str(seen(video_id).source_key))
    run_due("preview")
    video = seen(video_id)
    assert (video.state, video.reason, video.retryable) == ("failed", media.SOURCE_LOST, False)


def test_a_video_removed_while_it_is_encoded_leaves_no_file(
    upload: Callable[[Path], int], clips: Clips, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
):
    video_id = upload(clips.tiny())
    real = publish.send

    def removed_meanwhile(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        with unit_of_work() as session:
            video = session.get_one(Video, video_id)
            lifecycle.remove(session, video, video.creator_id)

    monkeypatch.setattr(publish, "send", removed_meanwhile)
    run_until_quiet("preview", "media")
    video = seen(video_id)
    assert (video.state, video.preview_prefix) == ("removed", None)
    assert keys(store, video) == set()
    assert store.private.head(str(video.source_key)) is None


def test_removal_stops_the_encoding(
    upload: Callable[[Path], int], clips: Clips, monkeypatch: pytest.MonkeyPatch
):
    video_id = upload(clips.tiny())
    real = encode.preview
    stopped: list[type[BaseException]] = []

    def watched(*arguments: object) -> object:
        with unit_of_work() as session:
            video = session.get_one(Video, video_id)
            lifecycle.remove(session, video, video.creator_id)
        try:
            return real(*arguments)  # type: ignore[arg-type]
        except SupersededError as error:
            stopped.append(type(error))
            raise

    monkeypatch.setattr(encode, "preview", watched)
    run_due("preview")
    assert stopped == [SupersededError]
    assert seen(video_id).state == "removed"


def test_a_worker_that_lost_its_lease_publishes_nothing(
    upload: Callable[[Path], int], clips: Clips, monkeypatch: pytest.MonkeyPatch
):
    video_id = upload(clips.tiny())
    real = publish.send

    def taken_over(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        with unit_of_work() as session:
            session.execute(update(Task).where(Task.name == "media.preview").values(lease_token="another"))

    with monkeypatch.context() as patch:
        patch.setattr(publish, "send", taken_over)
        run_due("preview")
    video = seen(video_id)
    assert (video.state, video.preview_prefix) == ("preparing", None)


def test_leases_outlive_a_job_that_is_longer_than_they_are(upload: Callable[[Path], int], clips: Clips):
    upload(clips.tiny())
    length = timedelta(seconds=2)
    with unit_of_work() as session:
        [claim] = tasks.claim_due(session, "preview", length, 1)
    with Lease([claim], length) as lease:
        finisher = media.preview(claim, lease, **claim.args)
        lease.lost.wait(2.5)
        assert not lease.lost.is_set()
    with unit_of_work() as session:
        finisher(session)
        tasks.finish(session, claim)
