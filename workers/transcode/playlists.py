"""The playlists we write ourselves: the master, with what players choose by, and the storyboard's index."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from workers.transcode.ladder import Rung

AUDIO = "audio"
INDEX = "index.m3u8"
AAC_LC = "mp4a.40.2"


@dataclass(frozen=True)
class Rendition:
    """A finished media playlist, measured: rates in bits a second, durations in seconds."""

    seconds: float
    peak_rate: int
    average_rate: int
    init: Path
    segments: tuple[Path, ...]


def measure(folder: Path) -> Rendition:
    """Read the media playlist in `folder` and weigh its segments. Raises ValueError if one is empty."""
    text = (folder / INDEX).read_text()
    if "#EXT-X-ENDLIST" not in text:
        raise ValueError(f"{folder.name} has no end")
    durations = [float(value) for value in re.findall(r"^#EXTINF:([\d.]+)", text, re.MULTILINE)]
    names = [line for line in text.splitlines() if line and not line.startswith("#")]
    segments = tuple(folder / name for name in names)
    init = re.search(r'^#EXT-X-MAP:URI="([^"]+)"', text, re.MULTILINE)
    sizes = [segment.stat().st_size for segment in segments]
    if init is None or not durations or len(durations) != len(sizes) or not all(sizes):
        raise ValueError(f"{folder.name} has empty or missing segments")
    rates = [round(size * 8 / max(length, 0.001)) for size, length in zip(sizes, durations, strict=True)]
    # A last segment of a few frames says nothing about the peak.
    telling = [rate for rate, length in zip(rates, durations, strict=True) if length >= max(durations) / 2]
    seconds = sum(durations)
    average = round(sum(sizes) * 8 / seconds)
    return Rendition(seconds, max(*telling, average), average, folder / init[1], segments)


def master(folder: Path, ladder: Sequence[Rung], rate: Fraction, *, has_audio: bool) -> str:
    """The master playlist over the renditions in `folder`, largest first."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", ""]
    audio = measure(folder / AUDIO) if has_audio else None
    if audio:
        lines += [
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{AUDIO}",NAME="{AUDIO}",DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="2",URI="{AUDIO}/{INDEX}"',
            "",
        ]
    for rung in ladder:
        video = measure(folder / rung.name)
        codecs = [avc_codec(video.init)] + ([AAC_LC] if audio else [])
        attributes = [
            f"BANDWIDTH={video.peak_rate + (audio.peak_rate if audio else 0)}",
            f"AVERAGE-BANDWIDTH={video.average_rate + (audio.average_rate if audio else 0)}",
            f'CODECS="{",".join(codecs)}"',
            f"RESOLUTION={rung.width}x{rung.height}",
            f"FRAME-RATE={float(rate):.3f}",
        ] + ([f'AUDIO="{AUDIO}"'] if audio else [])
        lines += [f"#EXT-X-STREAM-INF:{','.join(attributes)}", f"{rung.name}/{INDEX}"]
    return "\n".join(lines) + "\n"


def avc_codec(init: Path) -> str:
    """The codec string of the H.264 track in an init segment. Source: RFC 6381, ISO/IEC 14496-15 (avcC)."""
    found = re.search(rb"avcC\x01(...)", init.read_bytes(), re.DOTALL)
    if found is None:
        raise ValueError(f"no H.264 track in {init.name}")
    return f"avc1.{found[1].hex()}"


@dataclass(frozen=True)
class Storyboard:
    """A sheet of small pictures, one every `interval` seconds, `columns` a row; sizes in pixels."""

    interval: int
    count: int
    width: int
    height: int
    columns: int = 10

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)


def storyboard_of(rung: Rung, seconds: float, most: int = 100, short_side: int = 90) -> Storyboard:
    """The storyboard of a clip: at least a second between pictures, and at most `most` of them."""
    interval = max(1, -(-round(seconds) // most))
    factor = Fraction(short_side, rung.short_side)
    width, height = (max(2, 2 * round(side * factor / 2)) for side in (rung.width, rung.height))
    return Storyboard(interval, max(1, min(most, int(seconds // interval) + 1)), width, height)


def storyboard_index(board: Storyboard, seconds: float, image: str) -> str:
    """A WebVTT file that names the piece of `image` for each span of time."""
    blocks = ["WEBVTT"]
    for position in range(board.count):
        start = position * board.interval
        end = seconds if position == board.count - 1 else start + board.interval
        if end <= start:
            break
        x = position % board.columns * board.width
        y = position // board.columns * board.height
        area = f"{x},{y},{board.width},{board.height}"
        blocks.append(f"{_timestamp(start)} --> {_timestamp(end)}\n{image}#xywh={area}")
    return "\n\n".join(blocks) + "\n"


def _timestamp(seconds: float) -> str:
    whole = int(seconds)
    thousandths = round((seconds - whole) * 1000) % 1000
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"
