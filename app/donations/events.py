"""Keeping what a provider says has happened: once, as it came, with the task that applies it."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import bulk, clock, tasks
from app.gateways.payments.contract import EventKind, VerifiedEvent

_AS_TOLD = tuple(field.name for field in fields(VerifiedEvent) if field.name not in ("kind", "amount"))
_COLUMNS = ", ".join((*_AS_TOLD, "kind", "amount_minor", "currency", "received_at"))

# One statement for one event or many. Rows go in by one order, so that two who tell the same do not block
# each other for good.
_KEEP = text(
    f"INSERT INTO payment_event ({_COLUMNS}) SELECT {_COLUMNS} "  # noqa: S608 (names of fields, nothing told)
    "FROM json_populate_recordset(CAST(NULL AS payment_event), CAST(:rows AS json)) "
    "ORDER BY provider, event_id ON CONFLICT (provider, event_id) DO NOTHING RETURNING id, provider, event_id"
)


def record(session: Session, event: VerifiedEvent) -> bool:
    """Keep a verified event and defer its settlement; False when it was kept before.

    Told twice at once, the second waits for the first to commit and finds it there. News of an account is
    about no gift and is not kept: the provider is asked what it lets the account do now.
    """
    return bool(record_all(session, [event]))


def record_all(session: Session, told: Sequence[VerifiedEvent]) -> set[tuple[str, str]]:
    """Keep verified events, as `record` does; the provider and the id of each that was not kept before."""
    of_gifts = [event for event in told if event.kind is not EventKind.ACCOUNT_CHANGED]
    of_accounts = [event for event in told if event.kind is EventKind.ACCOUNT_CHANGED]
    new = {(event.provider, event.event_id) for event in of_accounts if _asks_about(session, event)}
    if of_gifts:
        rows = [_row(event) for event in of_gifts]
        kept = session.execute(_KEEP, {"rows": bulk.as_json(rows)}).all()
        tasks.defer_all(session, "credit.settle", [{"event_id": event_id} for event_id, _, _ in kept])
        new |= {(provider, name) for _, provider, name in kept}
    return new


def _asks_about(session: Session, news: VerifiedEvent) -> bool:
    key = f"payee:{news.provider}:{news.event_id}"
    return tasks.defer(session, "payees.refresh", dedupe_key=key, account=news.account) is not None


def _row(event: VerifiedEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _AS_TOLD} | {
        "kind": event.kind.value,
        "amount_minor": event.amount.minor,
        "currency": event.amount.currency,
        "received_at": clock.now(),
    }
