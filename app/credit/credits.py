"""Credit of a donation: decided once when its money has arrived, taken back with refunds, never edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.credit import rules, split
from app.credit.models import Credit, CreditReversal
from app.credit.rules import Rule
from app.donations.models import Donation, PaymentEvent
from app.projects.models import Project
from app.videos.models import DonationLink, Video


@dataclass(frozen=True)
class Reversal:
    """What a refund took back of one credit."""

    credit: Credit
    amount_minor: int


def apply(session: Session, donation: Donation, at: datetime) -> list[Credit]:
    """Split what was captured among the videos that moved it, by the project's rule, frozen with its version.

    Without any video it is one uncredited part. The parts add up to the captured amount (a database
    constraint refuses anything else), and their fees to the provider's fee.
    """
    name = session.scalars(select(Project.credit_rule).where(Project.id == donation.project_id)).one()
    rule = rules.RULES[name]
    path = [donation.video_id] if donation.video_id is not None else []
    weights = rules.weights_by_video(rule, path)
    if not weights:
        credits = [
            _credit(donation, rule, None, None, donation.captured_minor, {"path": [], "weights": []}, at)
        ]
    else:
        credits = _by_weight(session, donation, rule, weights, at)
    _share_fee(credits, donation.fee_minor)
    session.add_all(credits)
    session.flush()
    return credits


def reverse(
    session: Session, donation: Donation, event: PaymentEvent, refunded_minor: int, at: datetime
) -> list[Reversal]:
    """Take a refund back from the donation's credits, in proportion to what is left of each."""
    credits = of_donation(session, donation.id)
    gone = _reversed_so_far(session, donation.id)
    parts = split.taken_back(refunded_minor, [one.amount_minor - gone.get(one.id, 0) for one in credits])
    reversals = [Reversal(credit, part) for credit, part in zip(credits, parts, strict=True) if part]
    session.add_all(
        CreditReversal(credit_id=one.credit.id, event_id=event.id, amount_minor=one.amount_minor, at=at)
        for one in reversals
    )
    session.flush()
    return reversals


def of_donation(session: Session, donation_id: int) -> Sequence[Credit]:
    """The credits of a donation in the order they were given."""
    return session.scalars(select(Credit).where(Credit.donation_id == donation_id).order_by(Credit.id)).all()


def _by_weight(
    session: Session, donation: Donation, rule: Rule, weights: dict[int, Fraction], at: datetime
) -> list[Credit]:
    rows = session.execute(select(Video.id, Video.creator_id, Video.code).where(Video.id.in_(weights)))
    videos = {video_id: (creator_id, code) for video_id, creator_id, code in rows}
    link = session.scalar(select(DonationLink.code).where(DonationLink.id == donation.link_id))
    parts = split.in_parts(donation.captured_minor, list(weights.values()))
    evidence: dict[str, object] = {
        "path": [{"video": videos[video_id][1], "kind": "made_from", "link": link} for video_id in weights],
        "weights": [[videos[video_id][1], str(weight)] for video_id, weight in weights.items()],
    }
    return [
        _credit(donation, rule, video_id, videos[video_id][0], part, evidence, at)
        for video_id, part in zip(weights, parts, strict=True)
        if part
    ]


def _credit(
    donation: Donation,
    rule: Rule,
    video_id: int | None,
    creator_id: int | None,
    amount_minor: int,
    evidence: dict[str, object],
    at: datetime,
) -> Credit:
    return Credit(
        donation_id=donation.id,
        video_id=video_id,
        creator_id=creator_id,
        amount_minor=amount_minor,
        fee_minor=0,
        currency=donation.currency,
        rule=rule.name,
        rule_version=rule.version,
        evidence=evidence,
        at=at,
    )


def _share_fee(credits: Sequence[Credit], fee_minor: int) -> None:
    parts = split.in_parts(fee_minor, [Fraction(credit.amount_minor) for credit in credits])
    for credit, part in zip(credits, parts, strict=True):
        credit.fee_minor = part


def _reversed_so_far(session: Session, donation_id: int) -> dict[int, int]:
    rows = session.execute(
        select(CreditReversal.credit_id, func.sum(CreditReversal.amount_minor))
        .join(Credit, Credit.id == CreditReversal.credit_id)
        .where(Credit.donation_id == donation_id)
        .group_by(CreditReversal.credit_id)
    )
    return {credit_id: int(minor) for credit_id, minor in rows}
