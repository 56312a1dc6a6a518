"""Looks at an uploaded file with ffprobe: what it shows, or why it cannot be taken, in a creator's words."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from app.core.errors import KindrelayError
from app.core.i18n import N_
from workers.transcode import guard
from workers.transcode.ladder import frame_rate
from workers.transcode.run import Limits, ToolFailedError, ToolHungError, run

HDR_TRANSFERS = {"smpte2084", "arib-std-b67"}
INTERLACED = {"tt", "bb", "tb", "bt"}
MP4_BOXES = {b"ftyp", b"mdat", b"free", b"wide", b"skip", b"moov"}
WHOLE = 0.98  # share of the announced duration that must be there
SLACK_SECONDS = 0.25
NEARLY_SQUARE = Fraction(2, 100)
UNEVEN = 0.25  # an interval this far from the median is uneven; a few of them are rounding
REFUSED = 1  # how ffprobe ends when the file is at fault
MOST_PACKETS = 400_000
MOST_OUTPUT = 1 << 22

NOT_A_VIDEO = N_("This file is not a video we can read. Please upload an MP4, MOV, WebM or MKV file.")
PICTURE = N_("This file is a picture. Please upload a video.")
EMPTY = N_("This file is empty. Please choose the video again and upload it once more.")
NO_PICTURE = N_("This file has sound but no moving picture. Please upload a video.")
TOO_LONG = N_("This video is too long. Please cut it to %(minutes)s minutes or less.")
TOO_LARGE = N_("The picture of this video is too large. Please export it at 4K or smaller.")
INCOMPLETE = N_("This video is not complete: its end is missing. Please upload the whole file again.")
TOO_HARD = N_("This video could not be read in reasonable time. Please export it again as MP4.")

NO_SOUND = N_("This video has no sound.")
DAMAGED = N_("Parts of the picture are damaged. Please watch the video before you publish it.")


class Rejected(KindrelayError):  # noqa: N818 (a verdict on the file, not a fault)
    """The file cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Probe:
    """What a video shows. Sizes are display pixels, after rotation and pixel aspect; times are seconds."""

    video_index: int
    audio_index: int | None
    width: int
    height: int
    rate: Fraction
    is_vfr: bool
    is_hdr: bool
    is_interlaced: bool
    seconds: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """When the packets of the file are shown: end in seconds by stream, and the video's intervals."""

    ends: dict[int, float]
    packets: int
    seconds: float
    is_vfr: bool
    measured_rate: float


def probe(ffprobe: str, source: Path, max_seconds: int) -> Probe:
    """Examine `source`. Raises Rejected with a reason that its creator understands."""
    if source.stat().st_size == 0:
        raise Rejected(EMPTY)
    if is_picture(source):
        raise Rejected(PICTURE)
    header = _header(ffprobe, source)
    video, audio = _chosen_streams(header)
    announced = _number(header.get("format", {}).get("duration"))
    if announced and announced > max_seconds:
        raise Rejected(TOO_LONG, minutes=max_seconds // 60)
    if int(video["width"]) * int(video["height"]) > guard.MAX_PIXELS:
        raise Rejected(TOO_LARGE)
    timeline = _timeline(ffprobe, source, int(video["index"]))
    if timeline.packets < 2:
        raise Rejected(PICTURE)
    if timeline.seconds > max_seconds:
        raise Rejected(TOO_LONG, minutes=max_seconds // 60)
    _must_be_whole(video, announced, timeline)
    width, height = display_size(video)
    return Probe(
        video_index=int(video["index"]),
        audio_index=int(audio["index"]) if audio else None,
        width=width,
        height=height,
        rate=frame_rate(timeline.measured_rate),
        is_vfr=timeline.is_vfr,
        is_hdr=video.get("color_transfer") in HDR_TRANSFERS,
        is_interlaced=video.get("field_order") in INTERLACED,
        seconds=timeline.seconds,
        warnings=() if audio else (NO_SOUND,),
    )


def is_whole(expected: float, found: float) -> bool:
    """Whether `found` seconds are all of `expected`, give or take what containers round."""
    return found >= min(expected * WHOLE, expected - SLACK_SECONDS)


def is_picture(source: Path) -> bool:
    """Whether the file starts like a still picture, whatever its name says."""
    start = _start(source)
    if start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")):
        return True
    is_webp = start.startswith(b"RIFF") and start[8:12] == b"WEBP"
    return is_webp or start[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"}


def _start(source: Path) -> bytes:
    with source.open("rb") as stream:
        return stream.read(16)


def display_size(video: dict[str, Any]) -> tuple[int, int]:
    """Width and height as shown: pixels made square, then turned by the recorded rotation."""
    width, height = Fraction(int(video["width"])), Fraction(int(video["height"]))
    aspect = str(video.get("sample_aspect_ratio", "1:1")).split(":")
    if len(aspect) == 2 and all(part.isdigit() and int(part) for part in aspect):
        ratio = Fraction(int(aspect[0]), int(aspect[1]))
        # Editors round; a clip of 1080 pixels is not one of 1077 because of it.
        width *= ratio if abs(ratio - 1) > NEARLY_SQUARE else 1
    shown = max(1, round(width)), max(1, round(height))
    return (shown[1], shown[0]) if _rotation(video) % 180 == 90 else shown


def _rotation(video: dict[str, Any]) -> int:
    for side in video.get("side_data_list", []):
        if "rotation" in side:
            return round(float(side["rotation"]) / 90) * 90
    return 0


def _header(ffprobe: str, source: Path) -> dict[str, Any]:
    lines: list[str] = []
    shown = ("-show_format", "-show_streams", "-of", "json")
    try:
        _ask(ffprobe, source, shown, lines, MOST_OUTPUT)
    except ToolFailedError as error:
        raise _verdict(error, source) from error
    return json.loads("\n".join(lines))


def _verdict(error: ToolFailedError, source: Path) -> Exception:
    """What a failed look says about the file; a tool that was killed or is missing says nothing of it."""
    if isinstance(error, ToolHungError):
        return Rejected(TOO_HARD)
    if error.returncode != REFUSED:
        return error
    lacks_its_index = "moov atom not found" in error.stderr and _start(source)[4:8] in MP4_BOXES
    return Rejected(INCOMPLETE if lacks_its_index else NOT_A_VIDEO)


def _chosen_streams(header: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    streams: list[dict[str, Any]] = header.get("streams", [])
    films = [
        stream
        for stream in streams
        if stream.get("codec_type") == "video" and not stream.get("disposition", {}).get("attached_pic")
    ]
    sounds = [stream for stream in streams if stream.get("codec_type") == "audio" and stream.get("channels")]
    if not films:
        raise Rejected(NO_PICTURE if sounds else NOT_A_VIDEO)
    if not films[0].get("width") or not films[0].get("height"):
        raise Rejected(NOT_A_VIDEO)
    return films[0], sounds[0] if sounds else None


def _timeline(ffprobe: str, source: Path, video_index: int) -> Timeline:
    times: dict[int, list[float]] = {}
    lines: list[str] = []
    shown = ("-show_entries", "packet=stream_index,pts_time", "-of", "csv=p=0")
    try:
        _ask(ffprobe, source, shown, lines, MOST_PACKETS * 32)
    except ToolFailedError as error:
        raise _verdict(error, source) from error
    for line in lines:
        index, _, rest = line.partition(",")
        seconds = _number(rest.split(",")[0])
        if index.isdigit() and seconds is not None:
            times.setdefault(int(index), []).append(seconds)
    shown_at = sorted(times.get(video_index, []))
    ends = {index: max(values) for index, values in times.items()}
    if len(shown_at) < 2 or shown_at[-1] <= shown_at[0]:
        return Timeline(ends, min(len(shown_at), 1), 0.0, is_vfr=False, measured_rate=1.0)
    return _measured(shown_at, ends, video_index)


def _measured(shown_at: Sequence[float], ends: dict[int, float], video_index: int) -> Timeline:
    pauses = [after - before for before, after in pairwise(shown_at) if after > before]
    usual = median(pauses)
    uneven = sum(abs(pause - usual) > usual * UNEVEN for pause in pauses)
    is_vfr = uneven > 0.02 * len(pauses) + 1
    span = shown_at[-1] - shown_at[0]
    rate = 1 / usual if is_vfr else len(pauses) / span
    ends[video_index] = shown_at[-1] + usual
    return Timeline(ends, len(shown_at), span + usual, is_vfr, rate)


def _must_be_whole(video: dict[str, Any], announced: float | None, timeline: Timeline) -> None:
    own = _number(video.get("duration"))
    if own and not is_whole(own, timeline.seconds):
        raise Rejected(INCOMPLETE)
    if announced and not is_whole(announced, max(timeline.ends.values())):
        raise Rejected(INCOMPLETE)


def _ask(ffprobe: str, source: Path, shown: Sequence[str], lines: list[str], most: int) -> None:
    size = 0

    def keep(line: str) -> bool:
        nonlocal size
        size += len(line)
        if size > most:
            raise Rejected(TOO_HARD)
        lines.append(line)
        return True

    arguments = [ffprobe, *guard.QUIET, *guard.input_arguments(), *shown, str(source)]
    run(arguments, source.parent, Limits(wall_seconds=120, cpu_seconds=60), keep)


def _number(text: object) -> float | None:
    try:
        return float(str(text))
    except ValueError:
        return None
