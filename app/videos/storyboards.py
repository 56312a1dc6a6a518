"""Reads the index of a storyboard: which part of the sheet shows which moment of a video. Pure."""

import re
from dataclasses import dataclass

CUE = re.compile(r"^([\d:.]+) --> ([\d:.]+)[^\n]*\n(\S+?)#xywh=(\d+),(\d+),(\d+),(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Frame:
    """A small picture of a moment (milliseconds), on a sheet of which `across` × `down` pixels are used."""

    at_ms: int
    sheet: str
    x: int
    y: int
    width: int
    height: int
    across: int
    down: int


def frames(index: str, most: int) -> list[Frame]:
    """Up to `most` frames of a WebVTT `index`, spread evenly over the video, the first one included."""
    cues = CUE.findall(index.replace("\r\n", "\n"))
    if not cues:
        return []
    areas = [(int(x), int(y), int(width), int(height)) for _, _, _, x, y, width, height in cues]
    across, down = max(x + width for x, _, width, _ in areas), max(y + height for _, y, _, height in areas)
    count = min(most, len(cues))
    chosen = [position * len(cues) // count for position in range(count)]
    return [Frame(milliseconds(cues[at][0]), cues[at][2], *areas[at], across, down) for at in chosen]


def milliseconds(stamp: str) -> int:
    """A WebVTT time, such as 01:02.500 or 00:01:02.500."""
    seconds = 0.0
    for part in stamp.split(":"):
        seconds = seconds * 60 + float(part)
    return round(seconds * 1000)
