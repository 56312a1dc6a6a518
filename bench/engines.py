"""Engines for a benchmark: started in a temporary home, gone with it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
from sqlalchemy.exc import OperationalError

from app.core import migrate, runtime
from app.core.settings import Settings
from app.embedded.environment import environment
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home

START_SECONDS = 60


@contextmanager
def engines() -> Iterator[Settings]:
    """Real engines with durable writes and a migrated database, which this process is connected to."""
    with _host("--engines-only") as (home, host):
        variables = _when_up(home, host)
        migrate.upgrade(variables["KINDRELAY_DATABASE_URL"])
        yield _connected(variables)


@contextmanager
def platform(port: int) -> Iterator[tuple[Settings, psutil.Process]]:
    """The whole platform as `kindrelay up` starts it, and the process that all of it runs under."""
    with _host("--port", str(port)) as (home, host):
        variables = _when_up(home, host)
        while not _is_ready(port):
            if host.poll() is not None:
                raise SystemExit("the platform did not start")
            time.sleep(0.2)
        yield _connected(variables), psutil.Process(host.pid)


@contextmanager
def _host(*options: str) -> Iterator[tuple[Home, subprocess.Popen[bytes]]]:
    with tempfile.TemporaryDirectory(prefix="kindrelay-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's own user must get in when this runs as root
        home = Home(Path(folder) / "home")
        command = [sys.executable, "-m", "app.cli", "up", *options, "--home", str(home.path)]
        host = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            yield home, host
        finally:
            host.send_signal(signal.SIGTERM)
            host.wait()


def _connected(variables: dict[str, str]) -> Settings:
    os.environ.update(variables)
    settings = Settings(
        **{name.removeprefix("KINDRELAY_").lower(): value for name, value in variables.items()}
    )
    runtime.start(settings).dispose()
    return settings


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _when_up(home: Home, host: subprocess.Popen[bytes]) -> dict[str, str]:
    deadline = time.monotonic() + START_SECONDS
    while host.poll() is None and time.monotonic() < deadline:
        try:
            variables = environment(home)
            migrate.engine_for(variables["KINDRELAY_DATABASE_URL"]).connect().close()
        except (EmbeddedError, OperationalError):
            time.sleep(0.2)
            continue
        return variables
    raise SystemExit("the engines did not start")
