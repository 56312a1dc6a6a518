"""What hostile files are made of: a small whole film in several containers, and the canary they reach for."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from app.embedded import binaries
from tests.clips import bunny
from tests.hostile.canary import Canary

WIDTH, HEIGHT, SECONDS, RATE = 96, 54, 2.0, 10


@dataclass(frozen=True)
class Good:
    """The verdict "accepted": the size and length that must come out, and what the creator is told."""

    width: int = WIDTH
    height: int = HEIGHT
    seconds: float = SECONDS
    rate: int = RATE
    sound: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """A hostile or broken file: what it is, how it is made, and the verdict: a reason or `Good`."""

    what: str
    make: "Callable[[Kit], bytes]"
    verdict: str | Good
    name: str = "clip.mp4"


class Kit:
    """Makes each film once, when it is first asked for, and keeps its bytes."""

    def __init__(self, folder: Path, canary: Canary) -> None:
        self.folder = folder
        self.canary = canary
        self.ffmpeg = str(binaries.resolve(binaries.FFMPEG).path)
        self.ffprobe = str(binaries.resolve(binaries.FFPROBE).path)

    @cached_property
    def film(self) -> bytes:
        """An MP4 whose index stands at its end."""
        options = ("-t", str(SECONDS), "-vf", f"scale={WIDTH}:{HEIGHT},fps={RATE}", "-c:v", "libx264")
        sound = ("-c:a", "aac", "-ac", "1", "-b:a", "32k")
        return self.made("film.mp4", *options, "-g", "10", "-preset", "ultrafast", *sound, source=bunny())

    @cached_property
    def front(self) -> bytes:
        """The same with its index in front."""
        return self.copied("front.mp4", "-movflags", "+faststart")

    @cached_property
    def mkv(self) -> bytes:
        return self.copied("film.mkv")

    @cached_property
    def ts(self) -> bytes:
        return self.copied("film.ts")

    @cached_property
    def avi(self) -> bytes:
        return self.made("film.avi", "-c:v", "mjpeg", "-c:a", "pcm_s16le", "-ar", "16000")

    @cached_property
    def jpeg(self) -> bytes:
        return self.made("picture.jpg", "-frames:v", "1", "-update", "1", "-pix_fmt", "yuvj420p")

    def plain(self, width: int, height: int) -> bytes:
        """A JPEG of one colour."""
        size = f"color=gray:size={width}x{height}"
        name = f"plain{width}x{height}.jpg"
        if not (self.folder / name).exists():
            self.forged(name, "-f", "lavfi", "-i", size, "-frames:v", "1", "-update", "1")
        return (self.folder / name).read_bytes()

    def copied(self, name: str, *options: str) -> bytes:
        """The film in another container, its streams as they are."""
        return self.made(name, "-c", "copy", *options)

    def made(self, name: str, *options: str, source: Path | None = None) -> bytes:
        """What ffmpeg makes of the film, or of `source`, with `options`."""
        return self.forged(name, "-i", str(source or self._film_file), *options)

    def forged(self, name: str, *arguments: str) -> bytes:
        """What ffmpeg makes of `arguments`, inputs included."""
        target = self.folder / name
        start = [self.ffmpeg, "-v", "error", "-nostdin", "-y"]
        subprocess.run([*start, *arguments, str(target)], check=True, timeout=60)
        return target.read_bytes()

    def written(self, name: str, content: bytes) -> Path:
        """A file for `forged` to read."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    @cached_property
    def _film_file(self) -> Path:
        return self.written("film.source.mp4", self.film)
