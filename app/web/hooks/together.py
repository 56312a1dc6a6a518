"""Webhooks that come at the same time are kept in one transaction: one writes for all who wait.

A commit costs the same for one event as for eight. Nobody is answered before theirs is committed.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic, sleep

from app.core.db import unit_of_work
from app.donations import events
from app.gateways.payments.contract import VerifiedEvent

# Seconds from one commit's beginning to the next: under load several webhooks are there by then, and one that
# comes alone waits for nothing.
APART = 0.02
PATIENCE_SECONDS = 60.0  # of one whose writer was stopped; the provider sends again


@dataclass(frozen=True)
class _Turn:
    """What one webhook has told, and how many of its events were new."""

    told: Sequence[VerifiedEvent]
    new: Future[int] = field(default_factory=Future[int])


_waiting: list[_Turn] = []
_in_line, _writing = Lock(), Lock()
_began = [0.0]


def keep(told: Sequence[VerifiedEvent]) -> int:
    """Keep the events of a webhook, each with its task; how many were new. They are committed on return."""
    turn = _Turn(told)
    with _in_line:
        is_first = not _waiting
        _waiting.append(turn)
    if is_first:  # it writes for all who come while the write before goes on
        with _writing:
            sleep(max(0.0, _began[0] + APART - monotonic()))
            _began[0] = monotonic()
            _write(_all_who_wait())
    return turn.new.result(PATIENCE_SECONDS)


def _all_who_wait() -> list[_Turn]:
    with _in_line:
        turns = _waiting.copy()
        _waiting.clear()
    return turns


def _write(turns: Sequence[_Turn]) -> None:
    try:
        counts = _commit(turns)
    except Exception as error:  # whoever is at fault shall fail alone, and hear of it
        if len(turns) == 1:
            turns[0].new.set_exception(error)
            return
        for turn in turns:
            _write([turn])
        return
    for turn, count in zip(turns, counts, strict=True):
        turn.new.set_result(count)


def _commit(turns: Sequence[_Turn]) -> list[int]:
    with unit_of_work() as session:
        new = events.record_all(session, [event for turn in turns for event in turn.told])
    return [_taken_from(new, turn.told) for turn in turns]


def _taken_from(new: set[tuple[str, str]], told: Sequence[VerifiedEvent]) -> int:
    """How many of these are new; what several webhooks tell at once is new in the first of them."""
    mine = {(event.provider, event.event_id) for event in told} & new
    new -= mine
    return len(mine)
