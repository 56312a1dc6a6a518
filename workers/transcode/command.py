"""Compiles the argument lists of ffmpeg. Pure: nothing is run here."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg as _ffmpeg  # pyright: ignore[reportMissingTypeStubs] (it has none)

from workers.transcode import guard
from workers.transcode.ladder import Rung, fallback_rung, group_length
from workers.transcode.playlists import AUDIO, INDEX, Storyboard
from workers.transcode.probe import Probe

ffmpeg: Any = _ffmpeg

QUALITY = 23  # x264's crf
THREADS = min(os.cpu_count() or 1, 8)  # more cost memory a rendition and gain little
POSTER = "poster.jpg"
STORYBOARD = "storyboard.jpg"
FRAMES = "storyboard.mkv"
POSTER_LATEST_SECONDS = 3.0
# Light in HLG and PQ clips, brought to what ordinary screens show: 203 cd/m² is their reference white.
TONE_MAP = (
    ("zscale", {"t": "linear", "npl": 203}),
    ("format", {"pix_fmts": "gbrpf32le"}),
    ("zscale", {"p": "bt709"}),
    ("tonemap", {"tonemap": "hable", "desat": 0}),
    ("zscale", {"t": "bt709", "m": "bt709", "r": "tv"}),
)


@dataclass(frozen=True)
class Encoding:
    """What one pass makes of a source besides a poster; rungs stand largest first."""

    ladder: Sequence[Rung]
    segment_seconds: int
    preset: str
    storyboard: Storyboard | None = None


def encode(tool: str, source: Path, folder: Path, probe: Probe, encoding: Encoding) -> list[str]:
    """One process that decodes `source` once and writes every rendition of `encoding` under `folder`."""
    opened = ffmpeg.input(str(source), threads=THREADS, **guard.INPUT)
    renditions, poster, board = _pictures(opened[str(probe.video_index)], probe, encoding)
    streams = list(renditions)
    if probe.audio_index is not None:
        sound = opened[str(probe.audio_index)].filter("aresample", **{"async": 1, "first_pts": 0})
        streams.append(sound)
    outputs = [ffmpeg.output(*streams, str(folder / "%v" / INDEX), **_hls(probe, encoding, folder))]
    outputs.append(ffmpeg.output(poster, str(folder / POSTER), **_picture()))
    if board is not None:
        outputs.append(
            ffmpeg.output(board, str(folder / FRAMES), **{"c:v": "mjpeg", "q:v": 3, **_anonymous()})
        )
    return _command(tool, outputs)


def tile(tool: str, frames: Path, board: Storyboard, target: Path) -> list[str]:
    """Lay the storyboard's frames out on one sheet.

    A pass of its own: an output that begins only at the end of the clip keeps ffmpeg from reporting progress.
    """
    sheet = ffmpeg.input(str(frames), **guard.INPUT)["v:0"].filter("tile", f"{board.columns}x{board.rows}")
    return _command(tool, [ffmpeg.output(sheet, str(target), **_picture())])


def remux(tool: str, video: Path, audio: Path | None, target: Path) -> list[str]:
    """Join finished renditions into one MP4 that plays while it loads; nothing is encoded again."""
    streams = [ffmpeg.input(str(video), **guard.INPUT)["v:0"]]
    if audio is not None:
        streams.append(ffmpeg.input(str(audio), **guard.INPUT)["a:0"])
    output = ffmpeg.output(*streams, str(target), c="copy", movflags="+faststart", **_anonymous())
    return _command(tool, [output])


def _command(tool: str, outputs: Sequence[Any]) -> list[str]:
    arguments: list[str] = ffmpeg.get_args(ffmpeg.merge_outputs(*outputs), overwrite_output=True)
    progress = [
        "-nostdin",
        "-progress",
        "pipe:1",
        "-stats_period",
        "0.5",
        "-filter_complex_threads",
        str(THREADS),
    ]
    return [tool, *guard.QUIET, *progress, *arguments]


def _pictures(video: Any, probe: Probe, encoding: Encoding) -> tuple[list[Any], Any, Any]:
    """The filter graph: the largest rung first, each smaller one scaled from the one above it."""
    ladder, board = encoding.ladder, encoding.storyboard
    poster_rung = fallback_rung(ladder)
    renditions: list[Any] = []
    poster = small = None
    frames: Any = _normalised(video, probe, ladder[0])
    for position, rung in enumerate(ladder):
        if position:
            frames = frames.filter("scale", rung.width, rung.height)
        is_last = position == len(ladder) - 1
        wanted = ["rendition"]
        wanted += ["poster"] if rung is poster_rung else []
        wanted += ["board"] if board and is_last else []
        wanted += [] if is_last else ["below"]
        copies = dict(zip(wanted, _copies(frames, len(wanted)), strict=True))
        renditions.append(copies["rendition"])
        frames = copies.get("below")
        if rung is poster_rung:
            at = min(POSTER_LATEST_SECONDS, probe.seconds / 4)
            poster = _jpeg(copies["poster"].filter("trim", start=f"{at:.3f}"))
        if board and is_last:
            small = _small(copies["board"], board)
    return renditions, poster, small


def _copies(frames: Any, count: int) -> list[Any]:
    if count == 1:
        return [frames]
    split = frames.split()
    return [split[position] for position in range(count)]


def _normalised(video: Any, probe: Probe, top: Rung) -> Any:
    """Frames at a constant rate, upright, square, progressive, in ordinary light, at the top rung's size."""
    if probe.is_interlaced:
        video = video.filter("yadif", deint="interlaced")
    video = video.filter("fps", fps=str(probe.rate), start_time=0)
    video = video.filter("scale", top.width, top.height).filter("setsar", 1)
    if probe.is_hdr:
        for name, options in TONE_MAP:
            video = video.filter(name, **options)
    return video.filter("format", "yuv420p")


def _small(frames: Any, board: Storyboard) -> Any:
    return _jpeg(frames.filter("fps", fps=f"1/{board.interval}").filter("scale", board.width, board.height))


def _jpeg(frames: Any) -> Any:
    return frames.filter("scale", out_range="full").filter("format", "yuvj420p")


def _picture() -> dict[str, Any]:
    return {"frames:v": 1, "q:v": 4, "update": 1, "f": "image2", **_anonymous()}


def _anonymous() -> dict[str, Any]:
    """Where and on what a clip was taken stays with its creator."""
    return {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact"}


def _hls(probe: Probe, encoding: Encoding, folder: Path) -> dict[str, Any]:
    group = group_length(probe.rate)
    options: dict[str, Any] = {
        "f": "hls",
        "hls_playlist_type": "vod",
        "hls_segment_type": "fmp4",
        "hls_time": encoding.segment_seconds,
        "hls_flags": "independent_segments",
        "hls_segment_filename": str(folder / "%v" / "%04d.m4s"),
        "hls_fmp4_init_filename": "init.mp4",
        "c:v": "libx264",
        "preset:v": encoding.preset,
        "profile:v": "high",
        "crf:v": QUALITY,
        "g:v": group,
        "keyint_min:v": group,
        "sc_threshold:v": 0,
        "threads:v": THREADS,
        **_anonymous(),
    }
    names = [f"v:{position},name:{rung.name}" for position, rung in enumerate(encoding.ladder)]
    for position, rung in enumerate(encoding.ladder):
        options[f"maxrate:v:{position}"] = rung.peak_rate
        options[f"bufsize:v:{position}"] = rung.peak_rate * 2
    if probe.audio_index is not None:
        options |= {"c:a": "aac", "b:a": "128k", "ac": 2, "ar": 48000}
        names = [f"{name},agroup:{AUDIO}" for name in names] + [f"a:0,agroup:{AUDIO},name:{AUDIO}"]
    return options | {"var_stream_map": " ".join(names)}
