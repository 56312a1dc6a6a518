"""Starts one worker process: `python -m workers QUEUE`, or the sweeper: `python -m workers sweep`."""

import signal
import sys
import threading
from types import FrameType

from redis import Redis
from rq import Queue, SimpleWorker, Worker
from rq.serializers import JSONSerializer

from app.core import runtime, settings
from app.core.settings import Settings, SettingsError
from app.core.task_kinds import DRAINED_QUEUES, QUEUES
from workers import sweep


def main(argv: list[str]) -> int:
    """Run until told to stop; 2 when the arguments or settings are wrong."""
    if len(argv) != 1 or argv[0] not in (*QUEUES, "sweep"):
        sys.stderr.write(f"usage: python -m workers {'|'.join((*QUEUES, 'sweep'))}\n")
        return 2
    try:
        loaded = settings.load()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if argv[0] in ("preview", "media") and not (loaded.ffmpeg and loaded.ffprobe):
        sys.stderr.write(
            "KINDRELAY_FFMPEG and KINDRELAY_FFPROBE are not set, and neither program is on the PATH.\n"
        )
        return 2
    runtime.start(loaded)
    if argv[0] == "sweep":
        run_sweeper(loaded)
    else:
        run_worker(argv[0], loaded)
    return 0


def run_worker(queue: str, loaded: Settings) -> None:
    """Listen to one queue: a worker that listens to several can lose a job for good (BLPOP)."""
    connection = Redis.from_url(loaded.redis_url)
    worker_class = SimpleWorker if queue in DRAINED_QUEUES else Worker
    worker = worker_class(
        [Queue(queue, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
    )
    worker.work(logging_level="WARNING")


def run_sweeper(loaded: Settings) -> None:
    """Sweep until SIGTERM or SIGINT."""
    stop = threading.Event()

    def stop_sweeping(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_sweeping)
    sweep.run(stop, loaded.sweep_seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
