"""What no hostile file may reach: a film and a text that are watched, and a port that nobody may call."""

import ctypes
import os
import secrets
import select
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from app.embedded import binaries

# Only Linux's inotify shows what was merely read. Elsewhere the rest of the watch stands alone: who calls
# the port, what is written beside the source, and what shows in the files that came out.
SEES_OPENING = sys.platform == "linux"
IN_ACCESS = 0x1
IN_OPEN = 0x20
FILM = "canary.mp4"
TEXT = "canary.txt"


@dataclass
class Touched:
    """What reached the canary: how often its files were opened or read, and who called its port."""

    opened: int = 0  # where that can be seen
    called: int = 0


class Canary:
    """Two secret files in `folder` and a listening port on this machine."""

    def __init__(self, folder: Path) -> None:
        self.token = f"canary-{secrets.token_hex(12)}".encode()
        self.film = folder / FILM
        self.text = folder / TEXT
        self.text.write_bytes(self.token * 40)
        magenta = ("-f", "lavfi", "-i", "color=magenta:size=96x54:rate=10:duration=2", "-pix_fmt", "yuv420p")
        ffmpeg = str(binaries.resolve(binaries.FFMPEG).path)
        told = ("-metadata", f"title={self.token.decode()}")
        command = [ffmpeg, "-v", "error", "-nostdin", *magenta, *told, str(self.film)]
        subprocess.run(command, check=True, timeout=60)
        self._port = socket.create_server(("127.0.0.1", 0))
        self._port.setblocking(False)
        self.port = int(self._port.getsockname()[1])

    def close(self) -> None:
        self._port.close()

    def is_called(self, within_seconds: float) -> bool:
        """Wait for a call; it stays to be counted."""
        return bool(select.select([self._port], [], [], within_seconds)[0])

    def lay_beside(self, folder: Path) -> None:
        """Link the files into `folder`: the same inodes, so that opening them there is noticed too."""
        for path in (self.film, self.text):
            (folder / path.name).hardlink_to(path)
        (folder / "canary.sub").hardlink_to(self.text)

    @contextmanager
    def watched(self) -> Generator[Touched]:
        """Counts from here to the end of the block what reaches the canary; the count is set at the end."""
        touched = Touched()
        with _Openings(self.film, self.text) if SEES_OPENING else nullcontext() as openings:
            yield touched
            touched.opened = openings.count() if openings else 0
            touched.called = self._calls()

    def _calls(self) -> int:
        count = 0
        while True:
            try:
                caller, _ = self._port.accept()
            except BlockingIOError:
                return count
            caller.close()
            count += 1

    def shows_in(self, folder: Path) -> bool:
        """Whether the secret text or the secret picture is anywhere in the files under `folder`."""
        files = [path for path in folder.rglob("*") if path.is_file()]
        return any(self.token in path.read_bytes() or _is_magenta(path) for path in files)


class _Openings:
    """Counts how often files are opened or read, from entering to leaving."""

    def __init__(self, *paths: Path) -> None:
        self._paths = paths

    def __enter__(self) -> "_Openings":
        libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._inotify < 0:
            raise OSError(ctypes.get_errno(), "inotify is not to be had")
        for path in self._paths:
            if libc.inotify_add_watch(self._inotify, os.fsencode(path), IN_OPEN | IN_ACCESS) < 0:
                raise OSError(ctypes.get_errno(), f"{path} cannot be watched")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._inotify)

    def count(self) -> int:
        try:
            return len(os.read(self._inotify, 1 << 16)) // 16  # one event on a watched file is 16 bytes
        except BlockingIOError:
            return 0


def _is_magenta(path: Path) -> bool:
    if path.suffix != ".jpg":
        return False
    with Image.open(path) as picture:
        flat = picture.convert("RGB").resize((4, 4)).tobytes()
    pixels = [flat[at : at + 3] for at in range(0, len(flat), 3)]
    return any(red > 180 and green < 80 and blue > 180 for red, green, blue in pixels)
