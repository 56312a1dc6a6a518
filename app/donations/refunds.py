"""Refunds: asked for here or made at the provider, and followed to their end."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.donations.models import PaymentEvent, Refund
from app.donations.settlement import Move


def follow(session: Session, moves: Sequence[Move]) -> None:
    """Note on each refund what the provider's event has said; one made at the provider gets a row."""
    for move in moves:
        if move.refunded_minor and move.event is not None:
            _note(session, move, move.event)


def _note(session: Session, move: Move, event: PaymentEvent) -> None:
    refund = _find(session, move, event)
    if refund is None:
        refund = Refund(
            donation_id=move.donation.id,
            amount_minor=abs(move.refunded_minor),
            reference=event.part or None,
            created_at=move.at,
        )
        session.add(refund)
    refund.reference = refund.reference or event.part or None
    refund.state = "succeeded" if move.refunded_minor > 0 else "failed"
    refund.detail = event.reason
    refund.settled_at = move.at
    session.flush()


def _find(session: Session, move: Move, event: PaymentEvent) -> Refund | None:
    """The refund by its name; else the oldest one of that amount that was sent and has no answer yet."""
    of_donation = select(Refund).where(Refund.donation_id == move.donation.id).order_by(Refund.id)
    if event.part:
        named = session.scalar(of_donation.where(Refund.reference == event.part))
        if named is not None:
            return named
    unanswered = of_donation.where(
        Refund.amount_minor == move.refunded_minor,
        Refund.reference.is_(None),
        Refund.state.in_(("asked", "sent")),
    )
    return session.scalars(unanswered.limit(1)).first()
