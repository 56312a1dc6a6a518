"""Credit of donations: decided once when their money has arrived, taken back with refunds, never edited."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.credit import rules, split
from app.credit.models import Credit, CreditReversal
from app.credit.rules import Rule
from app.donations.models import Donation
from app.donations.settlement import Move
from app.projects.models import Project
from app.videos.models import DonationLink, Video


@dataclass(frozen=True)
class Part:
    """A part of a donation that a video (or none) is credited with, as it is about to be written."""

    donation: Donation
    row: dict[str, Any]


@dataclass(frozen=True)
class Reversal:
    """What a refund or a lost dispute took back of one credit; below zero when a refund failed."""

    donation: Donation
    credit: Credit
    amount_minor: int
    fee_minor: int
    at: datetime


@dataclass(frozen=True)
class _Videos:
    """Who made the videos, what they are called outside, and through which links they were given by."""

    creators: Mapping[int, tuple[int, str]]
    links: Mapping[int, str]


def apply(session: Session, moves: Sequence[Move]) -> list[Part]:
    """Split what was captured among the videos that moved it, by the project's rule, frozen with its version.

    Without any video it is one uncredited part. The parts of a donation add up to the captured amount (a
    database constraint refuses anything else), and their fees to the provider's fee.
    """
    if not moves:
        return []
    donations = [move.donation for move in moves]
    named = _rules(session, {one.project_id for one in donations})
    videos = _videos(session, donations)
    parts = [
        Part(move.donation, row)
        for move in moves
        for row in _rows(move, rules.RULES[named[move.donation.project_id]], videos)
    ]
    session.execute(insert(Credit), [part.row for part in parts])
    return parts


def reverse(session: Session, moves: Sequence[Move]) -> list[Reversal]:
    """Take refunds and lost disputes back from the donations' credits, in proportion to what is left of each;
    give back what failed refunds had taken, in proportion to what is gone."""
    reversals: list[Reversal] = []
    for move in moves:
        changes_money = move.refunded_minor or move.lost_minor or move.fee_minor
        if move.event is None or move.captured_minor or not changes_money:
            continue
        made = _of_move(session, move)
        rows = [
            {
                "credit_id": one.credit.id,
                "event_id": move.event.id,
                "amount_minor": one.amount_minor,
                "fee_minor": one.fee_minor,
                "at": move.at,
            }
            for one in made
        ]
        if rows:
            session.execute(insert(CreditReversal), rows)
        reversals += made
    return reversals


def of_donation(session: Session, donation_id: int) -> Sequence[Credit]:
    """The credits of a donation in the order they were given."""
    return session.scalars(select(Credit).where(Credit.donation_id == donation_id).order_by(Credit.id)).all()


def _of_move(session: Session, move: Move) -> list[Reversal]:
    credits = of_donation(session, move.donation.id)
    gone = _reversed_so_far(session, move.donation.id)
    taken = [gone.get(one.id, 0) for one in credits]
    minor = move.refunded_minor + move.lost_minor
    if minor >= 0:
        amounts = split.taken_back(
            minor, [one.amount_minor - of for one, of in zip(credits, taken, strict=True)]
        )
    else:
        amounts = [-part for part in split.taken_back(-minor, taken)]
    costs = split.in_parts(move.fee_minor, [Fraction(one.amount_minor) for one in credits])
    return [
        Reversal(move.donation, credit, amount, cost, move.at)
        for credit, amount, cost in zip(credits, amounts, costs, strict=True)
        if amount or cost
    ]


def _rows(move: Move, rule: Rule, videos: _Videos) -> Iterable[dict[str, Any]]:
    donation = move.donation
    path = [donation.video_id] if donation.video_id is not None else []
    weights = rules.weights_by_video(rule, path)
    shares: list[int | None] = list(weights) or [None]
    amounts = split.in_parts(move.captured_minor, list(weights.values()) or [Fraction(1)])
    fees = split.in_parts(move.fee_minor, [Fraction(amount) for amount in amounts])
    evidence = _evidence(donation, weights, videos)
    for video_id, amount, fee in zip(shares, amounts, fees, strict=True):
        if amount:
            yield {
                "donation_id": donation.id,
                "video_id": video_id,
                "creator_id": videos.creators[video_id][0] if video_id is not None else None,
                "amount_minor": amount,
                "fee_minor": fee,
                "currency": donation.currency,
                "rule": rule.name,
                "rule_version": rule.version,
                "evidence": evidence,
                "at": move.at,
            }


def _evidence(donation: Donation, weights: Mapping[int, Fraction], videos: _Videos) -> dict[str, Any]:
    link = videos.links.get(donation.link_id) if donation.link_id is not None else None
    named = {video_id: videos.creators[video_id][1] for video_id in weights}
    return {
        "path": [{"video": named[video_id], "kind": "made_from", "link": link} for video_id in weights],
        "weights": [[named[video_id], str(weight)] for video_id, weight in weights.items()],
    }


def _rules(session: Session, project_ids: Collection[int]) -> dict[int, str]:
    rows = session.execute(select(Project.id, Project.credit_rule).where(Project.id.in_(project_ids)))
    return dict(rows.all())


def _videos(session: Session, donations: Iterable[Donation]) -> _Videos:
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for donation in donations:
        wanted["videos"].add(donation.video_id or 0)
        wanted["links"].add(donation.link_id or 0)
    made = session.execute(
        select(Video.id, Video.creator_id, Video.code).where(Video.id.in_(wanted["videos"]))
    )
    links = session.execute(
        select(DonationLink.id, DonationLink.code).where(DonationLink.id.in_(wanted["links"]))
    )
    return _Videos({video_id: (creator_id, code) for video_id, creator_id, code in made}, dict(links.all()))


def _reversed_so_far(session: Session, donation_id: int) -> dict[int, int]:
    rows = session.execute(
        select(CreditReversal.credit_id, func.sum(CreditReversal.amount_minor))
        .join(Credit, Credit.id == CreditReversal.credit_id)
        .where(Credit.donation_id == donation_id)
        .group_by(CreditReversal.credit_id)
    )
    return {credit_id: int(minor) for credit_id, minor in rows}
