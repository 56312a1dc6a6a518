"""Worker hosts that share nothing but PostgreSQL, Redis and S3.

Each has its own TMPDIR and processes and, where this machine lets us make one, its own network namespace,
out of which only relays to the three engines lead (tests/outlets.py).
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from app.core.paths import ROOT
from app.core.settings import Settings
from tests.engines import variables_of
from tests.families import family, tell
from tests.outlets import LOOPBACK
from tests.site import spawned

ENGINES = ("KINDRELAY_DATABASE_URL", "KINDRELAY_REDIS_URL", "KINDRELAY_S3_ENDPOINT")
NAMED = re.compile(r"^kindrelay-(\d+)-\d$")
STOP_SECONDS = 60
RELAY_SECONDS = 30


class Host:
    """One host: its folder for temporary files, how to run something on it, and what it runs."""

    def __init__(
        self, folder: Path, log: Path, variables: Mapping[str, str], prefix: tuple[str, ...]
    ) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        self._log = log
        self._environment = {**os.environ, **variables, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
        self._prefix = prefix

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run `python -m workers …arguments` on this host."""
        command = [*self._prefix, sys.executable, "-m", "workers", *arguments]
        started = spawned(command, self._environment, self._log)
        self.running.append(started)
        return started

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def done(self) -> list[int]:
        """The ids of the tasks that this host has finished."""
        written = self.log.splitlines(keepends=True)  # the last one perhaps in part
        lines = [json.loads(line) for line in written if line.startswith("{") and line.endswith("\n")]
        return [line["task_id"] for line in lines if line["event"] == "task done"]

    def encoders(self) -> list[psutil.Process]:
        """The ffmpeg processes that work in this host's folder."""
        found: list[psutil.Process] = []
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                if process.name() == "ffmpeg":
                    found.append(process)
        return found

    def kill(self) -> None:
        """End it whole: the network first, where it has one of its own, then everything at once."""
        self.cut_off()
        tell(reversed(self._family()), signal.SIGKILL)
        for started in self.running:
            started.wait()
        self.running.clear()

    def reaches(self, port: int | None) -> bool:
        """Whether something answers at a loopback port, seen from this host."""
        command = ["bash", "-c", f": < /dev/tcp/{LOOPBACK}/{port}"]
        return subprocess.run([*self._prefix, *command], stderr=subprocess.DEVNULL).returncode == 0

    def cut_off(self) -> None:
        """Take its network away. There is nothing to take where it has none of its own."""

    def stop(self) -> None:
        """Ask what runs on it to end, then make it end."""
        for started in self.running:
            started.terminate()
        try:
            for started in self.running:
                started.wait(STOP_SECONDS)
        finally:
            self.kill()

    def _family(self) -> list[psutil.Process]:
        return [member for started in self.running for member in family(started.pid)]


class NamespacedHost(Host):
    """A host whose network is a namespace."""

    def __init__(self, number: int, folder: Path, log: Path, variables: Mapping[str, str]) -> None:
        self._name = f"kindrelay-{os.getpid()}-{number}"
        super().__init__(folder, log, variables, ("ip", "netns", "exec", self._name))
        self._outlets: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make the namespace. Raises CalledProcessError where it must not."""
        _ip("netns", "add", self._name)
        _ip("-n", self._name, "link", "set", "lo", "up")
        _ip("netns", "exec", self._name, "true")

    def connect(self, *ports: int) -> None:
        """Let it reach these loopback ports of ours."""
        command = [sys.executable, "-m", "tests.outlets", self._name, *map(str, ports)]
        self._outlets = subprocess.Popen(command, cwd=ROOT)
        deadline = time.monotonic() + RELAY_SECONDS
        while not all(self.reaches(port) for port in ports):
            assert time.monotonic() < deadline, f"{self._name} has no way out to {ports}"
            time.sleep(0.1)

    def cut_off(self) -> None:
        _ip("-n", self._name, "link", "set", "lo", "down", check=False)

    def remove(self) -> None:
        """Leave nothing of it behind, however far it came."""
        if self._outlets:
            self._outlets.kill()
            self._outlets.wait()
        _ip("netns", "del", self._name, check=False)


@contextmanager
def hosts(count: int, settings: Settings, folder: Path) -> Iterator[list[Host]]:
    """Hosts that are gone when the block ends; namespaced if this machine allows, else in folders alone."""
    variables = variables_of(settings)
    with ExitStack() as stack:
        made: list[Host] = []
        for number in range(count):
            temporary = folder / f"host-{number}"
            temporary.mkdir()
            log = folder / f"host-{number}.log"
            host: Host
            if may_make_namespaces():
                host = namespaced = NamespacedHost(number, temporary, log, variables)
                stack.callback(namespaced.remove)
                namespaced.make()
                namespaced.connect(*(urlsplit(variables[name]).port or 0 for name in ENGINES))
            else:
                host = Host(temporary, log, variables, ())
            stack.callback(host.stop)
            made.append(host)
        yield made


@cache
def may_make_namespaces() -> bool:
    """Found out by trying. What a killed run has left behind is removed on the way."""
    try:
        _remove_deserted()
        trial = NamespacedHost(9, Path(), Path(), {})
        try:
            trial.make()
        finally:
            trial.remove()
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _remove_deserted() -> None:
    for line in _ip("netns", "list").splitlines():
        if (named := NAMED.match(line.split()[0])) and not psutil.pid_exists(int(named[1])):
            _ip("netns", "del", named[0], check=False)


def _ip(*arguments: str, check: bool = True) -> str:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    done = subprocess.run(
        ["ip", *arguments], check=check, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    return done.stdout
