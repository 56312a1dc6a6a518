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
SKIPPED = "D"  # in ffprobe's flags of a packet


@dataclass(frozen=True)
class Timeline:
    """When the packets of the file are shown, in seconds: first and last by stream, and the film's intervals.

    `packets` counts the film's, `timed` those of them that have a time, `hidden` those that an edit list cuts
    off besides. `seconds` is the film's length, 0 when its clock does not advance.
    """

    starts: dict[int, float]
    ends: dict[int, float]
    packets: int
    hidden: int
    timed: int
    seconds: float = 0.0
    is_vfr: bool = False
    measured_rate: float = 1.0

    def span(self, *streams: int) -> float:
        """Seconds from the first to the last moment of these streams."""
        known = [stream for stream in streams if stream in self.ends]
        return max(self.ends[at] for at in known) - min(self.starts[at] for at in known) if known else 0.0


def read(ffprobe: str, source: Path, video_index: int) -> Timeline:
    """Read the times of all packets. Raises Rejected."""
    times: dict[int, list[float]] = {}
    packets = hidden = 0
    shown = ("-show_entries", "packet=stream_index,pts_time,dts_time,flags", "-of", "csv=p=0")
    for line in ask(ffprobe, source, shown, MOST_PACKETS * 48).lines:
        index, *stamps = line.split(",")
        if SKIPPED in "".join(stamps[2:3]):  # an edit list cuts it off: it is decoded for its followers alone
            hidden += index == str(video_index)
            continue
        # AVI tells when frames are decoded, not when they are shown.
        seconds = next((stamp for stamp in map(number, stamps[:2]) if stamp is not None), None)
        packets += index == str(video_index)
        if index.isdigit() and seconds is not None:
            times.setdefault(int(index), []).append(seconds)
    starts = {index: min(values) for index, values in times.items()}
    ends = {index: max(values) for index, values in times.items()}
    shown_at = sorted(times.get(video_index, []))
    if len(shown_at) < 2 or shown_at[-1] <= shown_at[0]:
        return Timeline(starts, ends, packets, hidden, len(shown_at))
    usual, rate, is_vfr = _pace(shown_at)
    ends[video_index] = shown_at[-1] + usual
    seconds = shown_at[-1] - shown_at[0] + usual
    return Timeline(starts, ends, packets, hidden, len(shown_at), seconds, is_vfr, rate)


def _pace(shown_at: Sequence[float]) -> tuple[float, float, bool]:
    """The usual interval of a film, its frames a second, and whether its intervals vary."""
    pauses = [after - before for before, after in pairwise(shown_at) if after > before]
    usual = median(pauses)
    uneven = sum(abs(pause - usual) > usual * UNEVEN for pause in pauses)
    is_vfr = uneven > 0.02 * len(pauses) + 1
    return usual, 1 / usual if is_vfr else len(pauses) / (shown_at[-1] - shown_at[0]), is_vfr


def is_whole(expected: float, found: float) -> bool:
    """Whether `found` seconds are all of `expected`, give or take what containers round."""
    return found >= min(expected * WHOLE, expected - SLACK_SECONDS)
