"""Looks at an uploaded file with ffprobe: what it shows, or why it cannot be taken, in a creator's words."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from workers.transcode import decoding, guard, header, timeline
from workers.transcode.colours import Colours, colours
from workers.transcode.header import Orientation, Stream
from workers.transcode.ladder import frame_rate
from workers.transcode.reasons import (
    EMPTY,
    INCOMPLETE,
    NO_SOUND,
    PICTURE,
    SPLICED,
    TIMELESS,
    TOO_LARGE,
    TOO_LONG,
    TOO_NARROW,
    TOO_SHORT,
    Rejected,
)
from workers.transcode.signatures import is_picture
from workers.transcode.timeline import SLACK_SECONDS, Timeline, is_whole

LEAST_SECONDS = 0.1
LONGEST_STILL_SECONDS = 1.0  # a file of one frame that announces more has lost the others
MOSTLY = 0.9
NARROWEST = 12  # times as long as wide


@dataclass(frozen=True)
class Probe:
    """What a video shows. Sizes are display pixels, after rotation and pixel aspect; times are seconds.

    `rate` is the constant rate to encode at; `declared_rate` and `measured_rate` are what the header says
    and what the packets show. `rotation` is how far pictures are turned clockwise: 0, 90, 180 or 270 degrees.
    `container` and the codecs are ffprobe's names; `hdr` is "HLG", "PQ" or none.
    """

    video_index: int
    audio_index: int | None
    width: int
    height: int
    rate: Fraction
    declared_rate: float | None
    measured_rate: float
    is_vfr: bool
    is_interlaced: bool
    hdr: str | None
    colours: Colours
    rotation: int
    orientation: Orientation
    declared_seconds: float | None
    seconds: float
    container: str
    video_codec: str
    audio_codec: str | None
    audio_channels: int | None
    warnings: tuple[str, ...] = ()

    @property
    def is_hdr(self) -> bool:
        return self.hdr is not None


def probe(ffprobe: str, source: Path, max_seconds: int) -> Probe:
    """Examine `source`. Raises Rejected with a reason that its creator understands."""
    if source.stat().st_size == 0:
        raise Rejected(EMPTY)
    if is_picture(source):
        raise Rejected(PICTURE)
    told = header.read(ffprobe, source)
    video, audio = header.chosen_streams(told)
    _must_fit(video, header.declared_seconds(told), max_seconds)
    seen = timeline.read(ffprobe, source, int(video["index"]))
    _must_move(told, video, seen)
    if seen.span(int(video["index"]), *([int(audio["index"])] if audio else [])) > max_seconds:
        raise Rejected(TOO_LONG, minutes=max_seconds // 60)
    _must_be_whole(told, video, seen)
    decoding.must_decode(ffprobe, source, int(video["index"]))
    return _described(video, audio, told, seen)


def _must_fit(video: Stream, announced: float | None, max_seconds: int) -> None:
    if announced and announced > max_seconds:
        raise Rejected(TOO_LONG, minutes=max_seconds // 60)
    if int(video["width"]) * int(video["height"]) > guard.MAX_PIXELS:
        raise Rejected(TOO_LARGE)
    shown = header.display_size(video)
    if max(shown) > NARROWEST * min(shown):
        raise Rejected(TOO_NARROW)


def _must_move(told: dict[str, Any], video: Stream, seen: Timeline) -> None:
    if seen.packets < 2:
        frames, announced = header.declared_frames(video), header.declared_seconds(told) or 0
        is_still = frames == 1 if frames else announced < LONGEST_STILL_SECONDS
        raise Rejected(TIMELESS if seen.hidden else PICTURE if is_still else INCOMPLETE)
    if not seen.seconds or seen.timed < seen.packets * MOSTLY:
        raise Rejected(TIMELESS)
    if seen.seconds < LEAST_SECONDS:
        raise Rejected(TOO_SHORT)


def _must_be_whole(told: dict[str, Any], video: Stream, seen: Timeline) -> None:
    own, announced = header.film_seconds(told, video), header.declared_seconds(told)
    if own and not is_whole(own, seen.seconds):
        raise Rejected(INCOMPLETE)
    if announced and not is_whole(announced, seen.span(*seen.ends)):
        raise Rejected(INCOMPLETE)
    film = int(video["index"])
    over = seen.ends[film] - min(SLACK_SECONDS, seen.seconds / 2)
    others = (int(other["index"]) for other in header.films(told))
    if any(seen.starts.get(other, over) > over for other in others if other != film):
        raise Rejected(SPLICED)


def _described(video: Stream, audio: Stream | None, told: dict[str, Any], seen: Timeline) -> Probe:
    width, height = header.display_size(video)
    return Probe(
        video_index=int(video["index"]),
        audio_index=int(audio["index"]) if audio else None,
        width=width,
        height=height,
        rate=frame_rate(seen.measured_rate),
        declared_rate=header.declared_rate(video),
        measured_rate=seen.measured_rate,
        is_vfr=seen.is_vfr,
        is_interlaced=video.get("field_order") in header.INTERLACED,
        hdr=header.hdr(video),
        colours=colours(video, header.hdr(video)),
        rotation=header.rotation(video),
        orientation=header.orientation(video),
        declared_seconds=header.declared_seconds(told),
        seconds=seen.seconds,
        container=header.container(told),
        video_codec=str(video.get("codec_name", "unknown")),
        audio_codec=str(audio.get("codec_name", "unknown")) if audio else None,
        audio_channels=int(audio["channels"]) if audio else None,
        warnings=() if audio else (NO_SOUND,),
    )
