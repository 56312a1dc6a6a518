"""What the gate before the provider learns from events, the pay pages it has closed, and its mail."""

from collections.abc import Sequence
from functools import cache

import structlog
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core import bulk, clock, db, runtime, tasks
from app.core.tasks import Claim
from app.donations.cases import Case
from app.donations.gate import Gate, Outcome
from app.donations.models import Donation, PaymentEvent
from app.gateways import traffic
from app.gateways.counters import Counters
from app.gateways.payments.contract import EventKind, PaymentRefused
from app.gateways.payments.registry import open_gateway
from workers.lease import Finisher, Lease, nothing
from workers.letters import Letter, address

ENDINGS = {EventKind.SUCCEEDED: True, EventKind.FAILED: False}

log = structlog.get_logger()


def follow(session: Session, cases: Sequence[Case], told: Sequence[PaymentEvent]) -> None:
    """Have the gate told how payments ended: in a task, so that no gift is locked while Valkey is asked."""
    news = {event.id for event in told if event.kind in ENDINGS}
    ended = [[event.id, case.donation.id] for case in cases for event in case.events if event.id in news]
    if ended:
        tasks.defer(session, "gate.learn", ended=ended)


def learn(session: Session, *, ended: Sequence[tuple[int, int]]) -> None:
    """Tell the gate how payments ended, and have the pay pages closed on which too much has failed.

    `ended` are events, each with its donation. Where Valkey does not answer, the gate lets nobody through;
    afterwards it has learned less.
    """
    of_event = dict(ended)
    events = session.execute(
        select(PaymentEvent.id, PaymentEvent.kind, PaymentEvent.card)
        .where(PaymentEvent.id == bulk.of_ids(of_event))
        .order_by(PaymentEvent.id)
    ).all()
    gifts = session.execute(
        select(Donation.id, Donation.idempotency, Donation.project_id).where(
            Donation.id == bulk.of_ids(of_event.values())
        )
    )
    opened = {donation_id: (payment, str(project_id)) for donation_id, payment, project_id in gifts}
    outcomes = [
        Outcome(*opened[of_event[event_id]], str(event_id), ENDINGS[EventKind(kind)], card)
        for event_id, kind, card in events
    ]
    settings = runtime.settings()
    try:
        closing = Gate(_counters(settings.redis_url), settings).learn(outcomes, clock.now())
    except (RedisError, KeyError, TypeError, ValueError) as error:  # or a record of an older release
        log.warning("the gate has not learned how payments ended", error=str(error))
        return
    named = {payment: donation_id for donation_id, (payment, _) in opened.items()}
    for donation_id in (named[payment] for payment in closing):
        key = f"close_page:{donation_id}"
        tasks.defer(session, "donations.close_page", dedupe_key=key, donation_id=donation_id)


@cache
def _counters(redis_url: str) -> Counters:
    return Counters(redis_url)


def close_page(_claim: Claim, _lease: Lease, *, donation_id: int) -> Finisher:
    """Make a pay page unpayable on which too many cards have failed; its donor can begin again."""
    gateway = open_gateway(runtime.settings(), traffic.transport())
    with db.unit_of_work() as session:
        donation = session.scalars(
            select(Donation).where(Donation.id == donation_id).options(joinedload(Donation.payment_account))
        ).one()
    if gateway is None or gateway.name != donation.provider or donation.reference is None:
        return nothing
    try:
        gateway.close_payment(donation.payment_account.reference, donation.reference)
    except PaymentRefused as error:
        log.info("pay page not closed", reference=donation.reference, reason=error.detail)
        return nothing

    def forget_address(session: Session) -> None:
        session.get_one(Donation, donation_id).pay_url = None

    return forget_address


def confirm_gift(session: Session, *, donation_id: int) -> Letter | None:
    """The link that opens the payment of a gift, while its project is under attack."""
    donation = session.scalars(
        select(Donation)
        .where(Donation.id == donation_id)
        .options(joinedload(Donation.nonprofit), joinedload(Donation.project))
    ).one()
    if donation.state != "pending" or donation.pay_url is not None or not donation.email:
        return None
    values = {
        "donor": donation.donor_name,
        "amount": donation.amount,
        "payee": donation.nonprofit.name,
        "project": donation.project.title,
        "link": address(f"/d/{donation.code}/confirm"),
        "test_mode": donation.provider == "sandbox",
    }
    return Letter(donation.email, donation.locale, values)
