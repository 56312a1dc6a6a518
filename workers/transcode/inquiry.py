"""Asks ffprobe about a file, and tells a verdict on the file from a fault of ours."""

from collections.abc import Callable, Sequence
from pathlib import Path

from workers.transcode import guard
from workers.transcode.reasons import INCOMPLETE, NOT_A_VIDEO, TOO_HARD, Rejected
from workers.transcode.run import Limits, ToolFailedError, ToolHungError, run

MP4_BOXES = {b"ftyp", b"mdat", b"free", b"wide", b"skip", b"moov"}
REFUSED = 1  # how ffprobe ends when the file is at fault
OUT_OF_MEMORY = "Cannot allocate memory"  # and how it says that we are


def ask(ffprobe: str, source: Path, shown: Sequence[str], most: int) -> list[str]:
    """The lines that ffprobe prints of `source`, at most `most` bytes of them.

    Raises Rejected when the file is at fault, and ToolFailedError when the tool is.
    """
    lines: list[str] = []
    arguments = [ffprobe, *guard.QUIET, *guard.input_arguments(), *shown, str(source)]
    try:
        run(arguments, source.parent, Limits(wall_seconds=120, cpu_seconds=60), _keeper(lines, most))
    except ToolFailedError as error:
        raise _verdict(error, source) from error
    return lines


def _keeper(lines: list[str], most: int) -> Callable[[str], bool]:
    size = 0

    def keep(line: str) -> bool:
        nonlocal size
        size += len(line)
        if size > most:
            raise Rejected(TOO_HARD)
        lines.append(line)
        return True

    return keep


def _verdict(error: ToolFailedError, source: Path) -> Exception:
    """What a failed look says about the file; a tool that was killed or is missing says nothing of it."""
    if isinstance(error, ToolHungError):
        return Rejected(TOO_HARD)
    if error.returncode != REFUSED or OUT_OF_MEMORY in error.stderr:
        return error
    lacks_its_index = "moov atom not found" in error.stderr and start_of(source)[4:8] in MP4_BOXES
    return Rejected(INCOMPLETE if lacks_its_index else NOT_A_VIDEO)


def start_of(source: Path) -> bytes:
    """The first bytes of the file."""
    with source.open("rb") as stream:
        return stream.read(16)


def is_picture(source: Path) -> bool:
    """Whether the file starts like a still picture, whatever its name says."""
    start = start_of(source)
    if start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")):
        return True
    is_webp = start.startswith(b"RIFF") and start[8:12] == b"WEBP"
    return is_webp or start[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"}
