"""The real engines behind the tests: started once a run, shared by its workers, gone when the run is."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from redis import Redis

from app.core import migrate
from app.core.settings import Settings
from app.embedded import ports, postgres, seaweedfs, valkey
from app.embedded.environment import environment
from app.embedded.home import Home
from app.embedded.ports import RANGE_VARIABLE
from app.embedded.up import Plan, up

ROOT_VARIABLE = "KINDRELAY_TEST_ROOT"
TEMPLATE = "kindrelay_template"
START_SECONDS = 90


@dataclass(frozen=True)
class Engines:
    """Running engines, and the numbers that keep one pytest worker's data apart from another's."""

    home: Home
    worker: int

    @property
    def database(self) -> str:
        return f"kindrelay_worker_{self.worker}"

    def settings(self, database: str, redis_database: int) -> Settings:
        """Settings for one of the databases, with this worker's own buckets."""
        variables = environment(self.home) | {
            "KINDRELAY_BASE_URL": "http://127.0.0.1:8000",
            "KINDRELAY_GATE_FORM_SECONDS": "0",  # tests fill a form in faster than anybody reads
            "KINDRELAY_DATABASE_URL": postgres.url(self.home, self._port("postgres"), database),
            "KINDRELAY_REDIS_URL": valkey.url(self._port("valkey"), redis_database),
            "KINDRELAY_S3_PRIVATE_BUCKET": f"{seaweedfs.PRIVATE_BUCKET}-{self.worker}",
            "KINDRELAY_S3_MEDIA_BUCKET": f"{seaweedfs.MEDIA_BUCKET}-{self.worker}",
        }
        return Settings.model_validate(
            {name.removeprefix("KINDRELAY_").lower(): value for name, value in variables.items()}
        )

    def make_buckets(self, ending: str = "") -> dict[str, str]:
        """Create buckets for this worker, with the rules the platform's own have; returns their settings."""
        endpoint = seaweedfs.url(self._port("s3"))
        private = f"{seaweedfs.PRIVATE_BUCKET}-{self.worker}{ending}"
        media = f"{seaweedfs.MEDIA_BUCKET}-{self.worker}{ending}"
        seaweedfs.make_bucket(self.home, endpoint, private, public=False)
        seaweedfs.make_bucket(self.home, endpoint, media, public=True)
        return {"s3_private_bucket": private, "s3_media_bucket": media}

    def clone(self, database: str, template: str = TEMPLATE) -> None:
        """Create a database that holds what the template holds: the real migrations' result."""
        with self._admin() as connection:
            names = {"new": sql.Identifier(database), "old": sql.Identifier(template)}
            connection.execute(sql.SQL("CREATE DATABASE {new} TEMPLATE {old}").format(**names))

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected."""
        with self._admin() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
            )

    def migrate_template(self) -> None:
        """Make the template by running every migration."""
        with self._admin() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        migrate.upgrade(postgres.url(self.home, self._port("postgres"), TEMPLATE))

    def empty_redis(self, number: int) -> None:
        """Forget everything in one of Valkey's numbered databases."""
        with Redis.from_url(valkey.url(self._port("valkey"), number)) as redis:
            redis.flushdb()

    def _admin(self) -> psycopg.Connection:
        url = postgres.url(self.home, self._port("postgres"), "postgres").replace("+psycopg", "")
        return psycopg.connect(url, autocommit=True)

    def _port(self, name: str) -> int:
        return self.home.state().ports[name]


def variables_of(settings: Settings) -> dict[str, str]:
    """The KINDRELAY_* environment of a child process that shall run with `settings`."""
    return {f"KINDRELAY_{name.upper()}": str(value) for name, value in settings.model_dump().items()}


def open_root() -> Path:
    """Name the folder this run's engines will live in; its workers inherit the name."""
    root = Path(tempfile.mkdtemp(prefix="kindrelay-tests-"))
    root.chmod(0o755)  # PostgreSQL's own user must get in when the tests run as root
    os.environ[ROOT_VARIABLE] = str(root)
    return root


def root() -> Path:
    """The folder of this run."""
    return Path(os.environ[ROOT_VARIABLE])


def close_root(root: Path) -> None:
    """Stop the engines, if any test wanted them, and remove their folder."""
    pid = root / "pid"
    if pid.exists():
        host = int(pid.read_text())
        os.kill(host, signal.SIGTERM)
        deadline = time.monotonic() + 30
        while (
            (root / "home" / "lock").exists()
            and Home(root / "home").is_running()
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)
    shutil.rmtree(root, ignore_errors=True)


def shared(worker: int) -> Engines:
    """This run's engines: started and migrated by whichever worker asks first."""
    engines = Engines(Home(root() / "home"), worker)
    with _alone(root() / "starting"):
        if not (root() / "ready").exists():
            _start(root())
            engines.migrate_template()
            (root() / "ready").touch()
    return engines


def _start(root: Path) -> None:
    log = root / "engines.log"
    with log.open("wb") as output:
        host = subprocess.Popen(
            [sys.executable, "-m", "tests.engines", str(root), str(_controller())],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd=Path(__file__).parents[1],
            env=own_environment(),
        )
    (root / "pid").write_text(str(host.pid))
    deadline = time.monotonic() + START_SECONDS
    while not (root / "up").exists():
        if host.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The engines for the tests did not start:\n{log.read_text()}")
        time.sleep(0.05)
    host.returncode = 0  # it outlives this worker by design; close_root() ends it


def _controller() -> int:
    """The process that must be alive for the engines to be: pytest itself, or the parent of its workers."""
    return os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()


def own_environment() -> dict[str, str]:
    """This process's environment for a platform of its own, without settings that a person may have made."""
    kept = ("KINDRELAY_BINARIES", RANGE_VARIABLE)
    return {
        name: value for name, value in os.environ.items() if not name.startswith("KINDRELAY_") or name in kept
    }


def share_ports(worker: int, workers: int) -> None:
    """Keep ports of this pytest worker apart from those of others: an engine that a test has killed finds its
    port free again."""
    every = ports.allowed()
    size = len(every) // workers
    begins = worker % workers * size  # one that takes the place of another that broke down has a number above
    share = every[begins : begins + size]
    os.environ[RANGE_VARIABLE] = f"{share[0]}-{share[-1]}"


@contextmanager
def _alone(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def host_engines(root: Path, controller: int) -> None:
    """Run the engines until told to stop, or until the run they belong to is gone."""
    owner = psutil.Process(controller)

    def run_is_over() -> bool:
        (root / "up").touch()
        return not owner.is_running()

    up(
        Home(root / "home"),
        Plan(engines_only=True, durable=False),
        lambda line: print(line, flush=True),  # noqa: T201
        run_is_over,
    )
    if not owner.is_running():
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    host_engines(Path(sys.argv[1]), int(sys.argv[2]))
