"""Wake-up calls for the workers, carried by RQ. Losing every one of them loses no work."""

import secrets
from collections.abc import Iterable

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from app.core.settings import Settings
from app.core.task_kinds import DRAINED_QUEUES

PENDING = "deferred_tasks"
PENDING_WAKEUP_SECONDS = 10
JOB_TTL_SECONDS = 3600

log = structlog.get_logger()
_redis: list[Redis] = []


def connect(settings: Settings) -> None:
    """Point the wake-up calls at the settings' Redis; a dead one delays a caller by half a second."""
    _redis[:] = [Redis.from_url(settings.redis_url, socket_connect_timeout=0.5, socket_timeout=2)]


def remember(session: Session, task_id: int, queue: str) -> None:
    """Note a deferred task on its session, to be announced once the commit has returned."""
    session.info.setdefault(PENDING, []).append((task_id, queue))


def announce(session: Session) -> None:
    """Wake the workers for every task that this session's commit has made due."""
    tasks: list[tuple[int, str]] = session.info.pop(PENDING, [])
    try:
        wake(tasks)
    except RedisError as error:
        log.warning("wake-up lost; the sweeper will call again", error=str(error))


def wake(tasks: Iterable[tuple[int, str]]) -> None:
    """Call the workers of the given (task id, queue) pairs; calls that are already waiting are not repeated.

    Raises redis.exceptions.RedisError when Redis does not answer.
    """
    by_queue: dict[str, list[int]] = {}
    for task_id, queue in tasks:
        by_queue.setdefault(queue, []).append(task_id)
    for name, task_ids in by_queue.items():
        if name in DRAINED_QUEUES:
            _call_drain(name)
        else:
            _call_each(name, task_ids)


def _call_drain(queue: str) -> None:
    [redis] = _redis
    if redis.set(pending_key(queue), 1, nx=True, ex=PENDING_WAKEUP_SECONDS):
        _enqueue(queue, "workers.runner.drain", queue, f"drain-{queue}-{secrets.token_hex(6)}")


def _call_each(queue: str, task_ids: Iterable[int]) -> None:
    waiting = set(_queue(queue).job_ids)
    for task_id in task_ids:
        job_id = f"task-{task_id}"
        if job_id not in waiting:
            _enqueue(queue, "workers.runner.run_one", task_id, job_id)


def _enqueue(queue: str, function: str, argument: int | str, job_id: str) -> None:
    _queue(queue).enqueue_call(
        function,
        args=(argument,),
        job_id=job_id,
        timeout=-1,
        result_ttl=0,
        failure_ttl=60,
        ttl=JOB_TTL_SECONDS,
    )


def answered(queue: str) -> None:
    """Take the waiting call off `queue`; whatever is deferred from now on calls anew."""
    [redis] = _redis
    redis.delete(pending_key(queue))


def ping() -> None:
    """Raises redis.exceptions.RedisError when Redis does not answer."""
    [redis] = _redis
    redis.ping()


def pending_key(queue: str) -> str:
    return f"kindrelay:wakeup:{queue}"


def _queue(name: str) -> Queue:
    [redis] = _redis
    return Queue(name, connection=redis, serializer=JSONSerializer)
