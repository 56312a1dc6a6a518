"""Renewals of a monthly gift: they are split as its first donation stands, however long ago that is.

Unless the project decides each month anew.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credit.models import Credit, CreditWithdrawal
from app.donations.models import Donation, MonthlyGift
from app.projects.models import Project
from app.videos.models import Video


@dataclass(frozen=True)
class Decision:
    """How a donation is split: what each video weighs, by which rule, and why.

    None is no video: what it weighs is uncredited, as is everything when nothing weighs.
    """

    weights: Mapping[int | None, Fraction]
    rule: str
    version: int
    evidence: dict[str, Any]


def of_renewals(session: Session, donations: Iterable[Donation]) -> dict[int, Decision]:
    """What stands on the first donation of each renewal among `donations`, by the renewal's id; nothing for
    those whose project decides anew.

    The exact weights are taken, not the amounts, so the rounding of one month is not carried into the next.
    """
    gifts = {one.id: one.monthly_gift_id for one in donations if one.monthly_gift_id is not None}
    if not gifts:
        return {}
    rows = session.execute(
        select(MonthlyGift.id, Donation.id, Donation.number, Credit)
        .join(Donation, Donation.id == MonthlyGift.first_donation_id)
        .join(Project, Project.id == Donation.project_id)
        .join(Credit, Credit.donation_id == Donation.id)
        .outerjoin(CreditWithdrawal, CreditWithdrawal.credit_id == Credit.id)
        .where(
            MonthlyGift.id.in_(gifts.values()), Project.renewals_inherit, CreditWithdrawal.credit_id.is_(None)
        )
        .order_by(Credit.id)
    ).all()
    firsts = {gift_id: (first_id, number, credit) for gift_id, first_id, number, credit in reversed(rows)}
    codes = {code for _, _, credit in firsts.values() for code, _ in credit.evidence["weights"] if code}
    videos = _ids(session, codes)
    return {
        donation_id: _inherited(firsts[gift_id][1], firsts[gift_id][2], videos)
        for donation_id, gift_id in gifts.items()
        if gift_id in firsts and firsts[gift_id][0] != donation_id
    }


def _inherited(number: str, credit: Credit, videos: Mapping[str, int]) -> Decision:
    weights = {
        videos[code] if code else None: Fraction(weight) for code, weight in credit.evidence["weights"]
    }
    evidence = {**credit.evidence, "inherited_from": number}
    return Decision(weights, credit.rule, credit.rule_version, evidence)


def _ids(session: Session, codes: Collection[str]) -> dict[str, int]:
    rows = session.execute(select(Video.code, Video.id).where(Video.code.in_(codes)))
    return dict(rows.all())
