"""Settlement: above donations, credit and reports, so it may call each of them; none of them calls up."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import bulk, clock, tasks
from app.credit import credits, flags
from app.donations import cases as cases_in_hand
from app.donations import disputes, ledger, receipts, refunds, renewals
from app.donations.cases import Case
from app.donations.models import PaymentEvent
from app.donations.settlement import Mismatch, Move
from app.reports import rollups
from workers import gate
from workers.lease import GiveUp


def settle(session: Session, *, event_ids: Sequence[int]) -> None:
    """Apply verified payment events: donation states, ledger, credit, rollups, mail; all or nothing.

    An event that came early stays kept; whichever event makes it legal applies it. One whose figures are not
    the donation's is never applied and stays with the dead tasks until a person has looked.
    """
    told = session.scalars(
        select(PaymentEvent).where(PaymentEvent.id == bulk.of_ids(event_ids)).order_by(PaymentEvent.id)
    ).all()
    try:
        told = renewals.prepare(session, told)
    except Mismatch as error:
        raise GiveUp(str(error)) from error
    cases = cases_in_hand.take(session, told)
    _refuse_mismatches(cases, told)
    gate.follow(session, cases, told)
    moves = cases_in_hand.advance(session, cases, clock.now())
    _book(session, moves)
    renewals.follow(session, moves)


def _refuse_mismatches(cases: Sequence[Case], told: Sequence[PaymentEvent]) -> None:
    ids = {event.id for event in told}
    for case in cases:
        for event in case.events:
            if event.id in ids:
                try:
                    case.check(event)
                except Mismatch as error:
                    raise GiveUp(str(error)) from error


def _book(session: Session, moves: Sequence[Move]) -> None:
    ledger.post(session, moves)
    refunds.follow(session, moves)
    disputes.follow(session, moves)
    receipts.follow(session, moves)
    captured = [move for move in moves if move.captured_minor]
    flags.follow(session, moves)
    rollups.count(session, credits.apply(session, captured), credits.reverse(session, moves))
    thanked = [move.donation.id for move in captured if move.donation.email]
    tasks.defer_all(session, "mail.send", [{"mail": "receipt", "donation_id": one} for one in thanked])


def expire(session: Session) -> None:
    """Close the donations that were begun and never paid."""
    if cases_in_hand.expire_abandoned(session):
        tasks.defer(session, "donations.expire")
