"""Disputes: a donor's bank asks for the money back, and the provider holds it until that is decided."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.donations.models import Dispute, PaymentEvent
from app.donations.settlement import Move
from app.gateways.payments.contract import EventKind


def follow(session: Session, moves: Sequence[Move]) -> None:
    """Open and close the disputes that the steps are about."""
    for move in moves:
        if not move.disputed_minor or move.event is None:
            continue
        if move.disputed_minor > 0:
            session.add(_opened(move, move.event))
        else:
            _close(session, move, move.event)
    session.flush()


def _opened(move: Move, event: PaymentEvent) -> Dispute:
    return Dispute(
        donation_id=move.donation.id,
        reference=event.part,
        amount_minor=move.disputed_minor,
        reason=event.reason,
        respond_by=event.respond_by,
        opened_at=event.occurred_at,
    )


def _close(session: Session, move: Move, event: PaymentEvent) -> None:
    dispute = session.scalars(
        select(Dispute).where(Dispute.donation_id == move.donation.id, Dispute.reference == event.part)
    ).one()
    dispute.state = "lost" if event.kind == EventKind.DISPUTE_LOST else "won"
    dispute.cost_minor = move.fee_minor
    dispute.closed_at = event.occurred_at
