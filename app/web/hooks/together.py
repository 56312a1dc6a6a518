"""Webhooks that come at the same time are kept in one transaction: one writes for all who wait.

A commit costs the same for one event as for eight. Nobody is answered before theirs is committed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic, sleep

from app.core.db import unit_of_work
from app.donations import events
from app.gateways.payments.contract import VerifiedEvent

# Seconds from one commit's beginning to the next: under load several webhooks are there by then, and one that
# comes alone waits for nothing.
APART = 0.005


@dataclass
class _Turn:
    """What one webhook has told, and what came of it."""

    told: Sequence[VerifiedEvent]
    new: int = 0
    error: Exception | None = None
    done: bool = False


_waiting: list[_Turn] = []
_in_line, _writing = Lock(), Lock()
_began = [0.0]


def keep(told: Sequence[VerifiedEvent]) -> int:
    """Keep the events of a webhook, each with its task; how many were new. They are committed on return."""
    turn = _Turn(told)
    with _in_line:
        _waiting.append(turn)
    with _writing:
        if not turn.done:
            sleep(max(0.0, _began[0] + APART - monotonic()))
            _began[0] = monotonic()
            _write(_all_who_wait())
    if turn.error is not None:
        raise turn.error
    if not turn.done:  # whoever wrote for all was stopped in the middle of it
        raise InterruptedError("the webhook was not kept")
    return turn.new


def _all_who_wait() -> list[_Turn]:
    with _in_line:
        turns = _waiting.copy()
        _waiting.clear()
    return turns


def _write(turns: Sequence[_Turn]) -> None:
    try:
        _commit(turns)
    except Exception as error:  # whoever is at fault shall fail alone, and hear of it
        if len(turns) == 1:
            turns[0].error, turns[0].done = error, True
            return
        for turn in turns:
            _write([turn])


def _commit(turns: Sequence[_Turn]) -> None:
    with unit_of_work() as session:
        new = events.record_all(session, [event for turn in turns for event in turn.told])
    for turn in turns:
        for event in turn.told:
            if (named := (event.provider, event.event_id)) in new:
                new.remove(named)
                turn.new += 1
        turn.done = True
