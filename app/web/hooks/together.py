"""Webhooks that come at the same time are kept in one transaction: one writes for all who wait.

A commit costs the same for one event as for eight. Nobody is answered before theirs is committed.
"""

from collections.abc import Sequence

from app.core.db import unit_of_work
from app.donations import events
from app.gateways.payments.contract import VerifiedEvent
from app.web.gathering import Gathering

Told = Sequence[VerifiedEvent]


def keep(told: Told) -> int:
    """Keep the events of a webhook, each with its task; how many were new. They are committed on return."""
    new = _gathering.ask(told)
    if isinstance(new, Exception):
        raise new
    return new


def _keep_all(told: Sequence[Told]) -> Sequence[int | Exception]:
    """How many events of each webhook were new; whoever is at fault fails alone, and hears of it."""
    try:
        return _commit(told)
    except Exception as error:
        if len(told) == 1:
            return [error]
        return [new for one in told for new in _keep_all([one])]


def _commit(told: Sequence[Told]) -> Sequence[int]:
    with unit_of_work() as session:
        new = events.record_all(session, [event for one in told for event in one])
    return [_taken_from(new, one) for one in told]


def _taken_from(new: set[tuple[str, str]], told: Told) -> int:
    """How many of these are new; what several webhooks tell at once is new in the first of them."""
    mine = {(event.provider, event.event_id) for event in told} & new
    new -= mine
    return len(mine)


_gathering = Gathering(_keep_all)
