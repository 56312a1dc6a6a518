"""Keeps child processes running: starts them in order, restarts the dead, stops them in reverse."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from app.embedded import process
from app.embedded.binaries import Binary
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home, State
from app.embedded.process import Command

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
HEALTHY_AFTER = 60.0
SHOWN_LOG_LINES = 12


class Engine(Protocol):
    """An embedded engine: prepared, started as a child, waited for, finished."""

    name: str
    title: str
    ports: tuple[str, ...]
    grpc_ports: tuple[str, ...]
    binary: Binary
    note: str | None

    @property
    def port(self) -> int: ...
    def prepare(self, state: State) -> None: ...
    def command(self) -> Command: ...
    def is_ready(self) -> bool: ...
    def finish(self) -> None: ...


class Stopped(Exception):  # noqa: N818 (a person's wish, not an error)
    """Someone asked for the stop while things were still starting."""


@dataclass
class Child:
    """One supervised process and the memory of its restarts."""

    command: Command
    handle: subprocess.Popen[bytes]
    started: float
    pause: float = FIRST_PAUSE
    restart_at: float | None = None


class Supervisor:
    """The children of one run on one home. Use it from the main thread alone, inside `watching()`."""

    def __init__(self, home: Home, state: State, say: Callable[[str], None]) -> None:
        self.home = home
        self.state = state
        self.say = say
        self.run = process.new_run(home)
        self.children: dict[str, Child] = {}
        self.stop_asked = False
        self._wake_reader, self._wake_writer = os.pipe()

    @contextmanager
    def watching(self) -> Generator[None]:
        """Answer signals and keep a watchdog beside us; on the way out stop every child."""
        for end in (self._wake_reader, self._wake_writer):
            os.set_blocking(end, False)
        before = {
            number: signal.signal(number, self._ask_stop)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        }
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _only_wake)
        signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        self.state.run, self.state.children = self.run, {}
        self.home.remember(self.state)
        watchdog = subprocess.Popen(
            [sys.executable, "-m", "app.embedded.watchdog", str(self.home.path), self.run],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            yield
        finally:
            self.stop_all()
            self.state.run, self.state.children = None, {}
            self.home.remember(self.state)
            watchdog.communicate(b".")
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, command: Command) -> None:
        """Start a child and remember it, on disk too."""
        handle = process.start(command, self.home.logs / f"{command.name}.log", self.run)
        previous = self.children.get(command.name)
        pause = previous.pause if previous else FIRST_PAUSE
        self.children[command.name] = Child(command, handle, time.monotonic(), pause)
        self.state.children[command.name] = process.record(handle, command.stop_signal)
        self.home.remember(self.state)

    def wait(self, name: str, is_ready: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until a child is ready.

        Raises EmbeddedError with the end of its log when it dies or is too slow, Stopped when asked to stop.
        """
        child = self.children[name]
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self.stop_asked:
                raise Stopped
            if (code := child.handle.poll()) is not None:
                raise EmbeddedError(f"{name} ended while starting ({_ending(code)}).\n{self.log_end(name)}")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{name} was not ready after {seconds:.0f} s.\n{self.log_end(name)}")
            self._sleep(0.05)

    def run_once(self, command: Command) -> bool:
        """Run a command to its end, its output on our own terminal. True when it succeeded."""
        handle = subprocess.Popen(
            command.arguments,
            env={**os.environ, **command.environment, process.MARK: self.run},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        while handle.poll() is None:
            self.tend()
            if self.stop_asked:
                process.stop([(handle, command)])
                raise Stopped
            self._sleep(0.5)
        return handle.returncode == 0

    def run_until_stopped(self, also_stop: Callable[[], bool] = lambda: False) -> None:
        """Tend the children until a signal asks to stop, or `also_stop` says so (asked every half second)."""
        while not self.stop_asked and not also_stop():
            self.tend()
            self._sleep(0.5)

    def tend(self) -> None:
        """Notice dead children and start them again, each after a pause that doubles while it keeps dying."""
        now = time.monotonic()
        for name, child in self.children.items():
            code = child.handle.poll()
            if code is None:
                if now - child.started > HEALTHY_AFTER:
                    child.pause = FIRST_PAUSE
            elif child.restart_at is None:
                child.restart_at = now + child.pause
                log = self.home.logs / f"{name}.log"
                self.say(
                    f"{name} ended ({_ending(code)}); starting it again in {child.pause:g} s. Its log: {log}"
                )
                child.pause = min(child.pause * 2, LONGEST_PAUSE)
        for child in [
            child for child in self.children.values() if child.restart_at and now >= child.restart_at
        ]:
            process.end_session(child.handle.pid)
            self.start(child.command)

    def stop_all(self) -> None:
        """Stop the children rank by rank, those that need the others first."""
        for rank in sorted({child.command.rank for child in self.children.values()}, reverse=True):
            process.stop([(c.handle, c.command) for c in self.children.values() if c.command.rank == rank])
        self.children.clear()

    def log_end(self, name: str) -> str:
        """The last lines of a child's log, for a person to read."""
        log = self.home.logs / f"{name}.log"
        lines = log.read_text(errors="replace").splitlines()[-SHOWN_LOG_LINES:] if log.exists() else []
        return "\n".join([f"The end of {log}:", *(f"  {line}" for line in lines)])

    def _ask_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_asked = True

    def _sleep(self, seconds: float) -> None:
        if select.select([self._wake_reader], [], [], seconds)[0]:
            os.read(self._wake_reader, 512)


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """For SIGCHLD: a handled signal writes to the wake-up pipe, which ends our sleep; no more is needed."""


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
