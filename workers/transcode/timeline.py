"""When the packets of a file are shown: what it really holds, whatever its header says."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from workers.transcode.header import number
from workers.transcode.inquiry import ask

WHOLE = 0.98  # share of the announced duration that must be there
SLACK_SECONDS = 0.25
UNEVEN = 0.25  # an interval this far from the median is uneven; a few of them are rounding
MOST_PACKETS = 400_000


@dataclass(frozen=True)
class Timeline:
    """When the packets of the file are shown: end in seconds by stream, and the video's intervals."""

    ends: dict[int, float]
    packets: int
    seconds: float
    is_vfr: bool
    measured_rate: float


def read(ffprobe: str, source: Path, video_index: int) -> Timeline:
    """Read the times of all packets. Raises Rejected."""
    times: dict[int, list[float]] = {}
    shown = ("-show_entries", "packet=stream_index,pts_time", "-of", "csv=p=0")
    for line in ask(ffprobe, source, shown, MOST_PACKETS * 32):
        index, _, rest = line.partition(",")
        seconds = number(rest.split(",")[0])
        if index.isdigit() and seconds is not None:
            times.setdefault(int(index), []).append(seconds)
    shown_at = sorted(times.get(video_index, []))
    ends = {index: max(values) for index, values in times.items()}
    if len(shown_at) < 2 or shown_at[-1] <= shown_at[0]:
        return Timeline(ends, min(len(shown_at), 1), 0.0, is_vfr=False, measured_rate=1.0)
    return _measured(shown_at, ends, video_index)


def _measured(shown_at: Sequence[float], ends: dict[int, float], video_index: int) -> Timeline:
    pauses = [after - before for before, after in pairwise(shown_at) if after > before]
    usual = median(pauses)
    uneven = sum(abs(pause - usual) > usual * UNEVEN for pause in pauses)
    is_vfr = uneven > 0.02 * len(pauses) + 1
    span = shown_at[-1] - shown_at[0]
    rate = 1 / usual if is_vfr else len(pauses) / span
    ends[video_index] = shown_at[-1] + usual
    return Timeline(ends, len(shown_at), span + usual, is_vfr, rate)


def is_whole(expected: float, found: float) -> bool:
    """Whether `found` seconds are all of `expected`, give or take what containers round."""
    return found >= min(expected * WHOLE, expected - SLACK_SECONDS)
