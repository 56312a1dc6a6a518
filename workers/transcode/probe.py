"""Looks at an uploaded file with ffprobe: what it shows, or why it cannot be taken, in a creator's words."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from workers.transcode import guard, header, timeline
from workers.transcode.colours import Colours, colours
from workers.transcode.header import Stream
from workers.transcode.inquiry import is_picture
from workers.transcode.ladder import frame_rate
from workers.transcode.reasons import (
    DAMAGED,
    EMPTY,
    INCOMPLETE,
    NO_PICTURE,
    NO_SOUND,
    NOT_A_VIDEO,
    PICTURE,
    TOO_LARGE,
    TOO_LONG,
    Rejected,
)
from workers.transcode.timeline import Timeline, is_whole

__all__ = [
    "DAMAGED",
    "EMPTY",
    "INCOMPLETE",
    "NOT_A_VIDEO",
    "NO_PICTURE",
    "NO_SOUND",
    "PICTURE",
    "TOO_LARGE",
    "TOO_LONG",
    "Probe",
    "Rejected",
    "is_whole",
    "probe",
]


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
    announced = header.declared_seconds(told)
    if announced and announced > max_seconds:
        raise Rejected(TOO_LONG, minutes=max_seconds // 60)
    if int(video["width"]) * int(video["height"]) > guard.MAX_PIXELS:
        raise Rejected(TOO_LARGE)
    seen = timeline.read(ffprobe, source, int(video["index"]))
    if seen.packets < 2:
        raise Rejected(PICTURE)
    if seen.seconds > max_seconds:
        raise Rejected(TOO_LONG, minutes=max_seconds // 60)
    _must_be_whole(video, announced, seen)
    return _described(video, audio, announced, header.container(told), seen)


def _must_be_whole(video: Stream, announced: float | None, seen: Timeline) -> None:
    own = header.number(video.get("duration"))
    if own and not is_whole(own, seen.seconds):
        raise Rejected(INCOMPLETE)
    if announced and not is_whole(announced, max(seen.ends.values())):
        raise Rejected(INCOMPLETE)


def _described(
    video: Stream, audio: Stream | None, announced: float | None, container: str, seen: Timeline
) -> Probe:
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
        declared_seconds=announced,
        seconds=seen.seconds,
        container=container,
        video_codec=str(video.get("codec_name", "unknown")),
        audio_codec=str(audio.get("codec_name", "unknown")) if audio else None,
        audio_channels=int(audio["channels"]) if audio else None,
        warnings=() if audio else (NO_SOUND,),
    )
