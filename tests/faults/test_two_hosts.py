"""Two worker hosts on one queue, with only PostgreSQL, Redis and S3 in common."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from redis import Redis
from sqlalchemy import select

from app.core.db import unit_of_work
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore
from app.gateways.s3 import open_store
from app.videos import uploads
from app.videos.models import Transcode, Upload, Video
from tests import factories
from tests.clips import Clips, bunny
from tests.hosts import Host, hosts, may_make_namespaces
from tests.outlets import LOOPBACK
from tests.sending import opened, put_part, sent
from workers.sweep import sweep

T = TypeVar("T")
LISTENING_SECONDS = 90
PREPARED_SECONDS = 120


@pytest.fixture
def lease_seconds() -> int:
    """How soon a silent host is given up; by default not before a busy machine lets it speak again."""
    return 20


@pytest.fixture
def two(live_database: Settings, tmp_path: Path, lease_seconds: int) -> Iterator[tuple[Host, Host]]:
    """Two hosts that listen to the queue of previews."""
    changes = {"task_lease_seconds": lease_seconds, "sweep_seconds": 1, "transcode_preset": "ultrafast"}
    settings = live_database.model_copy(update=changes)
    with hosts(2, settings, tmp_path) as (first, second):
        for host in (first, second):
            host.start("preview")
        with Redis.from_url(settings.redis_url) as redis:
            until(lambda: redis.scard("rq:workers:preview") == 2, LISTENING_SECONDS, first, second)
        yield first, second


@pytest.fixture
def store(live_database: Settings) -> ObjectStore:
    return open_store(live_database)


def until(condition: Callable[[], T | None], seconds: float, *told: Host) -> T:
    """What `condition` gives once that is something; the hosts' logs tell what happened instead."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "\n".join(host.log for host in told)
        time.sleep(0.1)
    return found


def arrived(settings: Settings, store: ObjectStore, creator_id: int, clip: bytes) -> Upload:
    """An upload whose bytes are in the store, and which is not complete."""
    upload = opened(settings, store, creator_id, clip)
    put_part(store, upload, clip, 1).raise_for_status()
    uploads.seal(store.private, upload)
    return upload


def swept() -> bool:
    """Sweep, as a third host may."""
    sweep()
    return True


def prepared() -> list[Task]:
    """The tasks that are done, in the order in which they were."""
    with unit_of_work() as session:
        return list(
            session.scalars(
                select(Task)
                .where(Task.name == "media.preview", Task.done_at.is_not(None))
                .order_by(Task.done_at)
            )
        )


def test_a_host_reaches_the_engines_and_by_relay_alone_where_it_has_a_network_of_its_own(
    live_database: Settings, tmp_path: Path
):
    with hosts(1, live_database, tmp_path) as [host]:
        assert host.reaches(urlsplit(live_database.s3_endpoint).port)
        with socket.create_server((LOOPBACK, 0)) as another:
            assert host.reaches(another.getsockname()[1]) is not may_make_namespaces()


def test_two_hosts_share_a_queue_and_its_creators_take_turns(
    two: tuple[Host, Host], live_database: Settings, store: ObjectStore, tmp_path: Path
):
    clip = Clips(tmp_path).tiny().read_bytes()
    with unit_of_work() as session:
        many, few = factories.person(session).id, factories.person(session).id
    waiting = [arrived(live_database, store, creator, clip) for creator in [many] * 5 + [few] * 2]
    with unit_of_work() as session:
        for upload in waiting:
            uploads.complete(session, upload.id)
    until(lambda: len(two[0].done() + two[1].done()) == len(waiting), PREPARED_SECONDS, *two)

    done = prepared()
    assert [task.attempts for task in done] == [1] * len(waiting)
    assert two[0].done()
    assert two[1].done()
    assert sorted(two[0].done() + two[1].done()) == sorted(task.id for task in done)
    with unit_of_work() as session:
        videos = session.scalars(select(Transcode.video_id).where(Transcode.stage == "preview")).all()
        assert sorted(videos) == sorted(upload.video_id for upload in waiting)
        assert set(session.scalars(select(Video.state))) == {"playable"}
    first_of_few = next(task for task in done if task.fair_key == f"creator:{few}")
    last_of_many = [task for task in done if task.fair_key == f"creator:{many}"][-2]
    assert done.index(first_of_few) < done.index(last_of_many)
    for host in two:
        assert list(host.folder.iterdir()) == []


@pytest.mark.parametrize("lease_seconds", [3])
def test_what_a_dead_host_was_in_the_middle_of_is_finished_by_the_other(
    two: tuple[Host, Host], live_database: Settings, store: ObjectStore
):
    with unit_of_work() as session:
        creator = factories.person(session)
    upload = sent(live_database, store, creator.id, bunny())
    dead = until(lambda: next((host for host in two if host.encoders()), None), PREPARED_SECONDS, *two)
    alive = two[1] if dead is two[0] else two[0]

    dead.kill()
    until(lambda: swept() and bool(alive.done()), PREPARED_SECONDS, alive)

    [task] = prepared()
    assert task.attempts == 2
    assert alive.done() == [task.id]
    assert dead.done() == []
    with unit_of_work() as session:
        assert session.get_one(Video, upload.video_id).state == "playable"
        assert len(session.scalars(select(Transcode)).all()) == 1
    assert list(alive.folder.iterdir()) == []
