"""Compiles the argument lists of ffmpeg. Pure: nothing is run here."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg as _ffmpeg  # pyright: ignore[reportMissingTypeStubs] (it has none)

from app.videos.recipes import Recipe
from app.videos.renditions import POSTER
from workers.transcode import filters, guard
from workers.transcode.ladder import Rung, fallback_rung, group_length
from workers.transcode.playlists import AUDIO, INDEX, Storyboard
from workers.transcode.probe import Probe

ffmpeg: Any = _ffmpeg

THREADS = min(os.cpu_count() or 1, 8)  # more cost memory a rendition and gain little
FRAMES = "storyboard.mkv"
POSTER_LATEST_SECONDS = 3.0


@dataclass(frozen=True)
class Ready:
    """A rung that an earlier pass made, in one file with the sound; it is copied, not encoded again."""

    rung: Rung
    file: Path


@dataclass(frozen=True)
class Encoding:
    """What one pass makes of a source besides a poster; rungs stand largest first."""

    recipe: Recipe
    ladder: Sequence[Rung]
    segment_seconds: int
    preset: str
    storyboard: Storyboard | None = None
    ready: Ready | None = None

    @property
    def todo(self) -> list[Rung]:
        """The rungs that have to be encoded."""
        return [rung for rung in self.ladder if self.ready is None or rung != self.ready.rung]


def encode(tool: str, source: Path, probe: Probe, encoding: Encoding) -> list[str]:
    """One process that decodes `source` once and writes every rendition of `encoding` where it is run."""
    # Left to itself, ffmpeg also follows notes in the stream, which browsers do not, and the probe neither.
    opened = ffmpeg.input(str(source), threads=THREADS, noautorotate=None, **guard.INPUT)
    ready: Any = ffmpeg.input(str(encoding.ready.file), **guard.INPUT) if encoding.ready else None
    film = None
    if encoding.todo:
        film = filters.normalised(opened[str(probe.video_index)], probe, encoding.todo[0])
    pictures = _pictures(ready["v:0"] if film is None and ready else film, probe, encoding)
    streams: list[Any] = [
        pictures.renditions[rung] if rung in encoding.todo else ready["v:0"] for rung in encoding.ladder
    ]
    if probe.audio_index is not None:
        streams.append(ready["a:0"] if ready else filters.sound(opened[str(probe.audio_index)], probe))
    outputs = [ffmpeg.output(*streams, f"%v/{INDEX}", **_hls(probe, encoding))]
    outputs.append(ffmpeg.output(pictures.poster, POSTER, **_picture()))
    if pictures.board is not None:
        frames = {"c:v": "mjpeg", "q:v": 3, **_anonymous()}
        outputs.append(ffmpeg.output(pictures.board, FRAMES, **frames))
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


@dataclass(frozen=True)
class Pictures:
    """Ends of the filter graph: frames for each rung to encode, for the poster and for the storyboard."""

    renditions: dict[Rung, Any]
    poster: Any
    board: Any


def _pictures(frames: Any, probe: Probe, encoding: Encoding) -> Pictures:
    """The filter graph: the largest rung first, each smaller one scaled from the one above it.

    `frames` have the size of the first rung to encode; when none is, they are those of the ready one.
    """
    rungs, board = encoding.todo, encoding.storyboard
    poster_rung = fallback_rung(rungs or encoding.ladder, encoding.recipe)
    renditions: dict[Rung, Any] = {}
    poster = small = None
    for position, rung in enumerate(rungs or encoding.ladder):
        if position:
            frames = frames.filter("scale", rung.width, rung.height)
        is_last = position == max(0, len(rungs) - 1)
        wanted = ["rendition"] if rungs else []
        wanted += ["poster"] if rung is poster_rung else []
        wanted += ["board"] if board and is_last else []
        wanted += [] if is_last else ["below"]
        copies = dict(zip(wanted, _copies(frames, len(wanted)), strict=True))
        if rungs:
            renditions[rung] = copies["rendition"]
        frames = copies.get("below")
        if rung is poster_rung:
            at = min(POSTER_LATEST_SECONDS, probe.seconds / 4)
            poster = filters.still(copies["poster"].filter("trim", start=f"{at:.3f}"))
        if board and is_last:
            small = filters.small(copies["board"], board)
    return Pictures(renditions, poster, small)


def _copies(frames: Any, count: int) -> list[Any]:
    if count == 1:
        return [frames]
    split = frames.split()
    return [split[position] for position in range(count)]


def _picture() -> dict[str, Any]:
    return {"frames:v": 1, "q:v": 4, "update": 1, "f": "image2", **_anonymous()}


def _anonymous() -> dict[str, Any]:
    """Where and on what a clip was taken stays with its creator."""
    return {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact"}


def _hls(probe: Probe, encoding: Encoding) -> dict[str, Any]:
    options: dict[str, Any] = {
        "f": "hls",
        "hls_playlist_type": "vod",
        "hls_segment_type": "fmp4",
        "hls_time": encoding.segment_seconds,
        "hls_flags": "independent_segments",
        "hls_segment_filename": "%v/%04d.m4s",
        "hls_fmp4_init_filename": "init.mp4",
        # Times before zero stay there, for an edit list of one entry: browsers read no other.
        "avoid_negative_ts": "disabled",
        **_anonymous(),
    }
    names = [f"v:{position},name:{rung.name}" for position, rung in enumerate(encoding.ladder)]
    for position, rung in enumerate(encoding.ladder):
        options |= _film(position, rung, probe, encoding)
    if probe.audio_index is not None:
        options |= (
            {"c:a": "copy"}
            if encoding.ready
            else {"c:a": "aac", "b:a": "128k", "ac": 2, "ar": filters.SOUND_RATE}
        )
        names = [f"{name},agroup:{AUDIO}" for name in names] + [f"a:0,agroup:{AUDIO},name:{AUDIO}"]
    return options | {"var_stream_map": " ".join(names)}


def _film(position: int, rung: Rung, probe: Probe, encoding: Encoding) -> dict[str, Any]:
    """How the video stream at `position` is made."""
    if rung not in encoding.todo:
        return {f"c:v:{position}": "copy"}
    group = group_length(probe.rate)
    options: dict[str, Any] = {
        "c:v": "libx264",
        "preset:v": encoding.preset,
        "profile:v": "high",
        "crf:v": encoding.recipe.quality,
        "g:v": group,
        "keyint_min:v": group,
        "sc_threshold:v": 0,
        "threads:v": THREADS,
        "maxrate:v": rung.peak_rate,
        "bufsize:v": rung.peak_rate * 2,
    }
    return {f"{name}:{position}": value for name, value in options.items()}
