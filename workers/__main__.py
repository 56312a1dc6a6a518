"""Starts workers: `python -m workers QUEUE… [--processes N]`; `sweep` among the queues is the sweeper."""

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType

# What every task needs is read once, before the forks.
import workers.runner  # noqa: F401  # pyright: ignore[reportUnusedImport]
from app.core import runtime, settings
from app.core.settings import Settings, SettingsError
from app.core.task_kinds import QUEUES
from app.videos import recipes
from workers import sweep
from workers.listening import listen
from workers.pool import Pool

SWEEP = "sweep"
NICENESS = 5  # whoever waits for a page goes before work that waits in a queue


def main(argv: list[str]) -> int:
    """Run until told to stop; 2 when the arguments or settings are wrong."""
    wanted = _parser().parse_args(argv)
    try:
        loaded = settings.load()
        if {"preview", "media"} & set(wanted.queues):
            require_tools(loaded)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    os.nice(NICENESS)
    runtime.start(loaded)
    gc.freeze()  # what was read by now is there for good, and need not be looked through again and again
    Pool(works(wanted.queues, wanted.processes, loaded)).run()
    return 0


def works(
    queues: list[str], processes: int | None, loaded: Settings
) -> Iterator[tuple[str, Callable[[], None]]]:
    """What each process shall do, by the name of its queue."""
    for queue in queues:
        if queue == SWEEP:
            yield queue, partial(run_sweeper, loaded)
        else:
            for _ in range(processes or processes_of(queue, loaded)):
                yield queue, partial(listen, queue, loaded)


def require_tools(loaded: Settings) -> None:
    """Raise SettingsError unless the settings name all that a transcode needs."""
    if not (loaded.ffmpeg and loaded.ffprobe):
        raise SettingsError(
            "KINDRELAY_FFMPEG and KINDRELAY_FFPROBE are not set, and neither program is on the PATH."
        )
    recipes.named(loaded.recipe)


def processes_of(queue: str, loaded: Settings) -> int:
    """How many processes serve a queue on this host, by the settings."""
    return {"preview": loaded.preview_workers, "media": loaded.media_workers}.get(queue, 1)


def run_sweeper(loaded: Settings) -> None:
    """Sweep until SIGTERM or SIGINT."""
    stop = threading.Event()

    def stop_sweeping(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_sweeping)
    sweep.run(stop, loaded.sweep_seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("queues", nargs="+", choices=(*QUEUES, SWEEP), metavar="QUEUE")
    parser.add_argument(
        "--processes", type=_at_least_one, help="how many a queue; for preview and media else by the settings"
    )
    return parser


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
