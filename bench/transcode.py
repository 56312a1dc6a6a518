"""Transcoding beside a bare ffmpeg that does nothing but encode, in seconds of CPU a second of video.

`python -m bench.transcode [--seconds N] [--json]`

Wall time swings with whatever else the machine does; CPU time is what a worker is paid in.
"""

import argparse
import json
import multiprocessing
import resource
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.embedded import binaries
from tests.clips import bunny
from workers.transcode import encode, ladder, probe
from workers.transcode.encode import Tools

RATES = {rung: ladder.BITS_PER_SECOND[rung] for rung in ladder.SHORT_SIDES}
X264 = [
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-crf",
    "23",
    "-g",
    "60",
    "-keyint_min",
    "60",
    "-sc_threshold",
    "0",
]
SOUND = ["-c:a", "aac", "-b:a", "128k", "-ac", "2"]
HLS = ["-f", "hls", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_time", "4"]


def main() -> None:
    """Print what each way costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    tools = Tools(
        str(binaries.resolve(binaries.FFMPEG).path), str(binaries.resolve(binaries.FFPROBE).path), "veryfast"
    )
    with tempfile.TemporaryDirectory() as name:
        source = phone_clip(tools, Path(name), wanted.seconds)
        ways: dict[str, Callable[[Tools, Path, Path], None]] = {
            "bare_one_pass": bare_one_pass,
            "bare_one_process_a_rendition": bare_one_by_one,
            "worker_preview": worker_preview,
            "worker_ladder": worker_ladder,
        }
        figures: dict[str, Any] = {"seconds": wanted.seconds}
        for way, work in ways.items():
            cpu, peak = measured(work, tools, source, Path(name, way))
            figures[way] = {"cpu_per_second": round(cpu / wanted.seconds, 3), "peak_mb": peak}
    cost = {way: figures[way]["cpu_per_second"] for way in ways}
    figures["ladder_to_bare"] = round(cost["worker_ladder"] / cost["bare_one_pass"], 3)
    figures["ladder_to_one_by_one"] = round(cost["worker_ladder"] / cost["bare_one_process_a_rendition"], 3)
    figures["preview_to_ladder"] = round(cost["worker_preview"] / cost["worker_ladder"], 3)
    print(json.dumps(figures) if wanted.json else json.dumps(figures, indent=2))


def phone_clip(tools: Tools, folder: Path, seconds: int) -> Path:
    """An upright clip of 1080 × 1920 at 30 frames and 14 Mb/s with grain, as a phone records it."""
    clip = folder / "phone.mp4"
    picture = "crop=404:720,scale=1080:1920,setsar=1,fps=30,noise=alls=8:allf=t"
    looped = ["-stream_loop", "-1", "-i", str(bunny()), "-t", str(seconds), "-vf", picture]
    rate = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "14M", "-maxrate", "14M", "-bufsize", "14M"]
    ffmpeg(tools, *looped, *rate, *SOUND, str(clip))
    return clip


def bare_one_pass(tools: Tools, source: Path, folder: Path) -> None:
    """One process, decoded once: the cheapest way known to make the same renditions."""
    graph = "[0:v]split=3[a][m][n];[m]scale=720:1280[b];[n]scale=480:852[c]"
    options = [*X264, *SOUND]
    for position, rate in enumerate(RATES.values()):
        options += [f"-maxrate:v:{position}", str(rate), f"-bufsize:v:{position}", str(2 * rate)]
    mapped = [part for label in ("[a]", "[b]", "[c]", "0:a") for part in ("-map", label)]
    streams = "v:0,agroup:s v:1,agroup:s v:2,agroup:s a:0,agroup:s"
    target = ["-var_stream_map", streams, "-hls_segment_filename", f"{folder}/%v_%d.m4s", f"{folder}/%v.m3u8"]
    ffmpeg(tools, "-i", str(source), "-filter_complex", graph, *mapped, *options, *HLS, *target)


def bare_one_by_one(tools: Tools, source: Path, folder: Path) -> None:
    """A process for each rendition, as common platforms do."""
    for width, rate in RATES.items():
        height = width * 16 // 9 // 2 * 2
        options = ["-vf", f"scale={width}:{height}", *X264, "-maxrate", str(rate), "-bufsize", str(2 * rate)]
        target = ["-hls_segment_filename", f"{folder}/{width}_%d.m4s", f"{folder}/{width}.m3u8"]
        ffmpeg(tools, "-i", str(source), *options, *SOUND, *HLS, *target)


def worker_preview(tools: Tools, source: Path, folder: Path) -> None:
    """What a worker does until a clip is playable."""
    encode.preview(tools, source, folder, probe.probe(tools.ffprobe, source, 600), lambda _: None)


def worker_ladder(tools: Tools, source: Path, folder: Path) -> None:
    """What a worker does after that: every rung, poster, storyboard, MP4, playlists."""
    encode.whole_ladder(tools, source, folder, probe.probe(tools.ffprobe, source, 600), lambda _: None)


def ffmpeg(tools: Tools, *arguments: str) -> None:
    subprocess.run([tools.ffmpeg, "-nostdin", "-v", "error", "-y", *arguments], check=True)


def measured(
    work: Callable[[Tools, Path, Path], None], tools: Tools, source: Path, folder: Path
) -> tuple[float, int]:
    """CPU seconds, of the work and all its children, and the largest child's peak memory in MB."""
    folder.mkdir()
    answers: multiprocessing.Queue[tuple[float, int]] = multiprocessing.Queue()
    child = multiprocessing.Process(target=_measure, args=(answers, work, tools, source, folder))
    child.start()
    answer = answers.get(timeout=1800)
    child.join()
    return answer


def _measure(answers: Any, work: Callable[[Tools, Path, Path], None], *arguments: Any) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF)
    work(*arguments)
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = own.ru_utime + own.ru_stime - before.ru_utime - before.ru_stime
    answers.put((spent + children.ru_utime + children.ru_stime, children.ru_maxrss // 1024))


if __name__ == "__main__":
    main()
