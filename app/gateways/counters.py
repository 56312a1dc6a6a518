"""Counting in Valkey, over windows that slide: for limits that every process of the platform shares."""

import json
from collections import Counter as Counts
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from redis import Redis

PREFIX = "kindrelay:gate:"
RECORD_SECONDS = 2 * 86_400

# All that one call wants, in one instant. Many small values travel as one: packing and parsing each of some
# sixty would cost a process more than everything else. No name and no record has a line break.
_TURN = f"""
local answers = {{}}
for key, by, seconds in string.gmatch(ARGV[1], '([^\\n]+) (%S+) (%S+)') do
    redis.call('INCRBY', '{PREFIX}' .. key, by)
    redis.call('EXPIRE', '{PREFIX}' .. key, seconds)
end
for key in string.gmatch(ARGV[2], '[^\\n]+') do
    local first = redis.call('SET', '{PREFIX}once:' .. key, 1, 'NX', 'EX', {RECORD_SECONDS})
    answers[#answers + 1] = first and '1' or ''
end
for key in string.gmatch(ARGV[3], '[^\\n]+') do
    answers[#answers + 1] = redis.call('GET', '{PREFIX}' .. key) or ''
end
for place = 4, #ARGV, 2 do
    redis.call('SET', '{PREFIX}record:' .. ARGV[place], ARGV[place + 1], 'EX', {RECORD_SECONDS})
end
return table.concat(answers, '\\n')
"""

Record = dict[str, Any]


class Counter(NamedTuple):
    """How often something happened to somebody within so many seconds."""

    name: str
    of: str
    seconds: int


class Change(NamedTuple):
    """What is added to a counter, in the window of its moment; below zero it is taken back."""

    counter: Counter
    at: datetime
    by: int = 1


class Counters:
    """Counters and small records in one Valkey. Every method raises RedisError when it does not answer."""

    def __init__(self, redis_url: str) -> None:
        redis: Redis = Redis.from_url(
            redis_url, socket_connect_timeout=0.5, socket_timeout=2, decode_responses=True
        )
        self._turn = redis.register_script(_TURN)

    def look(
        self,
        counters: Sequence[Counter],
        records: Sequence[str],
        at: datetime,
        changes: Iterable[Change] = (),
    ) -> tuple[list[float], list[Record | None]]:
        """What each counter stands at, and the records of these names, None where there is none.

        Changes are added in the same instant: of many who do so at once, each sees those before it. A counter
        stands at what is in this window, and of the one before as much as still lies within.
        """
        moment = at.timestamp()
        second = int(moment)
        keys: list[str] = []
        for counter in counters:
            window = second // counter.seconds
            keys += (_key(counter, window), _key(counter, window - 1))
        found = self._take_turn(changes, reads=[*keys, *(f"record:{name}" for name in records)])
        numbers = [int(one or 0) for one in found[: len(keys)]]
        sums = [
            max(0.0, now + before * (1 - moment % counter.seconds / counter.seconds) if before else now)
            for counter, now, before in zip(counters, numbers[::2], numbers[1::2], strict=True)
        ]
        return sums, _records(found[len(keys) :])

    def first_time(
        self, names: Sequence[str], records: Sequence[str] = ()
    ) -> tuple[list[bool], list[Record | None]]:
        """For each name whether it was never asked about within two days; and the records of others."""
        answers = self._take_turn(once=names, reads=[f"record:{name}" for name in records])
        return [bool(answer) for answer in answers[: len(names)]], _records(answers[len(names) :])

    def write(self, changes: Iterable[Change], records: Mapping[str, Record] | None = None) -> None:
        """Add to counters, and keep records for two days in the place of earlier ones, all or nothing."""
        self._take_turn(changes, records=records or {})

    def _take_turn(
        self,
        changes: Iterable[Change] = (),
        once: Sequence[str] = (),
        reads: Sequence[str] = (),
        records: Mapping[str, Record] | None = None,
    ) -> list[str]:
        together: Counts[tuple[str, int]] = Counts()
        for change in changes:
            seconds = change.counter.seconds
            together[_key(change.counter, int(change.at.timestamp()) // seconds), 2 * seconds] += change.by
        added = [f"{key} {by} {seconds}" for (key, seconds), by in together.items()]
        kept = [part for name, record in (records or {}).items() for part in (name, json.dumps(record))]
        answer = self._turn(args=["\n".join(added), "\n".join(once), "\n".join(reads), *kept])
        return cast("str", answer).split("\n")


def _key(counter: Counter, window: int) -> str:
    return f"{counter.name}:{counter.of}:{window}"


def _records(found: Sequence[str]) -> list[Record | None]:
    return [json.loads(one) if one else None for one in found]
