"""Touches on their way to the database: a stream in Redis that is read by a group of writers.

An entry that was read and not acknowledged, because its writer died, is read again by the next one.
"""

import json
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, cast

from redis import Redis
from redis.exceptions import ResponseError

STREAM = "kindrelay:touches"
GROUP = "writers"
LONGEST_STREAM = 2_000_000  # entries of up to 20 touches; beyond that the oldest are given up
DEAD_AFTER_MS = 30_000
SEEN = "kindrelay:seen:"

# Adds a batch, and marks in it, a letter each, the touches that are beyond a ceiling. Of a source that is
# little seen, only a number is kept.
_APPEND = f"""
local many = tonumber(ARGV[2])
local marks = {{}}
for touch = 1, many do marks[touch] = '.' end
for place = 3 + many, #ARGV, 6 do
    local key = '{SEEN}' .. ARGV[place]
    local seconds, free, each, all = ARGV[place + 1], tonumber(ARGV[place + 2]), tonumber(ARGV[place + 3]),
        tonumber(ARGV[place + 4])
    local total = redis.call('INCRBY', key, many)
    redis.call('EXPIRE', key, seconds)
    if total > free then
        for touch = 1, many do
            local met = redis.call('HINCRBY', key .. ':each', ARGV[2 + touch], 1)
            if met > each or total > all then marks[touch] = ARGV[place + 5] end
        end
        redis.call('EXPIRE', key .. ':each', seconds)
    end
end
return redis.call('XADD', '{STREAM}', 'MAXLEN', '~', {LONGEST_STREAM}, '*', 'b', ARGV[1],
    'm', table.concat(marks))
"""

Read = Sequence[tuple[bytes, dict[bytes, bytes] | None]]


class Source(NamedTuple):
    """Where touches come from in one window of time, and how many of it count.

    The first `free` are counted by number alone; after those, `each` of one name and `all` together are below
    the ceiling. What is beyond is marked by the letter `mark`.
    """

    name: str
    window: timedelta
    free: int
    each: int
    all: int
    mark: str


@dataclass(frozen=True)
class Entry:
    """A batch of touches under its name in the stream; `marks` has a letter for each, "." if it counts."""

    name: str
    body: dict[str, Any]
    marks: str = ""


class TouchStream:
    """The stream of one Redis."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=5)
        self._append = self._redis.register_script(_APPEND)
        self._reader = f"{socket.gethostname()}-{os.getpid()}"

    def append(self, body: dict[str, Any], names: Sequence[str] = (), sources: Iterable[Source] = ()) -> None:
        """Add a batch whose touches have these names, each counted for every source they come from.

        Raises redis.exceptions.RedisError when Redis does not answer.
        """
        told: list[str | int] = [json.dumps(body, separators=(",", ":")), len(names), *names]
        for one in sources:
            told += (one.name, int(one.window.total_seconds()), one.free, one.each, one.all, one.mark)
        self._append(args=told)

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
    return [
        Entry(name.decode(), json.loads(fields[b"b"]), fields.get(b"m", b"").decode())
        for name, fields in raw
        if fields
    ]
