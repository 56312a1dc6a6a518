"""A worker that is told to stop, and one whose Redis goes away."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select

from app.core import tasks
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.paths import ROOT
from app.core.settings import Settings
from app.embedded import ports
from app.gateways.s3 import open_store
from tests import factories
from tests.clips import bunny
from tests.engines import variables_of
from tests.hosts import Host
from tests.sending import sent
from workers.listening import LongTaskWorker

UNDER_WAY_SECONDS = 60
STOP_SECONDS = 30
# What RQ says when Redis goes away while it waits, and between two of its own steps: then it is started anew.
NOTICED = ("could not connect to Redis", "found an unhandled exception")


@pytest.fixture
def host(live_database: Settings, tmp_path: Path) -> Iterator[Host]:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    slow = live_database.model_copy(update={"transcode_preset": "veryslow"})  # still busy when it is stopped
    host = Host(temporary, tmp_path / "log", variables_of(slow), ())
    yield host
    host.stop()


def until(condition: Callable[[], bool], host: Host, seconds: float = UNDER_WAY_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, host.log
        time.sleep(0.1)


def test_a_worker_told_to_stop_gives_back_at_once_what_it_is_in_the_middle_of(
    host: Host, live_database: Settings
):
    with unit_of_work() as session:
        creator = factories.person(session)
    store = open_store(live_database)
    for _ in range(2):
        sent(live_database, store, creator.id, bunny())
    worker = host.start("preview", "--processes", "2")
    until(lambda: len(host.encoders()) == 2, host)

    worker.terminate()
    assert worker.wait(STOP_SECONDS) == 0

    assert list(host.folder.iterdir()) == []
    with Redis.from_url(live_database.redis_url) as redis:
        assert redis.llen("rq:queue:preview") == 2
    with unit_of_work() as session:
        assert session.scalars(select(Task.last_error)).all() == [None, None]
        claims = [tasks.claim_next(session, "preview", timedelta(seconds=20)) for _ in range(2)]
        assert [claim.attempt for claim in claims if claim] == [1, 1]


def test_a_worker_told_to_stop_just_after_its_child_has_ended_minds_nothing(live_database: Settings):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    class Unaware(LongTaskWorker):
        horse_pid = child.pid

    with Redis.from_url(live_database.redis_url) as redis:
        Unaware(["preview"], connection=redis).handle_warm_shutdown_request()


@pytest.fixture
def line(live_database: Settings) -> Iterator["Line"]:
    line = Line(live_database)
    line.mend()
    yield line
    line.cut()


class Line:
    """A relay to Redis that can be cut and mended."""

    def __init__(self, settings: Settings) -> None:
        _, _, rest = settings.redis_url.partition("127.0.0.1:")
        self._target, _, database = rest.partition("/")
        self._port = ports.choose(["line"], {})["line"]
        self.url = f"redis://127.0.0.1:{self._port}/{database}"

    def mend(self) -> None:
        arguments = ["app.embedded.relay", "127.0.0.1", str(self._port), self._target]
        self._relay = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT)

    def cut(self) -> None:
        self._relay.kill()
        self._relay.wait()


def test_a_worker_comes_back_by_itself_when_redis_does(live_database: Settings, line: Line, tmp_path: Path):
    through = variables_of(live_database) | {"KINDRELAY_REDIS_URL": line.url}
    host = Host(tmp_path, tmp_path / "log", through, ())
    try:
        worker = host.start("preview")
        with Redis.from_url(live_database.redis_url) as redis:
            until(lambda: redis.scard("rq:workers:preview") == 1, host)
        line.cut()
        until(lambda: any(words in host.log for words in NOTICED), host)
        line.mend()
        with unit_of_work() as session:
            tasks.defer(session, "media.preview", video_id=0)
        until(lambda: len(host.done()) == 1, host)
        assert worker.poll() is None
    finally:
        host.stop()
