"""What a file says about itself: its streams, their shape and light, and the length it announces."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from workers.transcode.inquiry import ask
from workers.transcode.reasons import NO_PICTURE, NOT_A_VIDEO, TOO_LARGE, UNDECODABLE, Rejected

HDR_TRANSFERS = {"smpte2084": "PQ", "arib-std-b67": "HLG"}
INTERLACED = {"tt", "bb", "tb", "bt"}
NEARLY_SQUARE = Fraction(2, 100)
MOST_OUTPUT = 1 << 22
# Nothing a stranger may write at any length, such as titles.
FIELDS = {
    "format": "format_name,duration",
    "stream": "index,codec_type,codec_name,width,height,sample_aspect_ratio,avg_frame_rate,field_order,"
    "pix_fmt,color_transfer,color_space,color_primaries,color_range,channels,duration,nb_frames",
    "stream_disposition": "attached_pic",
    "stream_side_data": "rotation,displaymatrix",
}

Stream = dict[str, Any]
Orientation = tuple[int, int, int, int]  # of the right side, across and down; of the lower side, the same
AS_STORED: Orientation = (1, 0, 0, 1)


def read(ffprobe: str, source: Path) -> dict[str, Any]:
    """The header of `source` as ffprobe tells it. Raises Rejected."""
    wanted = ":".join(f"{section}={fields}" for section, fields in FIELDS.items())
    answer = ask(ffprobe, source, ("-show_entries", wanted, "-of", "json"), MOST_OUTPUT)
    told: dict[str, Any] = json.loads("\n".join(answer.lines))
    if answer.saw_too_many_pixels and not any(stream.get("width") for stream in films(told)):
        raise Rejected(TOO_LARGE)
    return told


def chosen_streams(header: dict[str, Any]) -> tuple[Stream, Stream | None]:
    """The film and its sound, if it has one. Raises Rejected when nothing moves."""
    moving = films(header)
    sounds = [
        stream
        for stream in header.get("streams", [])
        if stream.get("codec_type") == "audio" and stream.get("channels")
    ]
    if not moving:
        raise Rejected(NO_PICTURE if sounds else NOT_A_VIDEO)
    if not moving[0].get("width") or not moving[0].get("height"):
        raise Rejected(UNDECODABLE)
    return moving[0], sounds[0] if sounds else None


def films(header: dict[str, Any]) -> list[Stream]:
    """All that moves: a cover does not."""
    return [
        stream
        for stream in header.get("streams", [])
        if stream.get("codec_type") == "video" and not stream.get("disposition", {}).get("attached_pic")
    ]


def display_size(video: Stream) -> tuple[int, int]:
    """Width and height as shown: pixels made square, then turned by the recorded rotation."""
    width, height = Fraction(int(video["width"])), Fraction(int(video["height"]))
    ratio = _ratio(video.get("sample_aspect_ratio"))
    # Editors round; a clip of 1080 pixels is not one of 1077 because of it.
    if ratio and abs(ratio - 1) > NEARLY_SQUARE:
        width *= ratio
    shown = max(1, round(width)), max(1, round(height))
    return (shown[1], shown[0]) if rotation(video) % 180 == 90 else shown


def rotation(video: Stream) -> int:
    """How far the picture is turned clockwise to be upright, in degrees: 0, 90, 180 or 270."""
    for side in video.get("side_data_list", []):
        if "rotation" in side:  # which ffprobe tells counter-clockwise
            return -round(float(side["rotation"]) / 90) * 90 % 360
    return 0


def orientation(video: Stream) -> Orientation:
    """Where the right and the lower side of the stored picture point when it is upright, mirrored or not."""
    for side in video.get("side_data_list", []):
        if "displaymatrix" in side:
            rows = [line.partition(":")[2].split() for line in str(side["displaymatrix"]).split("\n") if line]
            (across, down), (across_too, down_too) = ([int(part) for part in row[:2]] for row in rows[:2])
            if abs(down) > abs(across):
                return 0, _sign(down), _sign(across_too), 0
            return _sign(across), 0, 0, _sign(down_too)
    return AS_STORED


def _sign(number: int) -> int:
    return -1 if number < 0 else 1


def hdr(video: Stream) -> str | None:
    """The curve of a clip in wide light: "PQ", "HLG" or none."""
    return HDR_TRANSFERS.get(str(video.get("color_transfer")))


def declared_rate(video: Stream) -> float | None:
    """Frames a second as the header tells."""
    ratio = _ratio(video.get("avg_frame_rate"))
    return float(ratio) if ratio else None


def declared_seconds(header: dict[str, Any]) -> float | None:
    """The length of the whole file as the header tells."""
    return number(header.get("format", {}).get("duration"))


def declared_frames(video: Stream) -> int:
    """How many frames the header promises; 0 when it does not say."""
    return round(number(video.get("nb_frames")) or 0)


def film_seconds(header: dict[str, Any], video: Stream) -> float | None:
    """The length of the picture as the header tells.

    AVI is known by its count of frames: the length that ffprobe gives is guessed from the size of the file.
    """
    frames, rate = declared_frames(video), declared_rate(video)
    if container(header) == "avi" and frames and rate:
        return frames / rate
    return number(video.get("duration"))


def container(header: dict[str, Any]) -> str:
    """The first of the names that ffprobe gives the format."""
    return str(header.get("format", {}).get("format_name", "")).partition(",")[0]


def number(text: object) -> float | None:
    """A number that ffprobe printed, or none where it printed "N/A" or nothing."""
    try:
        return float(str(text))
    except ValueError:
        return None


def _ratio(text: object) -> Fraction | None:
    """A positive fraction written as 16:9 or 30000/1001."""
    parts = str(text).replace("/", ":").split(":")
    if len(parts) == 2 and all(part.isdigit() and int(part) for part in parts):
        return Fraction(int(parts[0]), int(parts[1]))
    return None
