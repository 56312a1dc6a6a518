"""Touches on their way to the database: a stream in Redis that is read by a group of writers.

An entry that was read and not acknowledged, because its writer died, is read again by the next one.
"""

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis import Redis
from redis.exceptions import ResponseError

STREAM = "kindrelay:touches"
GROUP = "writers"
LONGEST_STREAM = 2_000_000  # entries of up to 20 touches; beyond that the oldest are given up
DEAD_AFTER_MS = 30_000


Read = Sequence[tuple[bytes, dict[bytes, bytes] | None]]


@dataclass(frozen=True)
class Entry:
    """A batch of touches under its name in the stream."""

    name: str
    body: dict[str, Any]


class TouchStream:
    """The stream of one Redis."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=5)
        self._reader = f"{socket.gethostname()}-{os.getpid()}"

    def append(self, body: dict[str, Any]) -> None:
        """Add a batch. Raises redis.exceptions.RedisError when Redis does not answer."""
        fields: Any = {"b": json.dumps(body, separators=(",", ":"))}
        self._redis.xadd(STREAM, fields, maxlen=LONGEST_STREAM, approximate=True)

    def length(self) -> int:
        """How many batches are on the stream, read by somebody already or not."""
        return cast("int", self._redis.xlen(STREAM))

    def read(self, most: int) -> list[Entry]:
        """Up to `most` batches that nobody has written yet; what a dead writer had read comes first."""
        redis = cast("Any", self._redis)
        try:
            _, claimed, _ = redis.xautoclaim(STREAM, GROUP, self._reader, DEAD_AFTER_MS, count=most)
        except ResponseError:
            self._redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
            claimed = []
        if claimed:
            return _entries(cast("Read", claimed))
        answer = redis.xreadgroup(GROUP, self._reader, {STREAM: ">"}, count=most)
        return _entries(cast("Read", answer[0][1])) if answer else []

    def done(self, entries: Sequence[Entry]) -> None:
        """Take written batches off the stream."""
        names = [entry.name for entry in entries]
        with self._redis.pipeline() as pipe:
            pipe.xack(STREAM, GROUP, *names)
            pipe.xdel(STREAM, *names)
            pipe.execute()


def _entries(raw: Read) -> list[Entry]:
    return [Entry(name.decode(), json.loads(fields[b"b"])) for name, fields in raw if fields]
