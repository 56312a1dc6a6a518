"""The same ladder by bare ffmpeg commands, as one would type them: the yardstick for the workers."""

import subprocess
from pathlib import Path

from workers.transcode import ladder, probe
from workers.transcode.encode import Tools
from workers.transcode.ladder import Rung

SOUND = ("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000")
HLS = ("-f", "hls", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4")


def rungs_of(tools: Tools, source: Path) -> tuple[list[Rung], int]:
    """The renditions of a clip, largest first, and the frames between key frames."""
    seen = probe.probe(tools.ffprobe, source, 600)
    return ladder.rungs(seen.width, seen.height, seen.rate), ladder.group_length(seen.rate)


def one_pass(tools: Tools, source: Path, folder: Path) -> None:
    """One process, decoded once: the cheapest way known to make all renditions."""
    rungs, group = rungs_of(tools, source)
    ffmpeg(tools, "-i", str(source), *ladder_of(rungs, group, folder, 4))


def one_pass_with_pictures(tools: Tools, source: Path, folder: Path) -> None:
    """The same, with a poster and a storyboard of a picture a second."""
    rungs, group = rungs_of(tools, source)
    extra = "[p]select='eq(n\\,60)'[poster];[s]fps=1,scale=90:-2,tile=10x1[board]"
    pictures = ("-map", "[poster]", "-frames:v", "1", "-update", "1", f"{folder}/poster.jpg")
    board = ("-map", "[board]", "-frames:v", "1", "-update", "1", f"{folder}/board.jpg")
    ffmpeg(tools, "-i", str(source), *ladder_of(rungs, group, folder, 4, extra), *pictures, *board)


def preview_then_rest(tools: Tools, source: Path, folder: Path) -> None:
    """Playable early: the preview's rung alone, then the others, with the first one copied."""
    rungs, group = rungs_of(tools, source)
    early = ladder.preview_rung(rungs)
    ready = folder / "ready.mp4"
    picture = ("-vf", f"scale={early.width}:{early.height}")
    film = (*x264(group), "-maxrate", str(early.peak_rate), "-bufsize", str(2 * early.peak_rate))
    ffmpeg(tools, "-i", str(source), *picture, *film, *SOUND, str(ready))
    rest = [rung for rung in rungs if rung != early]
    if rest:
        ffmpeg(tools, "-i", str(source), *ladder_of(rest, group, folder, 4))
    copied = ("-c", "copy", *HLS, "-hls_time", "4", "-hls_segment_filename", f"{folder}/c_%d.m4s")
    ffmpeg(tools, "-i", str(ready), *copied, f"{folder}/c.m3u8")


def one_by_one(tools: Tools, source: Path, folder: Path) -> None:
    """A process for each rendition, as common platforms do."""
    rungs, group = rungs_of(tools, source)
    for rung in rungs:
        rate = ("-maxrate", str(rung.peak_rate), "-bufsize", str(2 * rung.peak_rate))
        options = ("-vf", f"scale={rung.width}:{rung.height}", *x264(group), *rate, *SOUND, *HLS)
        target = ("-hls_time", "4", "-hls_segment_filename", f"{folder}/{rung.name}_%d.m4s")
        ffmpeg(tools, "-i", str(source), *options, *target, f"{folder}/{rung.name}.m3u8")


def ladder_of(rungs: list[Rung], group: int, folder: Path, segment: int, extra: str = "") -> list[str]:
    """Everything after the input for all of `rungs` in one process."""
    ends = [f"[r{position}]" for position in range(len(rungs))]
    taps = "[p][s]" if extra else ""
    copies = len(rungs) + (2 if extra else 0)
    graph = f"[0:v]split={copies}" + "".join(f"[i{position}]" for position in range(len(rungs))) + taps
    scaled = [f"[i{n}]scale={rung.width}:{rung.height}{ends[n]}" for n, rung in enumerate(rungs)]
    options = [*x264(group), *SOUND]
    for position, rung in enumerate(rungs):
        options += [f"-maxrate:v:{position}", str(rung.peak_rate)]
        options += [f"-bufsize:v:{position}", str(2 * rung.peak_rate)]
    mapped = [part for label in (*ends, "0:a?") for part in ("-map", label)]
    streams = " ".join(f"v:{position},agroup:s" for position in range(len(rungs))) + " a:0,agroup:s"
    target = ["-var_stream_map", streams, "-hls_time", str(segment)]
    target += ["-hls_segment_filename", f"{folder}/%v_%d.m4s", f"{folder}/%v.m3u8"]
    filters = ";".join([graph, *scaled, *([extra] if extra else [])])
    return ["-filter_complex", filters, *mapped, *options, *HLS, *target]


def x264(group: int) -> list[str]:
    """The encoder as the workers use it."""
    keys = ["-g", str(group), "-keyint_min", str(group), "-sc_threshold", "0"]
    return ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", *keys]


def ffmpeg(tools: Tools, *arguments: str) -> None:
    """Run ffmpeg to its end. Raises CalledProcessError."""
    subprocess.run([tools.ffmpeg, "-nostdin", "-v", "error", "-y", *arguments], check=True)
