"""Settlement: above donations, credit and reports, so it may call each of them; none of them calls up."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.core import clock, runtime, tasks
from app.core.tasks import Claim
from app.credit import credits
from app.donations import events, ledger, settlement
from app.donations.models import PaymentEvent
from app.donations.settlement import Mismatch, Move
from app.gateways import traffic
from app.gateways.payments.registry import open_gateway
from app.reports import rollups
from workers.lease import Finisher, GiveUp, Lease

RECONCILED = timedelta(days=3)


def settle(session: Session, *, event_id: int) -> None:
    """Apply a verified payment event: donation state, ledger, credit, rollups, mail; all or nothing.

    An event that came early stays kept; whichever event makes it legal applies it. One whose figures are not
    the donation's is never applied and stays with the dead tasks until a person has looked.
    """
    event = session.get_one(PaymentEvent, event_id)
    donation = settlement.lock(session, event)
    try:
        settlement.check(session, donation, event)
    except Mismatch as error:
        raise GiveUp(str(error)) from error
    while move := settlement.advance(session, donation, clock.now()):
        _book(session, move)


def _book(session: Session, move: Move) -> None:
    donation = move.donation
    ledger.post(session, move)
    if move.captured_minor:
        rollups.add(session, donation, credits.apply(session, donation, move.at))
        if donation.email:
            tasks.defer(session, "mail.send", mail="receipt", donation_id=donation.id)
    if move.refunded_minor:
        reversals = credits.reverse(session, donation, move.event, move.refunded_minor, move.at)
        rollups.take_back(session, donation, reversals, move.at)


def expire(session: Session) -> None:
    """Close the donations that were begun and never paid."""
    settlement.expire_abandoned(session)


def reconcile(_claim: Claim, _lease: Lease) -> Finisher:
    """Ask the provider what has happened, and keep what its webhooks have not told."""
    gateway = open_gateway(runtime.settings(), traffic.transport())
    told = gateway.list_settled(clock.now() - RECONCILED) if gateway else []

    def keep(session: Session) -> None:
        for event in told:
            events.record(session, event)

    return keep
