"""The worker's pipeline without a platform: a file in, a folder out that any web server can serve."""

import resource
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import KindrelayError
from app.videos import renditions
from workers.transcode import encode, playlists
from workers.transcode.encode import Encoded, Progress, Tools
from workers.transcode.ladder import rungs
from workers.transcode.probe import Probe, probe

PREVIEW = "preview"
LADDER = "ladder"

Stage = Callable[[str], Progress]


class NotEmptyError(KindrelayError):
    """The folder to write to holds something already."""


@dataclass(frozen=True)
class MadeRung:
    """A rendition: display pixels, bits a second at the peak and on average, bytes."""

    name: str
    width: int
    height: int
    peak_rate: int
    average_rate: int
    bytes: int


@dataclass(frozen=True)
class Made:
    """What was made under `folder`: the ladder at its top, and in `preview/` what was playable first.

    `cpu_seconds` are those of the media tools; `peak_memory_mb` is the largest one's.
    """

    accepted: bool
    folder: str
    recipe: str
    seconds: float
    preview: str
    master: str
    mp4: str
    poster: str
    storyboard: str
    rungs: tuple[MadeRung, ...]
    files: int
    bytes: int
    cpu_seconds: float
    peak_memory_mb: int
    warnings: tuple[str, ...]


def transcode(tools: Tools, source: Path, out: Path, max_seconds: int, stage: Stage) -> Made:
    """Make preview and ladder of `source` under `out`, which is new or empty.

    Raises Rejected when the file cannot be taken, NotEmptyError, ToolFailedError; `out` is then as it was.
    """
    if out.exists() and any(out.iterdir()):
        raise NotEmptyError("%(folder)s is not empty. Name a new folder.", folder=out)
    is_new = not out.exists()
    seen = probe(tools.ffprobe, source, max_seconds)
    early = out / PREVIEW
    early.mkdir(parents=True)
    try:
        first = encode.preview(tools, source, early, seen, stage(PREVIEW))
        whole = encode.whole_ladder(tools, source, out, seen, stage(LADDER), early / renditions.MP4)
    except BaseException:
        empty(out)
        if is_new:
            out.rmdir()
        raise
    return described(tools, out, seen, first, whole)


def empty(folder: Path) -> None:
    """Remove what is in `folder`, which was empty before."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def described(tools: Tools, out: Path, seen: Probe, first: Encoded, whole: Encoded) -> Made:
    """Measure what was made."""
    sizes = [path.stat().st_size for path in out.rglob("*") if path.is_file()]
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    made: list[MadeRung] = []
    for rung in rungs(seen.width, seen.height, seen.rate, tools.recipe):
        rates = playlists.measure(out / rung.name)
        size = sum(path.stat().st_size for path in (out / rung.name).iterdir())
        made.append(MadeRung(rung.name, rung.width, rung.height, rates.peak_rate, rates.average_rate, size))
    return Made(
        accepted=True,
        folder=str(out),
        recipe=tools.recipe.name,
        seconds=round(seen.seconds, 3),
        preview=str(first.master.relative_to(out)),
        master=whole.master.name,
        mp4=renditions.MP4,
        poster=renditions.POSTER,
        storyboard=renditions.STORYBOARD,
        rungs=tuple(made),
        files=len(sizes),
        bytes=sum(sizes),
        cpu_seconds=round(spent.ru_utime + spent.ru_stime, 2),
        peak_memory_mb=spent.ru_maxrss // 1024,
        warnings=whole.warnings,
    )
