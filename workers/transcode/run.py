"""Runs one media tool in a cage and never loses hold of it.

Own process group, killed whole; CPU, memory and file size limited; no environment, no network where the
platform allows; a deadline, and a shorter one for standing still; both pipes drained, errors kept in part.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LAUNCHER = Path(__file__).with_name("launcher.py")
CHUNK = 1 << 16
STDERR_TAIL = 8192
LONGEST_LINE = 1 << 16
POLL_SECONDS = 0.5
GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """What a tool may use: seconds in all, of standing still and of CPU; bytes of memory and a file."""

    wall_seconds: float = 60
    stall_seconds: float = 60
    cpu_seconds: int = 60
    memory_bytes: int = 4 * GIB
    file_bytes: int = 2 * GIB


@dataclass(frozen=True)
class Finished:
    """How a tool ended well: its last words, and how many lines of complaint there were."""

    stderr: str
    complaints: int


class ToolFailedError(Exception):
    """A media tool ended badly or was ended; `stderr` holds its last words."""

    def __init__(self, what: str, stderr: str, returncode: int | None = None) -> None:
        last = stderr.strip().splitlines()[-1:] or ["no word"]
        super().__init__(f"{what}: {last[0]}")
        self.stderr = stderr
        self.returncode = returncode


class ToolHungError(ToolFailedError):
    """A media tool took too long, stood still for too long, or used up its seconds of CPU."""


def run(arguments: Sequence[str], folder: Path, limits: Limits, on_line: Callable[[str], bool]) -> Finished:
    """Run a tool in `folder` to its end; each line it prints goes to `on_line`, which says if it is progress.

    Whatever `on_line` raises ends the tool and is raised here. Raises ToolFailedError and ToolHungError.
    """
    caged = [limits.cpu_seconds, limits.memory_bytes, limits.file_bytes]
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), *map(str, caged), *arguments],
        cwd=folder,
        env={},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    tail = _Tail()
    name = Path(arguments[0]).name
    try:
        _drain(process, limits, _Lines(on_line), tail, name)
        returncode = process.wait(timeout=POLL_SECONDS * 10)
    except subprocess.TimeoutExpired:
        raise ToolHungError(f"{name} closed its pipes and stayed", tail.text()) from None
    finally:
        _end(process)
    if returncode == -signal.SIGXCPU:
        raise ToolHungError(f"{name} used up {limits.cpu_seconds} s of CPU", tail.text(), returncode)
    if returncode != 0:
        raise ToolFailedError(f"{name} ended with {returncode}", tail.text(), returncode)
    return Finished(tail.text(), tail.lines)


def _drain(
    process: "subprocess.Popen[bytes]", limits: Limits, lines: "_Lines", tail: "_Tail", name: str
) -> None:
    deadline = time.monotonic() + limits.wall_seconds
    moved = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None  # noqa: S101 (both were asked for above)
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(POLL_SECONDS):
                chunk = os.read(key.fd, CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    tail.add(chunk)
                elif lines.add(chunk):
                    moved = time.monotonic()
            now = time.monotonic()
            if now > deadline or now > moved + limits.stall_seconds:
                raise ToolHungError(
                    f"{name} was ended after {limits.wall_seconds:.0f} s or no progress", tail.text()
                )


def _end(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    pipes: list[IO[bytes] | None] = [process.stdout, process.stderr]
    for pipe in pipes:
        if pipe is not None:
            pipe.close()


class _Lines:
    """Cuts what a tool prints into lines and hands them on."""

    def __init__(self, on_line: Callable[[str], bool]) -> None:
        self._on_line = on_line
        self._rest = b""

    def add(self, chunk: bytes) -> bool:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._rest = self._rest[-LONGEST_LINE:]
        moved = [self._on_line(line.decode(errors="replace")) for line in lines]
        return any(moved)


class _Tail:
    """Keeps the end of what a tool complains about, and counts the lines."""

    def __init__(self) -> None:
        self._bytes = b""
        self.lines = 0

    def add(self, chunk: bytes) -> None:
        self.lines += chunk.count(b"\n")
        self._bytes = (self._bytes + chunk)[-STDERR_TAIL:]

    def text(self) -> str:
        return self._bytes.decode(errors="replace")
