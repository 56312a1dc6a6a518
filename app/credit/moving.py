"""Moving credit: what stood is withdrawn, other credit takes its place, and no sum changes.

The credit of a gift is moved whole, with what refunds and disputes have taken of it so far, so that whatever
comes later finds one split and takes from it in proportion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.core.money import Money
from app.credit import credits, split
from app.credit.credits import Held
from app.credit.inheritance import Decision
from app.credit.models import Credit, CreditDecision, CreditReversal, CreditWithdrawal
from app.donations.models import Donation
from app.videos.models import Video

DECIDED, VERSION = "decided", 1  # what a moved credit names instead of a rule


@dataclass(frozen=True)
class Moved:
    """What a decision did: the credits that it withdrew, and the rows that took their place, each with how
    much of it was taken back already."""

    donation: Donation
    at: datetime
    withdrawn: Sequence[Held]
    given: Sequence[tuple[dict[str, Any], int]]


def move(session: Session, decision: CreditDecision, weights: Mapping[int | None, Fraction]) -> Moved:
    """Give a donation's credit to the videos of `weights` (None: to no video), as `decision` says.

    The caller holds the donation's lock, and has seen that its money arrived.
    """
    donation = session.get_one(Donation, decision.donation_id)
    held = credits.standing(session, [donation.id])[donation.id]
    planned = plan(donation, held, weights, _evidence(session, held[0].credit, weights))
    rows = _whole(session, donation, decision, [row for row, _ in planned])
    moved = Moved(donation, decision.at, held, list(zip(rows, (gone for _, gone in planned), strict=True)))
    _write(session, decision, moved)
    return moved


def plan(
    donation: Donation,
    held: Sequence[Held],
    weights: Mapping[int | None, Fraction],
    evidence: Mapping[str, Any],
) -> list[tuple[dict[str, Any], int]]:
    """The credit that would take the place of what is held, each with what is gone of it. Pure."""
    decided = Decision(weights, DECIDED, VERSION, dict(evidence))
    captured = Money(donation.captured_minor, donation.currency)
    rows = list(credits.rows_of(decided, captured, sum(one.fee for one in held)))
    gone = split.taken_back(sum(one.gone for one in held), [row["amount_minor"] for row in rows])
    return list(zip(rows, gone, strict=True))


def _whole(
    session: Session, donation: Donation, decision: CreditDecision, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    creators = credits.creators_of(session, {row["video_id"] for row in rows if row["video_id"]})
    return [
        {
            **row,
            "donation_id": donation.id,
            "project_id": donation.project_id,
            "creator_id": creators.get(row["video_id"]),
            "decision_id": decision.id,
            "at": decision.at,
        }
        for row in rows
    ]


def _write(session: Session, decision: CreditDecision, moved: Moved) -> None:
    session.execute(
        insert(CreditWithdrawal),
        [
            {
                "credit_id": one.credit.id,
                "project_id": one.credit.project_id,
                "decision_id": decision.id,
                "refunded_minor": one.gone,
                "fee_minor": one.fee,
                "at": moved.at,
            }
            for one in moved.withdrawn
        ],
    )
    rows = [row for row, _ in moved.given]
    ids = session.scalars(insert(Credit).returning(Credit.id, sort_by_parameter_order=True), rows).all()
    reversals = [
        {
            "credit_id": credit_id,
            "project_id": moved.donation.project_id,
            "decision_id": decision.id,
            "amount_minor": gone,
            "fee_minor": 0,
            "at": moved.at,
        }
        for credit_id, (_, gone) in zip(ids, moved.given, strict=True)
        if gone
    ]
    if reversals:
        session.execute(insert(CreditReversal), reversals)


def _evidence(session: Session, stood: Credit, weights: Mapping[int | None, Fraction]) -> dict[str, Any]:
    """The path stays as it was frozen; the weights are those of the decision."""
    rows = session.execute(select(Video.id, Video.code).where(Video.id.in_([one for one in weights if one])))
    codes = dict(rows.all())
    kept = {name: value for name, value in stood.evidence.items() if name != "inherited_from"}
    told = [[codes[video_id] if video_id else None, str(weight)] for video_id, weight in weights.items()]
    return {**kept, "weights": told}
