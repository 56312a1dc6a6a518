"""What a video file is and whether it would be taken, found without a platform.

The verdict is the worker's: the same probe, and the same measure for a film whose end is missing.
"""

from dataclasses import dataclass
from pathlib import Path

from workers.transcode import guard, verdict
from workers.transcode.encode import Tools
from workers.transcode.ladder import rungs
from workers.transcode.probe import Probe, probe
from workers.transcode.reasons import DAMAGED, INCOMPLETE, Rejected
from workers.transcode.run import Limits, ToolFailedError, run
from workers.transcode.timeline import is_whole


@dataclass(frozen=True)
class Inspection:
    """A verdict with what was seen. `reason` is None when accepted; the rest is None where nothing was found.

    Sizes are display pixels, after rotation and pixel aspect; times are seconds; rates are frames a second.
    `rungs` are the renditions that a worker would make, largest first.
    """

    file: str
    accepted: bool
    reason: str | None = None
    width: int | None = None
    height: int | None = None
    rotation: int | None = None
    fps: float | None = None
    declared_fps: float | None = None
    variable_fps: bool | None = None
    declared_seconds: float | None = None
    decoded_seconds: float | None = None
    container: str | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    audio_channels: int | None = None
    hdr: str | None = None
    interlaced: bool | None = None
    rungs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def inspect(tools: Tools, source: Path, max_seconds: int) -> Inspection:
    """Examine the file at `source` and decode its picture once from end to end.

    Raises ToolFailedError when ffmpeg or ffprobe broke down for a reason that is not the file's.
    """
    try:
        seen = probe(tools.ffprobe, source, max_seconds)
        decoded, complaints = decode(tools, source, seen)
    except Rejected as rejection:
        return Inspection(source.name, accepted=False, reason=str(rejection))
    whole = is_whole(seen.seconds, decoded)
    return Inspection(
        source.name,
        accepted=whole,
        reason=None if whole else INCOMPLETE,
        width=seen.width,
        height=seen.height,
        rotation=seen.rotation,
        fps=round(seen.measured_rate, 3),
        declared_fps=round(seen.declared_rate, 3) if seen.declared_rate else None,
        variable_fps=seen.is_vfr,
        declared_seconds=seen.declared_seconds,
        decoded_seconds=round(decoded, 3),
        container=seen.container,
        video_codec=seen.video_codec,
        audio_codec=seen.audio_codec,
        audio_channels=seen.audio_channels,
        hdr=seen.hdr,
        interlaced=seen.is_interlaced,
        rungs=tuple(rung.name for rung in rungs(seen.width, seen.height, seen.rate, tools.recipe)),
        warnings=(*seen.warnings, DAMAGED) if complaints else seen.warnings,
    )


def decode(tools: Tools, source: Path, seen: Probe) -> tuple[float, int]:
    """Seconds of picture that decode, and how many complaints the decoder had. Raises Rejected."""
    furthest = 0.0

    def keep(line: str) -> bool:
        nonlocal furthest
        name, _, value = line.partition("=")
        if name != "frame" or not value.strip().isdigit():
            return False
        furthest = max(furthest, int(value) / float(seen.rate))
        return True

    picture = ["-map", f"0:{seen.video_index}", "-vf", f"fps={seen.rate}:start_time=0", "-f", "null", "-"]
    progress = ["-nostdin", "-progress", "pipe:1"]
    told = [*guard.QUIET, *progress, *guard.input_arguments(), "-i", str(source)]
    limits = Limits(wall_seconds=120 + 10 * seen.seconds, cpu_seconds=round(60 + 10 * seen.seconds))
    try:
        finished = run([tools.ffmpeg, *told, *picture], source.parent, limits, keep)
    except ToolFailedError as error:
        raise verdict.on_decoding(error) from error
    return furthest, finished.complaints
