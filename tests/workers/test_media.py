import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.core import clock, runtime, tasks
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore
from app.gateways.s3 import open_store
from app.videos import lifecycle, outputs, publishing
from app.videos.models import Transcode, Video
from tests import factories, nearby
from tests.clips import Clips
from tests.sending import sent
from workers import media
from workers.lease import Lease
from workers.runner import run_due
from workers.transcode import reasons

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
        assert nearby.get(store.media.public_url(f"{playable.preview_prefix}{name}")).status_code == 200
    assert run_due("media") == 1
    ready = seen(video_id)
    assert (ready.state, ready.percent, ready.reason) == ("ready", 100, "")
    master = nearby.get(store.media.public_url(f"{ready.ladder_prefix}master.m3u8"))
    assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert "RESOLUTION=360x640" in master.text
    with unit_of_work() as session:
        assert set(session.scalars(select(Transcode.stage))) == {"preview", "ladder"}


@pytest.mark.parametrize(
    ("make", "reason"),
    [("text", reasons.NOT_A_VIDEO), ("picture", reasons.PICTURE), ("truncated", reasons.INCOMPLETE)],
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


def test_a_lost_source_is_said_so(upload: Callable[[Path], int], clips: Clips, store: ObjectStore):
    video_id = upload(clips.tiny())
    store.private.delete(str(seen(video_id).source_key))
    run_due("preview")
    video = seen(video_id)
    assert (video.state, video.reason, video.retryable) == ("failed", media.SOURCE_LOST, False)


def test_a_source_that_is_not_kept_goes_with_the_ladder_and_is_missed_in_words(
    upload: Callable[[Path], int],
    clips: Clips,
    store: ObjectStore,
    quick: Settings,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(runtime, "settings", lambda: quick.model_copy(update={"keep_sources": False}))
    video_id = upload(clips.tiny())
    source = str(seen(video_id).source_key)
    run_due("preview")
    assert store.private.head(source) is not None
    run_until_quiet("media")
    ready = seen(video_id)
    assert (ready.state, ready.source_key) == ("ready", None)
    assert store.private.head(source) is None

    with unit_of_work() as session:
        admin = factories.admin(session)
        video = session.get_one(Video, video_id)
        publishing.take_down(session, video, "Not yours.", admin.id)
    run_until_quiet("media")
    with unit_of_work() as session:
        publishing.restore(session, session.get_one(Video, video_id), admin.id)
    run_until_quiet("preview", "media")
    restored = seen(video_id)
    assert (restored.state, restored.reason) == ("failed", lifecycle.SOURCE_NOT_KEPT)
    assert restored.retryable is False
    assert keys(store, restored) == set()


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
