"""Keeping what a provider says has happened: once, as it came, with the task that applies it."""

from dataclasses import fields
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.donations.models import PaymentEvent
from app.gateways.payments.contract import EventKind, VerifiedEvent

# Made once, and of the table rather than its class: building it for each webhook cost more than running it.
_events = cast("Table[Any]", PaymentEvent.__table__)
_KEEP = (
    insert(_events)
    .on_conflict_do_nothing(index_elements=[PaymentEvent.provider, PaymentEvent.event_id])
    .returning(_events.c.id)
)
_AS_TOLD = tuple(field.name for field in fields(VerifiedEvent) if field.name not in ("kind", "amount"))


def record(session: Session, event: VerifiedEvent) -> bool:
    """Keep a verified event and defer its settlement; False when it was kept before.

    Told twice at once, the second waits for the first to commit and finds it there. News of an account is
    about no gift and is not kept: the provider is asked what it lets the account do now.
    """
    if event.kind is EventKind.ACCOUNT_CHANGED:
        news = f"payee:{event.provider}:{event.event_id}"
        return tasks.defer(session, "payees.refresh", dedupe_key=news, account=event.account) is not None
    row = {name: getattr(event, name) for name in _AS_TOLD}
    row |= {
        "kind": event.kind.value,
        "amount_minor": event.amount.minor,
        "currency": event.amount.currency,
        "received_at": clock.now(),
    }
    event_id = session.scalar(_KEEP, row)
    if event_id is None:
        return False
    tasks.defer(session, "credit.settle", event_id=event_id)
    return True
