"""Decodes the start of a film: a header can be in order when nothing behind it can be shown."""

from pathlib import Path

from workers.transcode.inquiry import ask
from workers.transcode.reasons import TOO_LARGE, UNDECODABLE, Rejected

PACKETS = (8, 600)  # a recording may start between two key frames: then the first pictures come late
MOST_OUTPUT = 1 << 20


def must_decode(ffprobe: str, source: Path, video_index: int) -> None:
    """Raise Rejected when no picture comes out of the first packets of the film."""
    wanted = ("-select_streams", str(video_index), "-show_entries", "frame=width", "-of", "csv=p=0")
    for packets in PACKETS:
        answer = ask(ffprobe, source, ("-read_intervals", f"%+#{packets}", *wanted), MOST_OUTPUT)
        if any(line.strip(",").isdigit() for line in answer.lines):
            return
        if answer.saw_too_many_pixels:
            raise Rejected(TOO_LARGE)
    raise Rejected(UNDECODABLE)
