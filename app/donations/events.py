"""Keeping what a provider says has happened: once, as it came, with the task that applies it."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.donations.models import PaymentEvent
from app.gateways.payments.contract import VerifiedEvent


def record(session: Session, event: VerifiedEvent) -> bool:
    """Keep a verified event and defer its settlement; False when it was kept before.

    Told twice at once, the second waits for the first to commit and finds it there.
    """
    event_id = session.scalar(
        insert(PaymentEvent)
        .values(
            provider=event.provider,
            event_id=event.event_id,
            kind=event.kind.value,
            account=event.account,
            reference=event.reference,
            amount_minor=event.amount.minor,
            fee_minor=event.fee_minor,
            currency=event.amount.currency,
            payload=event.payload,
            part=event.part,
            alias=event.alias,
            subscription=event.subscription,
            card=event.card,
            reason=event.reason,
            respond_by=event.respond_by,
            occurred_at=event.occurred_at,
            received_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=[PaymentEvent.provider, PaymentEvent.event_id])
        .returning(PaymentEvent.id)
    )
    if event_id is None:
        return False
    tasks.defer(session, "credit.settle", event_id=event_id)
    return True
