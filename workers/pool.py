"""Keeps worker processes running: forked, started again after a pause, stopped together.

They share what their parent has imported, so that many take little more memory and time than one.

RQ's own pool starts a scheduler beside each worker, polls, and starts again without a pause.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

import structlog

from workers.listening import stop_with_parent

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
HEALTHY_AFTER = 60.0
STOP_SECONDS = 8.0  # less than the patience of whoever stops us

log = structlog.get_logger()


@dataclass
class _Place:
    """One of the processes, or the gap until it is started again."""

    name: str
    work: Callable[[], None]
    pid: int = 0
    started: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE


class Pool:
    """A process for each of `works`, under its name; Redis or PostgreSQL being away ends it for a while."""

    def __init__(self, works: Iterable[tuple[str, Callable[[], None]]]) -> None:
        self._places = [_Place(name, work) for name, work in works]
        self._stop_asked = False
        self._reader, self._writer = os.pipe()

    def run(self) -> None:
        """Keep the processes running until SIGTERM or SIGINT; none is left when this returns."""
        for end in (self._reader, self._writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_stop)
        signal.signal(signal.SIGCHLD, _only_wake)
        while not self._stop_asked:
            self._reap()
            self._start_due()
            self._sleep()
        self._stop_all()

    def _start_due(self) -> None:
        for place in self._places:
            if not place.pid and place.start_at <= time.monotonic() and not self._stop_asked:
                place.started = time.monotonic()
                place.pid = self._fork(place.work)

    def _fork(self, work: Callable[[], None]) -> int:
        parent = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
        pid = os.fork()
        if pid == 0:
            self._become_child(parent, work)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
        return pid

    def _become_child(self, parent: int, work: Callable[[], None]) -> NoReturn:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
            stop_with_parent(parent)
            work()
            code = 0
        except Exception as error:  # the parent waits a little and tries again
            log.error("a worker process broke off", exc_info=error)
        finally:
            os._exit(code)

    def _reap(self) -> None:
        for place in self._places:
            if place.pid and (ended := os.waitpid(place.pid, os.WNOHANG))[0]:
                now = time.monotonic()
                if now - place.started > HEALTHY_AFTER:
                    place.pause = FIRST_PAUSE
                log.warning(
                    "a worker process ended; starting another",
                    worker=place.name,
                    code=os.waitstatus_to_exitcode(ended[1]),
                    pause_seconds=place.pause,
                )
                place.pid, place.start_at = 0, now + place.pause
                place.pause = min(place.pause * 2, LONGEST_PAUSE)

    def _sleep(self) -> None:
        gaps = [place.start_at - time.monotonic() for place in self._places if not place.pid]
        if select.select([self._reader], [], [], max(0.0, min(gaps)) if gaps else None)[0]:
            os.read(self._reader, 512)

    def _stop_all(self) -> None:
        running = [place.pid for place in self._places if place.pid]
        for pid in running:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while running := [pid for pid in running if not os.waitpid(pid, os.WNOHANG)[0]]:
            if time.monotonic() > deadline:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                return
            time.sleep(0.05)

    def _ask_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked = True


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """For SIGCHLD: a handled signal writes to the wake-up pipe, which ends our sleep; no more is needed."""
