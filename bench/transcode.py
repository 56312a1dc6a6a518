"""Transcoding beside a bare ffmpeg that does nothing but encode, in seconds of CPU a second of video.

`python -m bench.transcode [FILE…] [--seconds N] [--runs N] [--json]`

Without files: Big Buck Bunny in two sizes, an upright phone clip with grain, and one of 60 frames a second.
Wall time swings with whatever else the machine does; CPU time is what a worker is paid in. The ways take
turns, so that what disturbs one disturbs all, and each figure is the median of its runs.
"""

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.embedded import binaries
from app.videos import renditions
from bench import bare, footage
from workers.transcode import encode, probe
from workers.transcode.encode import Tools

Way = Callable[[Tools, Path, Path], None]
MOST_SECONDS = 600


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds of a way and all its children, and the largest child's peak memory in MB."""

    cpu: float
    wall: float
    peak_mb: int


def main() -> None:
    """Print what each way costs, clip by clip."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=int, default=8, help="length of the clips that are made here")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    ffmpeg, ffprobe = (str(binaries.resolve(name).path) for name in (binaries.FFMPEG, binaries.FFPROBE))
    tools = Tools(ffmpeg, ffprobe, "veryfast")
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder  # of the children too: what one way leaves for the next goes with it
        clips = wanted.files or footage.clips(tools, Path(folder), wanted.seconds)
        figures = {clip.stem: measured(tools, clip, Path(folder), wanted.runs) for clip in clips}
    print(json.dumps(figures) if wanted.json else table(figures))


def measured(tools: Tools, clip: Path, folder: Path, runs: int) -> dict[str, Any]:
    """Every way's median cost on `clip`, and the ratios that the targets are about."""
    seconds = probe.probe(tools.ffprobe, clip, MOST_SECONDS).seconds
    ways: dict[str, Way] = {
        "bare one pass": bare.one_pass,
        "bare one pass, pictures": bare.one_pass_with_pictures,
        "bare preview, then rest": bare.preview_then_rest,
        "one by one": bare.one_by_one,
        "worker preview": worker_preview,
        "worker rest": worker_rest,
        "worker one pass": worker_one_pass,
    }
    seen: dict[str, list[Cost]] = {way: [] for way in ways}
    for run in range(runs):
        for way, work in ways.items():
            print(f"{clip.stem}, run {run + 1} of {runs}: {way}", file=sys.stderr)
            with tempfile.TemporaryDirectory(dir=folder) as target:
                seen[way].append(cost(work, tools, clip, Path(target)))
    cpu = {way: statistics.median(one.cpu for one in costs) for way, costs in seen.items()}
    both = cpu["worker preview"] + cpu["worker rest"]
    return {
        "seconds": round(seconds, 2),
        "cpu_per_second": {way: round(value / seconds, 3) for way, value in cpu.items()},
        "first_playable_wall": round(statistics.median(one.wall for one in seen["worker preview"]), 2),
        "peak_mb": max(one.peak_mb for way, costs in seen.items() if "worker" in way for one in costs),
        "worker_to_bare": round(both / cpu["bare preview, then rest"], 3),
        "worker_one_pass_to_bare": round(cpu["worker one pass"] / cpu["bare one pass"], 3),
        "one_pass_to_one_by_one": round(cpu["worker one pass"] / cpu["one by one"], 3),
        "preview_and_rest_to_one_by_one": round(both / cpu["one by one"], 3),
        "preview_to_ladder": round(cpu["worker preview"] / cpu["worker one pass"], 3),
        "pictures": round(cpu["bare one pass, pictures"] / cpu["bare one pass"] - 1, 3),
    }


def worker_preview(tools: Tools, source: Path, folder: Path) -> None:
    """What a worker does until a clip is playable. Kept beside `folder` for the rest."""
    encode.preview(tools, source, folder, probe.probe(tools.ffprobe, source, MOST_SECONDS), lambda _: None)
    (folder / renditions.MP4).replace(previewed(source))


def worker_rest(tools: Tools, source: Path, folder: Path) -> None:
    """What a worker does after that: the other rungs, poster, storyboard, MP4, playlists."""
    seen = probe.probe(tools.ffprobe, source, MOST_SECONDS)
    encode.whole_ladder(tools, source, folder, seen, lambda _: None, previewed(source))


def worker_one_pass(tools: Tools, source: Path, folder: Path) -> None:
    """What a worker does when a library is brought to a new recipe: every rung anew."""
    seen = probe.probe(tools.ffprobe, source, MOST_SECONDS)
    encode.whole_ladder(tools, source, folder, seen, lambda _: None)


def previewed(source: Path) -> Path:
    """Where the preview of a clip waits for the rest of its ladder."""
    return Path(tempfile.gettempdir()) / f"kindrelay-bench-{os.getppid()}-{source.stem}.mp4"


def cost(work: Way, tools: Tools, source: Path, folder: Path) -> Cost:
    """Measure one way in a process of its own."""
    answers: multiprocessing.Queue[Cost] = multiprocessing.Queue()
    child = multiprocessing.Process(target=_measure, args=(answers, work, tools, source, folder))
    child.start()
    answer = answers.get(timeout=3600)
    child.join()
    return answer


def _measure(answers: Any, work: Way, *arguments: Any) -> None:
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work(*arguments)
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = own.ru_utime + own.ru_stime - before.ru_utime - before.ru_stime
    cpu = spent + children.ru_utime + children.ru_stime
    answers.put(Cost(cpu, time.perf_counter() - started, children.ru_maxrss // 1024))


def table(figures: dict[str, Any]) -> str:
    """The figures for people: a column a clip."""
    names = list(figures)
    first = figures[names[0]]
    rows: list[list[str]] = [["", *names]]
    for way in first["cpu_per_second"]:
        rows.append(
            [f"CPU a second, {way}", *(f"{figures[name]['cpu_per_second'][way]:.3f}" for name in names)]
        )
    for key in first:
        if key != "cpu_per_second":
            rows.append([key.replace("_", " "), *(str(figures[name][key]) for name in names)])
    width = max(len(row[0]) for row in rows) + 2
    return "\n".join(f"{row[0]:<{width}}" + "".join(f"{cell:>18}" for cell in row[1:]) for row in rows)


if __name__ == "__main__":
    main()
