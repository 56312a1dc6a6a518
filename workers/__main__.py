"""Starts workers: `python -m workers QUEUE [--processes N]`, or the sweeper: `python -m workers sweep`."""

import argparse
import signal
import sys
import threading
from types import FrameType

from app.core import runtime, settings
from app.core.settings import Settings, SettingsError
from app.core.task_kinds import QUEUES
from app.videos import recipes
from workers import sweep
from workers.listening import listen
from workers.pool import Pool


def main(argv: list[str]) -> int:
    """Run until told to stop; 2 when the arguments or settings are wrong."""
    wanted = _parser().parse_args(argv)
    try:
        loaded = settings.load()
        if wanted.queue in ("preview", "media"):
            require_tools(loaded)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    runtime.start(loaded)
    if wanted.queue == "sweep":
        run_sweeper(loaded)
    else:
        size = wanted.processes or processes_of(wanted.queue, loaded)
        Pool(size, lambda: listen(wanted.queue, loaded)).run()
    return 0


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
    parser.add_argument("queue", choices=(*QUEUES, "sweep"), metavar="QUEUE")
    parser.add_argument(
        "--processes", type=_at_least_one, help="how many; for preview and media else by the settings"
    )
    return parser


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
