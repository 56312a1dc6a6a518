"""A private folder for one job, gone when the job is, also when its worker was killed."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

PREFIX = "kindrelay-media-"
LOCK = ".lock"


@contextlib.contextmanager
def workspace() -> Generator[Path]:
    """A fresh folder that only this process may read; folders of killed workers are cleared first."""
    clear_deserted()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_deserted() -> None:
    """Remove the folders whose worker holds no lock any more: a lock ends with its process."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
