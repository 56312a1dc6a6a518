"""Wake-up calls for the workers, carried by RQ. Losing every one of them loses no work."""

import secrets
from collections import Counter
from collections.abc import Mapping

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
MOST_CALLS = 500  # waiting on one queue: more than its workers answer before the next sweep

log = structlog.get_logger()
_redis: list[Redis] = []


def connect(settings: Settings) -> None:
    """Point the wake-up calls at the settings' Redis; a dead one delays a caller by half a second."""
    _redis[:] = [Redis.from_url(settings.redis_url, socket_connect_timeout=0.5, socket_timeout=2)]


def remember(session: Session, queue: str, tasks: int = 1) -> None:
    """Note on its session that tasks of `queue` are due, to be announced once the commit has returned."""
    session.info.setdefault(PENDING, Counter())[queue] += tasks


def announce(session: Session) -> None:
    """Wake the workers for every task that this session's commit has made due."""
    made_due: Counter[str] = session.info.pop(PENDING, Counter())
    try:
        for queue, tasks in made_due.items():
            if queue in DRAINED_QUEUES:
                _call_drain(queue)
            else:
                _call_each(queue, min(tasks, MOST_CALLS - _waiting(queue)))
    except RedisError as error:
        log.warning("wake-up lost; the sweeper will call again", error=str(error))


def top_up(due: Mapping[str, int]) -> None:
    """Let as many calls wait on each queue as tasks of it are due: none too few, and none twice.

    Raises redis.exceptions.RedisError when Redis does not answer.
    """
    for queue, tasks in due.items():
        if queue in DRAINED_QUEUES:
            _call_drain(queue)
        else:
            _call_each(queue, min(tasks, MOST_CALLS) - _waiting(queue))


def _call_drain(queue: str) -> None:
    [redis] = _redis
    if redis.set(pending_key(queue), 1, nx=True, ex=PENDING_WAKEUP_SECONDS):
        _enqueue(queue, "workers.runner.drain")


def _call_each(queue: str, calls: int) -> None:
    for _ in range(calls):
        _enqueue(queue, "workers.runner.run_next")


def _waiting(queue: str) -> int:
    return _queue(queue).count


def _enqueue(queue: str, function: str) -> None:
    _queue(queue).enqueue_call(
        function,
        args=(queue,),
        job_id=f"{queue}-{secrets.token_hex(6)}",
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
