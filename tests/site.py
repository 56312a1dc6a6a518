"""The whole platform as processes of its own, on engines that somebody else runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.core.paths import ROOT
from app.core.task_kinds import QUEUES
from tests import nearby

READY_SECONDS = 60
STOP_SECONDS = 20


def spawned(command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own; what it says is added to `log`."""
    with log.open("ab") as said:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


class Processes:
    """Children of a test, each in a process group of its own, with their logs in one folder."""

    def __init__(self, variables: Mapping[str, str], logs: Path) -> None:
        self._environment = {**os.environ, **variables, "PYTHONUNBUFFERED": "1"}
        self._logs = logs
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `python -m …arguments` under a name."""
        command = [sys.executable, "-m", *arguments]
        self.running[name] = spawned(command, self._environment, self._logs / f"{name}.log")
        return self.running[name]

    def worker(self, queue: str) -> subprocess.Popen[bytes]:
        """Start a worker for one queue, or the sweeper."""
        return self.start(queue, "workers", queue)

    def kill(self, name: str) -> None:
        """SIGKILL for a process and all of its children: nothing gets a chance to tidy up."""
        child = self.running.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self._logs / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """Ask everything to end, then make it end."""
        for child in self.running.values():
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.running.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


@contextmanager
def processes(variables: Mapping[str, str], logs: Path) -> Iterator[Processes]:
    """Processes that are gone when the block ends."""
    started = Processes(variables, logs)
    try:
        yield started
    finally:
        started.stop()


@contextmanager
def site(variables: Mapping[str, str], port: int, logs: Path) -> Iterator[Processes]:
    """Web server, a worker for every queue and the sweeper; the web server answers when the block begins."""
    with processes(variables, logs) as started:
        started.start(
            "web",
            "granian",
            "--interface",
            "wsgi",
            "--port",
            str(port),
            "--blocking-threads",
            "8",
            "app.wsgi:application",
        )
        started.start("workers", "workers", *QUEUES, "sweep")
        wait_until_ready(f"http://127.0.0.1:{port}", started)
        yield started


def wait_until_ready(address: str, started: Processes) -> None:
    """Wait for 200 from /readyz. Raises AssertionError with the web server's log when it does not come."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if nearby.get(f"{address}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"the site did not become ready:\n{started.log('web')}")
