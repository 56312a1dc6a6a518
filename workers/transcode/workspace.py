"""A private folder for one job, gone when the job is, also when its worker was killed."""

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

from workers.transcode.run import ToolFailedError

PREFIX = "kindrelay-media-"
LOCK = ".lock"
# The source, its renditions, and those once more while they are joined into the MP4.
ROOM_FACTOR = 3
ROOM_BYTES = 16 << 20
FULL_BYTES = 1 << 20
FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)
FULL_WORDS = tuple(os.strerror(number) for number in FULL_ERRORS)


class NoRoomError(Exception):
    """The disk for temporary files is full, or would be before the job is done."""


@contextlib.contextmanager
def workspace() -> Generator[Path]:
    """A fresh folder that only this process may read; folders of killed workers are cleared first."""
    clear_deserted()
    with contextlib.ExitStack() as stack:
        folder = _locked(stack)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def _locked(stack: contextlib.ExitStack) -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = stack.enter_context((folder / LOCK).open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / LOCK).exists():  # else another worker took it for deserted before it was locked
            return folder


def clear_deserted() -> None:
    """Remove the folders whose worker holds no lock any more: a lock ends with its process."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def require_room(folder: Path, source_bytes: int) -> None:
    """Raise NoRoomError unless the disk of `folder` has room for a source and for what is made of it."""
    needed = ROOM_FACTOR * source_bytes + ROOM_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoomError(f"{folder} has {free} bytes free; this video needs {needed}")


def ran_out(folder: Path, error: BaseException) -> bool:
    """Whether a job in `folder` ended for want of disk; tools say so in many ways, or blame their input."""
    if isinstance(error, NoRoomError) or (isinstance(error, OSError) and error.errno in FULL_ERRORS):
        return True
    said_so = isinstance(error, ToolFailedError) and any(words in error.stderr for words in FULL_WORDS)
    return said_so or shutil.disk_usage(folder).free < FULL_BYTES
