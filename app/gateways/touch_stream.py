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

# Adds batches, and marks in each, a letter each, the touches that are beyond a ceiling. Of a source that is
# little seen, only a number is kept. Names and sources are a line each: one long value travels cheaper than
# many short ones, and names are mostly not looked at.
_APPEND = f"""
local function marked(count, names, sources)
    local marks
    for source, seconds, free, each, all, mark in
        string.gmatch(sources, '([^\\t\\n]+)\\t(%S+)\\t(%S+)\\t(%S+)\\t(%S+)\\t(%S+)') do
        local key = '{SEEN}' .. source
        local total = redis.call('INCRBY', key, count)
        if total == tonumber(count) then redis.call('EXPIRE', key, seconds) end
        if total > tonumber(free) then
            marks = marks or {{}}
            local place = 0
            for name in string.gmatch(names, '[^\\n]+') do
                place = place + 1
                local met = redis.call('HINCRBY', key .. ':each', name, 1)
                local counts = met <= tonumber(each) and total <= tonumber(all)
                marks[place] = not counts and mark or marks[place] or '.'
            end
            redis.call('EXPIRE', key .. ':each', seconds)
        end
    end
    return marks and table.concat(marks) or ''
end
for place = 1, #ARGV, 4 do
    redis.call('XADD', '{STREAM}', 'MAXLEN', '~', {LONGEST_STREAM}, '*', 'b', ARGV[place],
        'm', marked(ARGV[place + 1], ARGV[place + 2], ARGV[place + 3]))
end
"""

_json = json.JSONEncoder(separators=(",", ":")).encode

Read = Sequence[tuple[bytes, dict[bytes, bytes] | None]]


class Source(NamedTuple):
    """Where touches come from in one window of time, and how many of it count. Its name is one line.

    The first `free` are counted by number alone; after those, `each` of one name and `all` together are below
    the ceiling. What is beyond is marked by the letter `mark`.
    """

    name: str
    window: timedelta
    free: int
    each: int
    all: int
    mark: str

    @property
    def line(self) -> str:
        """As it travels."""
        seconds = int(self.window.total_seconds())
        return f"{self.name}\t{seconds}\t{self.free}\t{self.each}\t{self.all}\t{self.mark}"


class Batch(NamedTuple):
    """What becomes one entry of the stream: a body, the names of its touches, and the sources they come from.

    Neither has a line break, and no name is empty.
    """

    body: dict[str, Any]
    names: Sequence[str] = ()
    sources: Iterable[Source] = ()


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
        self.append_all([Batch(body, names, sources)])

    def append_all(self, batches: Iterable[Batch]) -> None:
        """Add batches in one round trip, as `append` does each."""
        self._append(args=[value for batch in batches for value in _values(batch)])

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


def _values(batch: Batch) -> tuple[str, int, str, str]:
    """A batch as the script wants it."""
    limits = "\n".join(source.line for source in batch.sources)
    return _json(batch.body), len(batch.names), "\n".join(batch.names), limits


def _entries(raw: Read) -> list[Entry]:
    return [
        Entry(name.decode(), json.loads(fields[b"b"]), fields.get(b"m", b"").decode())
        for name, fields in raw
        if fields
    ]
