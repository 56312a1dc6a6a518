"""The simulated provider's payouts: what an account has settled and not yet been sent goes to its bank."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.gateways.models import SandboxEvent, SandboxPayout
from app.gateways.payments.contract import EventKind

# What each kind of event does to what the provider owes the account, before fees: adds, takes away, or
# nothing, because that was done when the dispute was opened.
SIGNS = {
    EventKind.SUCCEEDED: 1,
    EventKind.RENEWED: 1,
    EventKind.REFUNDED: -1,
    EventKind.REFUND_FAILED: 1,
    EventKind.DISPUTE_OPENED: -1,
    EventKind.DISPUTE_WON: 1,
    EventKind.DISPUTE_LOST: 0,
}


def pay_out(session: Session, account: str = "") -> Sequence[SandboxPayout]:
    """Send every account (or one) what it is owed, a payout a currency; who owes us waits for new gifts."""
    query = (
        select(SandboxEvent)
        .where(SandboxEvent.payout_id.is_(None), SandboxEvent.kind.in_([kind.value for kind in SIGNS]))
        .order_by(SandboxEvent.id)
        .with_for_update(skip_locked=True)
    )
    if account:
        query = query.where(SandboxEvent.body["account"].astext == account)
    owed: defaultdict[tuple[str, str], list[SandboxEvent]] = defaultdict(list)
    for event in session.scalars(query):
        owed[event.body["account"], event.body["currency"]].append(event)
    sent = (_send(session, *key, events) for key, events in sorted(owed.items()))
    return [payout for payout in sent if payout is not None]


def since(session: Session, moment: datetime, account: str) -> Sequence[SandboxPayout]:
    """The payouts to an account since a moment, oldest first."""
    return session.scalars(
        select(SandboxPayout)
        .where(SandboxPayout.account == account, SandboxPayout.at >= moment)
        .order_by(SandboxPayout.id)
    ).all()


def recent(session: Session, limit: int = 50) -> Sequence[SandboxPayout]:
    """The newest payouts."""
    return session.scalars(select(SandboxPayout).order_by(SandboxPayout.id.desc()).limit(limit)).all()


def _send(
    session: Session, account: str, currency: str, events: Sequence[SandboxEvent]
) -> SandboxPayout | None:
    lines = [_line(event) for event in events]
    amount_minor = sum(line["amount_minor"] - line["fee_minor"] for line in lines)
    if amount_minor <= 0:
        return None
    payout = SandboxPayout(
        account=account, amount_minor=amount_minor, currency=currency, items=lines, at=clock.now()
    )
    session.add(payout)
    session.flush()
    for event in events:
        event.payout_id = payout.id
    session.flush()
    return payout


def _line(event: SandboxEvent) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "reference": event.body["payment"],
        "amount_minor": SIGNS[EventKind(event.kind)] * event.body["amount_minor"],
        "fee_minor": event.body["fee_minor"],
        "at": event.created_at.isoformat(),
    }
