"""The donor wall: who gave to a project, as each of them wished to be shown."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from app.core.money import Money
from app.donations.models import Donation
from app.projects.models import Project

SHOWN = ("paid", "partly_refunded")


@dataclass(frozen=True)
class Gift:
    """One gift on the wall; `name` is empty when the donor stays unnamed."""

    name: str
    amount: Money
    words: str
    at: datetime


def of(session: Session, project: Project, limit: int) -> list[Gift]:
    """The latest gifts to a project, newest first; the name of an anonymous donor is not even read."""
    rows = session.execute(
        select(
            case((Donation.anonymous, ""), else_=Donation.donor_name),
            Donation.amount_minor,
            Donation.currency,
            Donation.public_message,
            Donation.paid_at,
        )
        .where(Donation.project_id == project.id, Donation.state.in_(SHOWN), Donation.paid_at.is_not(None))
        .order_by(Donation.paid_at.desc(), Donation.id)
        .limit(limit)
    )
    return [
        Gift(name, Money(minor, currency), words, at)
        for name, minor, currency, words, at in rows
        if at is not None
    ]
