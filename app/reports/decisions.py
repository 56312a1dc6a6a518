"""Decisions on credit and the figures that follow from them: one act, so that no report is behind."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.core import tasks
from app.credit import disputes
from app.credit.models import CreditDispute
from app.reports import rollups


def move(
    session: Session, dispute: CreditDispute, parts: Mapping[str, int], reason: str, person_id: int
) -> None:
    """Move credit as `app.credit.disputes.move` does, and count it on the day of the decision."""
    made = disputes.move(session, dispute, parts, reason, person_id)
    rollups.count_decision(session, made)
    tasks.defer(session, "rollups.people", donation_ids=[made.donation.id])
