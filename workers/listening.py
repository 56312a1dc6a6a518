"""Listens to one queue for wake-up calls, by RQ's workers; theirs is the fork a task and the bookkeeping.

What differs here: a stop does not wait for a long task, nor for Redis; and no commands come in over Redis.
"""

import ctypes
import os
import signal
import sys
from contextlib import suppress
from types import FrameType

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker

from app.core.settings import Settings
from app.core.task_kinds import DRAINED_QUEUES
from app.gateways.s3 import open_store
from workers import stopping

HEARD_FROM_SECONDS = 45  # RQ blocks 15 s less on an empty queue: so soon a host that has vanished is noticed
CONNECT_SECONDS = 2
LONGEST_PAUSE = 5.0
PR_SET_PDEATHSIG = 1

log = structlog.get_logger()


class _Listener(BaseWorker):
    """Comes back by itself, and soon, when Redis was away."""

    max_connection_wait_time = LONGEST_PAUSE

    def subscribe(self) -> None:
        """Take no commands: whoever reaches Redis shall not stop work by it. It would also cost a thread."""

    def set_shutdown_requested_date(self) -> None:
        """Write nothing while stopping, in a signal handler at that: Redis may be away."""


class ShortTaskWorker(_Listener, SimpleWorker):
    """Runs short tasks in its own process; told to stop, it finishes the one under way."""

    def handle_warm_shutdown_request(self) -> None:
        stopping.ask()


class LongTaskWorker(_Listener, Worker):
    """Runs each long task in a forked child; told to stop, the child gives its task back at once."""

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork with stop signals held back until both sides are ready for them."""
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
        super().fork_work_horse(job, queue)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))

    def setup_work_horse_signals(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _interrupt)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
        stop_with_parent(self.pid or 0)

    def handle_warm_shutdown_request(self) -> None:
        if self.horse_pid:
            with suppress(ProcessLookupError):  # it has just ended, and RQ has not noted that yet
                os.kill(self.horse_pid, signal.SIGTERM)

    def maintain_heartbeats(self, job: Job) -> None:
        """A task goes on while Redis is away: its lease is in the database."""
        try:
            super().maintain_heartbeats(job)
        except RedisError as error:
            log.warning("Redis is away; the task goes on", error=str(error))


def listen(queue: str, settings: Settings) -> None:
    """Answer the calls on one queue until told to stop; a worker that hears several can lose a job for good.

    Returns early when RQ's worker gives up, as it does when Redis goes away between two steps.
    """
    retry = Retry(NoBackoff(), 0)
    connection = Redis.from_url(settings.redis_url, socket_connect_timeout=CONNECT_SECONDS, retry=retry)
    worker_class = ShortTaskWorker if queue in DRAINED_QUEUES else LongTaskWorker
    if worker_class is LongTaskWorker:
        open_store(settings)  # what making a client reads is read once, before the forks
    worker = worker_class(
        [Queue(queue, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=HEARD_FROM_SECONDS,
    )
    worker.work(logging_level="WARNING")


def stop_with_parent(parent: int) -> None:
    """Let the kernel, where it can, ask this process to stop when `parent` dies, or dead it is already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    stopping.interrupt()
