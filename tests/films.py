"""Films made of known pictures and sounds, and what a player would get out of a finished one."""

import json
import subprocess
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import charts
from tests.charts import Coding, Picture

Samples = NDArray[np.float64]  # samples × channels, -1 to 1
RATE = 48_000
# The notes a camera leaves on how colours were written.
NOTES = {
    "bt601": "color_primaries=smpte170m:color_trc=smpte170m:colorspace=smpte170m",
    "bt709": "color_primaries=bt709:color_trc=bt709:colorspace=bt709",
    "HLG": "color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc",
    "PQ": "color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc",
}


@dataclass(frozen=True)
class Take:
    """How a film is made; `filters` and `options` are ffmpeg's, `late` the seconds by which sound lags."""

    rate: str = "25"
    coding: Coding = charts.ORDINARY
    notes: str | None = "bt709"
    filters: str = ""
    options: Sequence[str] = field(default=("-c:v", "libx264", "-preset", "ultrafast", "-crf", "6"))
    sound: Samples | None = None
    late: float = 0.0


class Films:
    """Writes films into `folder`."""

    def __init__(self, folder: Path, ffmpeg: str, ffprobe: str) -> None:
        self.folder = folder
        self.ffmpeg = ffmpeg
        self.ffprobe = ffprobe

    def made(self, name: str, pictures: Iterable[Picture], take: Take) -> Path:
        """A film of `pictures`, one a frame, as `take` says."""
        frames = list(pictures)
        height, width = frames[0].shape[:2]
        source = ["-f", "rawvideo", "-pix_fmt", take.coding.pixel_format, "-s", f"{width}x{height}"]
        source += ["-r", take.rate, "-i", "-"]
        if take.sound is not None:
            heard = heard_in(self.folder / f"{name}.wav", take.sound)
            source += ["-itsoffset", str(take.late), "-i", str(heard)]
        spread = "range=pc" if take.coding.is_full else "range=tv"
        filters = [f"setparams={spread}:{NOTES[take.notes]}"] if take.notes else []
        filters += [take.filters] if take.filters else []
        drawn = ["-vf", ",".join(filters)] if filters else []
        target = self.folder / name
        command = [self.ffmpeg, "-v", "error", "-y", *source, *drawn, *take.options, str(target)]
        charts.piped(command, [charts.written(frame, take.coding) for frame in frames])
        return target

    def copied(self, source: Path, name: str, *before: str, after: Sequence[str] = ()) -> Path:
        """The same packets in another file, with `before` said of the input and `after` of the output."""
        target = self.folder / name
        command = [
            self.ffmpeg,
            "-v",
            "error",
            "-y",
            *before,
            "-i",
            str(source),
            "-c",
            "copy",
            *after,
            str(target),
        ]
        subprocess.run(command, check=True, timeout=60)
        return target

    def streams(self, film: Path) -> list[dict[str, Any]]:
        return self._asked(film, "-show_streams", "-count_packets")["streams"]

    def told(self, film: Path) -> dict[str, Any]:
        """All that a film says about itself."""
        return self._asked(film, "-show_format", "-show_streams", "-show_chapters")

    def duration(self, film: Path) -> float:
        return float(self._asked(film, "-show_format")["format"]["duration"])

    def pictures(self, film: Path) -> list[Picture]:
        """Every frame, read as limited-range BT.709, which is what finished films promise to be."""
        video = next(stream for stream in self.streams(film) if stream["codec_type"] == "video")
        return charts.frames_of(self.ffmpeg, film, video["width"], video["height"])

    def times(self, film: Path) -> list[float]:
        """When each frame is shown."""
        frames = self._asked(film, "-select_streams", "v:0", "-show_entries", "frame=pts_time")["frames"]
        return [float(frame["pts_time"]) for frame in frames]

    def sound(self, film: Path) -> tuple[float, Samples]:
        """The second at which sound begins, and its samples as they are played."""
        first = ("-select_streams", "a:0", "-read_intervals", "%+1", "-show_entries", "frame=pts_time")
        start = float(self._asked(film, *first)["frames"][0]["pts_time"])
        channels = next(each["channels"] for each in self.streams(film) if each["codec_type"] == "audio")
        command = [self.ffmpeg, "-v", "error", "-i", str(film), "-map", "0:a:0", "-f", "f32le", "-"]
        played = subprocess.run(command, check=True, timeout=60, capture_output=True).stdout
        return start, np.frombuffer(played, "<f4").astype(np.float64).reshape(-1, channels)

    def flashes(self, film: Path) -> list[float]:
        """When the square of a clock lights up."""
        lit = [charts.is_flash(picture) for picture in self.pictures(film)]
        before = [False, *lit]
        return [
            time for time, now, was in zip(self.times(film), lit, before, strict=False) if now and not was
        ]

    def beeps(self, film: Path) -> list[float]:
        """When sound sets in after at least a quarter of a second of quiet."""
        start, samples = self.sound(film)
        loud = np.flatnonzero(abs(samples).max(axis=1) > 0.25 * abs(samples).max())
        first = loud[np.diff(loud, prepend=-RATE) > RATE // 4]
        return [start + int(sample) / RATE for sample in first]

    def _asked(self, film: Path, *asked: str) -> dict[str, Any]:
        command = [self.ffprobe, "-v", "error", *asked, "-of", "json", str(film)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


def heard_in(target: Path, sound: Samples) -> Path:
    """Sound in a WAV file."""
    with wave.open(str(target), "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32767).round().astype("<i2").tobytes())
    return target


def beeping(seconds: float, at: Sequence[float], channels: int = 1) -> Samples:
    """Quiet but for short beeps that begin at the seconds `at`."""
    time = np.arange(round(seconds * RATE)) / RATE
    wanted = np.zeros_like(time)
    for second in at:
        wanted[(time >= second) & (time < second + 0.1)] = 0.8
    return np.tile((wanted * np.sin(2 * np.pi * 1000 * time))[:, None], (1, channels))


def ticking(seconds: float, rate: float, flashes: Sequence[float], size: tuple[int, int]) -> list[Picture]:
    """A clock that runs for `seconds` and lights up for a tenth of a second at each of `flashes`."""
    times = [frame / rate for frame in range(round(seconds * rate))]
    return [
        charts.clock(time, seconds, *size, flash=any(-1e-6 <= time - at < 0.1 - 1e-6 for at in flashes))
        for time in times
    ]
