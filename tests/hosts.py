"""Worker hosts that share nothing but PostgreSQL, Redis and S3.

Each has its own TMPDIR and processes and, where this machine lets us make one, its own network namespace,
out of which only relays to the three engines lead.
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
from tests.site import spawned

LOOPBACK = "127.0.0.1"
ENGINES = ("KINDRELAY_DATABASE_URL", "KINDRELAY_REDIS_URL", "KINDRELAY_S3_ENDPOINT")
ADDRESSES = (*ENGINES, "KINDRELAY_S3_PUBLIC_ENDPOINT")
NAMED = re.compile(r"^kindrelay-(\d+)-\d$")
STOP_SECONDS = 15
RELAY_SECONDS = 30


class Host:
    """One host: its folder for temporary files, how to run something on it, and what it runs."""

    gateway = LOOPBACK  # where it finds the engines

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
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
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

    def reaches(self, address: str, port: int | None) -> bool:
        """Whether something answers there, seen from this host."""
        command = ["bash", "-c", f": < /dev/tcp/{address}/{port}"]
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
    """A host whose network is a namespace, joined to ours by one cable."""

    def __init__(self, number: int, folder: Path, log: Path, variables: Mapping[str, str]) -> None:
        self._name = f"kindrelay-{os.getpid()}-{number}"
        self._cable = f"kr{os.getpid()}n{number}"
        network = f"10.213.{os.getpid() % 250}."
        self.gateway, self._its = f"{network}{number * 4 + 1}", f"{network}{number * 4 + 2}"
        there = {name: variables[name].replace(LOOPBACK, self.gateway) for name in ADDRESSES}
        super().__init__(folder, log, {**variables, **there}, ("ip", "netns", "exec", self._name))
        self._relays: list[subprocess.Popen[bytes]] = []
        self._ports = [urlsplit(variables[name]).port for name in ENGINES]

    def connect(self) -> None:
        """Make the namespace, the cable and the relays. Raises CalledProcessError where it must not."""
        _ip("netns", "add", self._name)
        _ip("netns", "exec", self._name, "true")
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self._name)
        _ip("addr", "add", f"{self.gateway}/30", "dev", self._cable)
        _ip("link", "set", self._cable, "up")
        _ip("-n", self._name, "addr", "add", f"{self._its}/30", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", self._name, "link", "set", device, "up")
        for port in self._ports:
            relay = [sys.executable, "-m", "app.embedded.relay", self.gateway, str(port), str(port)]
            self._relays.append(subprocess.Popen(relay, cwd=ROOT))
        for port in self._ports:
            self._wait_for(port)

    def cut_off(self) -> None:
        _ip("link", "del", self._cable, check=False)

    def _wait_for(self, port: int | None) -> None:
        deadline = time.monotonic() + RELAY_SECONDS
        while not self.reaches(self.gateway, port):
            assert time.monotonic() < deadline, f"no relay to port {port}"
            time.sleep(0.1)

    def remove(self) -> None:
        """Leave nothing of it behind, however far it came."""
        for relay in self._relays:
            relay.send_signal(signal.SIGKILL)
            relay.wait()
        _ip("link", "del", self._cable, check=False)
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
                namespaced.connect()
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
        trial = NamespacedHost(9, Path(), Path(), dict.fromkeys(ADDRESSES, f"http://{LOOPBACK}"))
        trial._ports = []
        try:
            trial.connect()
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
