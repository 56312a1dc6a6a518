"""Engines, settings and database sessions for every test.

`session` is for tests inside one process: nothing they do is kept. `live_database` is for tests with
processes of their own: what they commit is real, in a database that is dropped afterwards.
"""

import gc
import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from app.accounts import passwords
from app.core import db, runtime
from app.core.settings import Settings
from app.projects.models import Project
from app.videos.models import Video
from tests import engines as shared_engines
from tests import factories
from tests.clips import Clips
from tests.engines import Engines

LIVE_REDIS_OFFSET = 32
# What takes longest begins first, so that no worker is alone with it at the end.
LONGEST_FIRST = (
    "tests/donations/test_money_machine.py",
    "tests/demo/test_load.py",
    "tests/browser/test_main_job.py",
    "tests/donations/test_gate.py",
    "tests/browser",
    "tests/faults",
    "tests/architecture/test_routes.py",
    "tests/workers/transcode/test_bad_input.py",
    "tests/embedded",
    "tests/donations/test_random_orders.py",
    "tests/web/test_webhooks_in_masses.py",
    "tests/workers/transcode",
)
# Each test of these goes to a worker that is free; of other files, one worker has the whole.
SPREAD = ("tests/donations/test_money_machine.py", "tests/donations/test_gate.py")
ROOT = pytest.StashKey[Path]()
# The house's own takes a third of a second for each password, and is meant to.
OWN_HASHER = passwords._hasher
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
# How long an example takes says something of the machine, not of the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # a worker uses the run's folder; it does not open its own
        config.stash[ROOT] = shared_engines.open_root()
    else:
        worker, workers = (config.workerinput[one] for one in ("workerid", "workercount"))
        shared_engines.share_ports(int(worker.removeprefix("gw")), workers)
    passwords._hasher = QUICK_HASHER
    # Each application would compile every template anew.
    compiled = shared_engines.root() / "templates"
    compiled.mkdir(exist_ok=True)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(compiled))}


def pytest_unconfigure(config: pytest.Config) -> None:
    if ROOT in config.stash:
        shared_engines.close_root(config.stash[ROOT])


def pytest_collectstart() -> None:
    gc.disable()  # while everything is read


def pytest_collection_finish() -> None:
    gc.freeze()  # what was read by now is there for good, and need not be looked through again and again
    gc.enable()


class _ByFile(LoadFileScheduling):
    """Deals out tests to workers by file, those of SPREAD one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(SPREAD) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _ByFile:
    return _ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    return next(
        (turn for turn, place in enumerate(LONGEST_FIRST) if item.nodeid.startswith(place)),
        len(LONGEST_FIRST),
    )


@pytest.fixture(scope="session")
def engines() -> Engines:
    """PostgreSQL, Valkey and SeaweedFS, running, with this worker's own database and buckets in them."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    running = shared_engines.shared(worker)
    running.clone(running.database)
    running.empty_redis(worker)
    running.make_buckets()
    return running


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Films to upload, each made when it is first asked for."""
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def settings(engines: Engines) -> Settings:
    """Settings of the embedded environment on this worker's database, Valkey database and buckets.

    Nobody extends a lease meanwhile: it would be looked for from outside of the transaction a test is in.
    """
    found = engines.settings(engines.database, engines.worker)
    return found.model_copy(update={"task_lease_seconds": 3600})


@pytest.fixture(scope="session")
def spare_buckets(engines: Engines) -> dict[str, str]:
    """Settings of buckets that only tests use which look at all there is in them."""
    return engines.make_buckets("-spare")


@pytest.fixture(scope="session")
def database(settings: Settings) -> Iterator[Engine]:
    """The connection pool of this worker's database."""
    engine = runtime.start(settings)
    yield engine
    engine.dispose()


@pytest.fixture
def session(database: Engine, settings: Settings) -> Iterator[Session]:
    """A session whose work, and that of every `unit_of_work` meanwhile, is undone after the test."""
    with undone(database) as session:
        yield session


@contextmanager
def undone(database: Engine) -> Generator[Session]:
    """What `session` gives, for as long as the block: for fixtures that several tests share."""
    with database.connect() as connection, connection.begin() as transaction:
        with (
            Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session,
            db.joined(session),
        ):
            yield session
        transaction.rollback()


@pytest.fixture
def project(session: Session) -> Project:
    """A live project that may receive."""
    return factories.project(session)


@pytest.fixture
def video(session: Session, project: Project) -> Video:
    """A published video that carries the tag of `project`."""
    return factories.video(session, carries=project)


@pytest.fixture
def live_database(engines: Engines, settings: Settings) -> Iterator[Settings]:
    """Settings of a fresh migrated database and an empty Valkey database; this process is connected to them.

    `tests.engines.variables_of(settings)` turns them into the environment of a child process.
    """
    with fresh_database(engines, settings) as live:
        yield live


@contextmanager
def fresh_database(engines: Engines, settings: Settings) -> Generator[Settings]:
    """What `live_database` gives, for as long as the block: for fixtures that several tests share."""
    name = f"kindrelay_live_{secrets.token_hex(4)}"
    redis_database = LIVE_REDIS_OFFSET + engines.worker
    engines.clone(name)
    engines.empty_redis(redis_database)
    live = engines.settings(name, redis_database)
    engine = runtime.start(live)
    yield live
    engine.dispose()
    runtime.start(settings)
    engines.drop(name)
