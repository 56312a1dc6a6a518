"""Asks ffprobe about a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.transcode import guard, verdict
from workers.transcode.reasons import TOO_HARD, Rejected
from workers.transcode.run import Limits, ToolFailedError, run

LIMITS = Limits(wall_seconds=120, cpu_seconds=60)


@dataclass(frozen=True)
class Answer:
    """What ffprobe printed, and the end of what it complained of."""

    lines: list[str]
    complaints: str

    @property
    def saw_too_many_pixels(self) -> bool:
        return verdict.TOO_MANY_PIXELS in self.complaints


def ask(ffprobe: str, source: Path, shown: Sequence[str], most: int) -> Answer:
    """What ffprobe prints of `source`, at most `most` bytes.

    Raises Rejected when the file is at fault, and ToolFailedError when the tool is.
    """
    source = source.absolute()  # a name alone could read as an option or as an address
    lines: list[str] = []
    arguments = [ffprobe, *guard.QUIET, *guard.input_arguments(), *shown, str(source)]
    try:
        finished = run(arguments, source.parent, LIMITS, _keeper(lines, most))
    except ToolFailedError as error:
        raise verdict.on_look(error, source) from error
    return Answer(lines, finished.stderr)


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
