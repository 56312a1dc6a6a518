"""Sends a file through the worker's own code, in a process of its own whose costs are measured."""

import contextlib
import os
import pickle
import re
import resource
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from workers.transcode import encode
from workers.transcode.encode import Tools
from workers.transcode.probe import probe
from workers.transcode.reasons import Rejected

PATIENCE_SECONDS = 120
MAX_VIDEO_SECONDS = 600
LOOK_SECONDS = 0.005
OPEN_FILES = Path("/dev/fd")

Work = Callable[[], tuple[str, ...]]


@dataclass(frozen=True)
class Outcome:
    """How it ended: a reason, the warnings of an accepted clip, or an error nobody expected; its costs."""

    reason: str | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None
    leaks: tuple[str, ...] = ()
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


def worked(tools: Tools, source: Path, out: Path) -> Outcome:
    """Probe `source` and make its preview in `out`, as a worker does."""

    def work() -> tuple[str, ...]:
        seen = probe(tools.ffprobe, source, MAX_VIDEO_SECONDS)
        return encode.preview(tools, source, out, seen, lambda _: None).warnings

    return measured(work)


def measured(work: Work, patience_seconds: float = PATIENCE_SECONDS) -> Outcome:
    """Do `work` in a process of its own; a hang is ended, and told as an error."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.setsid()
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(_attempt(work), pipe)
        os._exit(0)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            if not select.select([pipe], [], [], patience_seconds)[0]:
                return Outcome(error="it hangs")
            return pickle.load(pipe)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _attempt(work: Work) -> Outcome:
    before = _open_files()
    reason = error = None
    warnings: tuple[str, ...] = ()
    with Memory() as memory:
        try:
            warnings = work()
        except Rejected as rejection:
            reason = rejection.message
        except BaseException:  # whatever it is, the test must see it
            error = traceback.format_exc()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    leaks = (*(f"open file {name}" for name in _open_files() - before), *_children())
    return Outcome(reason, warnings, error, leaks, used.ru_utime + used.ru_stime, memory.peak_bytes)


class Memory:
    """Looks at every child's memory all the time.

    What the system tells of children that have ended counts the size of the process they were forked from.
    """

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._sizes = sizes_in_proc if sys.platform == "linux" else sizes_right_now
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.peak_bytes = max(self.peak_bytes, *self._sizes(), 0)


# A child that is still a copy of this process is not counted.
def sizes_in_proc() -> Iterator[int]:
    """The most bytes that each child has held so far."""
    own = Path("/proc/self/cmdline").read_bytes()
    for children in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in (Path("/proc", name) for name in children.read_text().split()):
                if (child / "cmdline").read_bytes() == own:
                    continue  # first: asked afterwards, it may have become a tool since its size was read
                if found := re.search(r"VmHWM:\s+(\d+) kB", (child / "status").read_text()):
                    yield int(found[1]) * 1024


def sizes_right_now() -> Iterator[int]:
    """The bytes that each child holds just now, which is all that every platform tells."""
    own = psutil.Process()
    for child in own.children():
        with contextlib.suppress(psutil.Error):
            if child.cmdline() != own.cmdline():
                yield child.memory_info().rss


def _open_files() -> set[str]:
    return {path.name for path in OPEN_FILES.iterdir() if path.exists()}


def _children() -> tuple[str, ...]:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return ()
    return ("a child process",)
