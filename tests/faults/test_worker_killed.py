"""SIGKILL of a transcoding worker and all of its children, in the middle of the work."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import select

from app.core.db import unit_of_work
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore
from app.gateways.s3 import open_store
from app.videos import outputs
from app.videos.models import Transcode, Video
from tests import factories
from tests.clips import bunny
from tests.engines import variables_of
from tests.sending import sent
from tests.site import Processes, processes
from workers.runner import run_due

RECOVERY_SECONDS = 60


@pytest.fixture
def impatient(live_database: Settings) -> Settings:
    """Settings under which a silent worker is given up soon."""
    return live_database.model_copy(update={"task_lease_seconds": 3, "sweep_seconds": 1})


@pytest.fixture
def workers(impatient: Settings, tmp_path: Path) -> Iterator[Processes]:
    with processes(variables_of(impatient) | {"TMPDIR": str(tmp_path)}, tmp_path) as started:
        yield started


@pytest.fixture
def store(live_database: Settings) -> ObjectStore:
    return open_store(live_database)


@pytest.fixture
def video_id(live_database: Settings, store: ObjectStore) -> int:
    with unit_of_work() as session:
        creator = factories.person(session)
    return sent(live_database, store, creator.id, bunny()).video_id


def seen(video_id: int) -> Video:
    with unit_of_work() as session:
        return session.get_one(Video, video_id)


def until(condition: Callable[[], bool], seconds: float, workers: Processes, name: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, workers.log(name)
        time.sleep(0.1)


def kill_with_its_child(workers: Processes, queue: str) -> None:
    """The forked child first: it would give its task back when its parent dies. ffmpeg must die by itself."""
    for listener in psutil.Process(workers.running[queue].pid).children():
        for child in listener.children():
            child.kill()
    workers.kill(queue)


def encoders(folder: Path) -> list[psutil.Process]:
    """The ffmpeg processes that work in `folder`."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == "ffmpeg" and str(folder) in " ".join(process.cmdline()):
                found.append(process)
    return found


@pytest.mark.parametrize(
    ("queue", "during", "after"), [("preview", "preparing", "playable"), ("media", "playable", "ready")]
)
def test_a_transcode_whose_worker_is_killed_ends_in_one_right_result(
    workers: Processes, store: ObjectStore, video_id: int, tmp_path: Path, queue: str, during: str, after: str
):
    if queue == "media":
        assert run_due("preview") == 1
    workers.worker("sweep")
    workers.worker(queue)
    until(lambda: seen(video_id).state == during and seen(video_id).percent > 0, 30, workers, queue)
    assert encoders(tmp_path)

    kill_with_its_child(workers, queue)
    killed_at = time.monotonic()
    until(lambda: not encoders(tmp_path), 5, workers, queue)
    assert seen(video_id).state == during
    workers.worker(queue)
    until(lambda: seen(video_id).state == after, RECOVERY_SECONDS, workers, queue)
    assert time.monotonic() - killed_at < RECOVERY_SECONDS

    video = seen(video_id)
    prefix = video.ladder_prefix if queue == "media" else video.preview_prefix
    with unit_of_work() as session:
        stage = "ladder" if queue == "media" else "preview"
        assert session.scalars(select(Transcode.prefix).where(Transcode.stage == stage)).all() == [prefix]
        task = session.scalars(select(Task).where(Task.name == f"media.{stage}")).one()
        assert task.attempts == 2
        assert task.done_at is not None
    assert_plays(store, str(prefix))
    named = {video.preview_prefix, video.ladder_prefix}
    for found in store.media.list_prefix(outputs.video_prefix(video.code)):
        assert any(found.key.startswith(prefix) for prefix in named if prefix)
    assert not list(tmp_path.glob("kindrelay-media-*"))


def assert_plays(store: ObjectStore, prefix: str) -> None:
    """Every file that the master playlist leads to is there."""
    master = httpx.get(store.media.public_url(f"{prefix}master.m3u8")).text
    playlists = re.findall(r"^(\S+\.m3u8)$", master, re.MULTILINE) + re.findall(r'URI="(\S+?\.m3u8)"', master)
    assert len(playlists) >= 2
    for playlist in playlists:
        folder = playlist.rpartition("/")[0]
        text = httpx.get(store.media.public_url(f"{prefix}{playlist}")).text
        assert "#EXT-X-ENDLIST" in text
        for name in re.findall(r"^(\S+\.m4s)$", text, re.MULTILINE):
            assert httpx.head(store.media.public_url(f"{prefix}{folder}/{name}")).status_code == 200
