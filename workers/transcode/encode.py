"""From a source file to a folder that can be published: the preview first, then the whole ladder."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.settings import Settings
from app.videos import renditions
from app.videos.recipes import RECIPES, STANDARD, Recipe
from workers.transcode import colours, command, filters, playlists, verdict
from workers.transcode.ladder import Rung, fallback_rung, preview_rung, rungs
from workers.transcode.probe import Probe
from workers.transcode.reasons import DAMAGED, INCOMPLETE, Rejected
from workers.transcode.run import Finished, Limits, ToolFailedError, run
from workers.transcode.timeline import is_whole

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Tools:
    """The programs to run, how hard x264 tries, the recipe to follow, and the patience with a standstill."""

    ffmpeg: str
    ffprobe: str
    preset: str
    recipe: Recipe = STANDARD
    stall_seconds: float = 120

    @classmethod
    def of(cls, settings: Settings) -> "Tools":
        recipe = RECIPES[settings.recipe]
        preset, patience = settings.transcode_preset, settings.stall_seconds
        return cls(settings.ffmpeg, settings.ffprobe, preset, recipe, patience)


@dataclass(frozen=True)
class Encoded:
    """A finished folder: all its files but the master playlist, which is published last, and that."""

    folder: Path
    children: tuple[Path, ...]
    master: Path
    warnings: tuple[str, ...]


def preview(tools: Tools, source: Path, folder: Path, probe: Probe, on_progress: Progress) -> Encoded:
    """The one rung that makes the clip playable, in short segments and as an MP4, with a poster."""
    recipe = tools.recipe
    rung = preview_rung(rungs(probe.width, probe.height, probe.rate, recipe), recipe)
    encoding = command.Encoding(recipe, [rung], recipe.preview_segment_seconds, tools.preset)
    return _encode(tools, source, folder, probe, encoding, on_progress)


def whole_ladder(
    tools: Tools,
    source: Path,
    folder: Path,
    probe: Probe,
    on_progress: Progress,
    preview_file: Path | None = None,
) -> Encoded:
    """Every rung in one pass over the source, with poster, storyboard and an MP4 for players without HLS.

    `preview_file` is the MP4 that `preview` made of the same source by the same recipe: its rung and its
    sound are taken from there as they are.
    """
    recipe = tools.recipe
    ladder = rungs(probe.width, probe.height, probe.rate, recipe)
    board = playlists.storyboard_of(ladder[-1], probe.seconds)
    ready = command.Ready(preview_rung(ladder, recipe), preview_file) if preview_file else None
    encoding = command.Encoding(recipe, ladder, recipe.segment_seconds, tools.preset, board, ready)
    return _encode(tools, source, folder, probe, encoding, on_progress)


def _encode(
    tools: Tools, source: Path, folder: Path, probe: Probe, encoding: command.Encoding, on_progress: Progress
) -> Encoded:
    limits = _limits(probe.seconds, tools.stall_seconds)
    for name in [rung.name for rung in encoding.ladder] + (
        [playlists.AUDIO] if probe.audio_index is not None else []
    ):
        (folder / name).mkdir(parents=True)
    watch = _Watch(probe.seconds * float(probe.rate), on_progress)
    light = folder / filters.LIGHT_TABLE
    if probe.colours.are_wide:
        light.write_text(colours.table(probe.colours))
    try:
        finished = run(command.encode(tools.ffmpeg, source, probe, encoding), folder, limits, watch)
    except ToolFailedError as error:
        raise verdict.on_decoding(error) from error
    light.unlink(missing_ok=True)
    _must_be_whole(folder, encoding.ladder[0], probe)
    _join(tools, folder, fallback_rung(encoding.ladder, tools.recipe), probe, limits)
    if encoding.storyboard:
        frames = folder / command.FRAMES
        sheet = command.tile(tools.ffmpeg, frames, encoding.storyboard, folder / renditions.STORYBOARD_SHEET)
        run(sheet, folder, limits, lambda _: True)
        frames.unlink()
        index = playlists.storyboard_index(encoding.storyboard, probe.seconds, renditions.STORYBOARD_SHEET)
        (folder / renditions.STORYBOARD).write_text(index)
    return _listed(folder, encoding.ladder, probe, _warnings(probe, finished))


def _listed(folder: Path, ladder: Sequence[Rung], probe: Probe, warnings: tuple[str, ...]) -> Encoded:
    """Write a playlist for each rung alone, for viewers who choose one, and the master over all of them."""
    has_audio = probe.audio_index is not None
    for rung in ladder:
        alone = playlists.master(folder, [rung], probe.rate, has_audio=has_audio)
        (folder / f"{rung.name}.m3u8").write_text(alone)
    children = tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
    master = folder / renditions.PLAYLIST
    master.write_text(playlists.master(folder, ladder, probe.rate, has_audio=has_audio))
    return Encoded(folder, children, master, warnings)


def _must_be_whole(folder: Path, rung: Rung, probe: Probe) -> None:
    """The gate on what was decoded: a file cut short ends without an error."""
    if not is_whole(probe.seconds, playlists.measure(folder / rung.name).seconds):
        raise Rejected(INCOMPLETE)


def _join(tools: Tools, folder: Path, rung: Rung, probe: Probe, limits: Limits) -> None:
    video = _in_one_file(folder, rung.name)
    audio = _in_one_file(folder, playlists.AUDIO) if probe.audio_index is not None else None
    run(command.remux(tools.ffmpeg, video, audio, folder / renditions.MP4), folder, limits, lambda _: True)
    for path in (video, audio):
        if path is not None:
            path.unlink()


def _in_one_file(folder: Path, name: str) -> Path:
    """An init segment and its media segments, end to end, are a fragmented MP4."""
    target = folder / f"{name}.joined.mp4"
    rendition = playlists.measure(folder / name)
    with target.open("wb") as sink:
        for piece in (rendition.init, *rendition.segments):
            with piece.open("rb") as stream:
                shutil.copyfileobj(stream, sink)
    return target


def _warnings(probe: Probe, finished: Finished) -> tuple[str, ...]:
    return (*probe.warnings, DAMAGED) if finished.complaints else probe.warnings


def _limits(seconds: float, stall_seconds: float) -> Limits:
    """Generous for two slow cores that others use too; a job beyond it hangs."""
    return Limits(
        wall_seconds=300 + 40 * seconds,
        stall_seconds=stall_seconds,
        cpu_seconds=round(120 + 30 * seconds),
    )


class _Watch:
    """Reads ffmpeg's progress lines and reports the share done, 0 to 1."""

    def __init__(self, frames: float, on_progress: Progress) -> None:
        self._frames = frames
        self._on_progress = on_progress
        self._furthest = -1

    def __call__(self, line: str) -> bool:
        name, _, value = line.partition("=")
        if name != "frame" or not value.isdigit() or int(value) <= self._furthest:
            return False
        self._furthest = int(value)
        self._on_progress(min(1.0, self._furthest / self._frames))
        return True
