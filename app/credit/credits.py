"""Credit of donations: decided once when their money has arrived, taken back with refunds, never edited."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.credit import deciding, inheritance, split
from app.credit.inheritance import Decision
from app.credit.models import Credit, CreditReversal
from app.donations.models import Donation
from app.donations.settlement import Move
from app.videos.models import Video


@dataclass(frozen=True)
class Part:
    """A part of a donation that a video (or none) is credited with, as it is about to be written."""

    donation: Donation
    row: dict[str, Any]


@dataclass(frozen=True)
class Reversal:
    """What a refund or a lost dispute took back of one credit; below zero when a refund failed."""

    move: Move
    credit: Credit
    amount_minor: int
    fee_minor: int


@dataclass
class _Held:
    """A credit, and how much of it is gone: counted on as the steps of one batch take more."""

    credit: Credit
    gone: int


def apply(session: Session, moves: Sequence[Move]) -> list[Part]:
    """Split what was captured among the videos that moved it, by the project's rule, frozen with its version.

    Without any video it is one uncredited part. The parts of a donation add up to the captured amount (a
    database constraint refuses anything else), and their fees to the provider's fee.
    """
    if not moves:
        return []
    donations = [move.donation for move in moves]
    inherited = inheritance.of_renewals(session, donations)
    fresh = deciding.of(session, [one for one in donations if one.id not in inherited])
    decided = {**fresh, **inherited}
    creators = _creators(session, {video for one in decided.values() for video in one.weights})
    parts = [
        Part(move.donation, row) for move in moves for row in _rows(move, decided[move.donation.id], creators)
    ]
    session.execute(insert(Credit), [part.row for part in parts])
    return parts


def reverse(session: Session, moves: Sequence[Move]) -> list[Reversal]:
    """Take refunds and lost disputes back from the donations' credits, in proportion to what is left of each;
    give back what failed refunds had taken, in proportion to what is gone."""
    later = [move for move in moves if move.event and not move.captured_minor and _reaches_credit(move)]
    if not later:
        return []
    held = _held(session, {move.donation.id for move in later})
    reversals = [made for move in later for made in _of_move(move, held[move.donation.id])]
    if reversals:
        session.execute(insert(CreditReversal), [_reversal_row(one) for one in reversals])
    return reversals


def of_donation(session: Session, donation_id: int) -> Sequence[Credit]:
    """The credits of a donation in the order they were given."""
    return session.scalars(select(Credit).where(Credit.donation_id == donation_id).order_by(Credit.id)).all()


def _reaches_credit(move: Move) -> bool:
    return bool(move.refunded_minor or move.lost_minor or move.fee_minor)


def _held(session: Session, donation_ids: Collection[int]) -> Mapping[int, list[_Held]]:
    """The credits of donations in the order they were given, each with what was taken back of it so far."""
    gone = (
        select(func.coalesce(func.sum(CreditReversal.amount_minor), 0))
        .where(CreditReversal.credit_id == Credit.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Credit, gone).where(Credit.donation_id.in_(donation_ids)).order_by(Credit.id)
    )
    held: defaultdict[int, list[_Held]] = defaultdict(list)
    for credit, minor in rows:
        held[credit.donation_id].append(_Held(credit, int(minor)))
    return held


def _of_move(move: Move, held: Sequence[_Held]) -> Iterator[Reversal]:
    minor = move.refunded_minor + move.lost_minor
    if minor >= 0:
        amounts = split.taken_back(minor, [one.credit.amount_minor - one.gone for one in held])
    else:
        amounts = [-part for part in split.taken_back(-minor, [one.gone for one in held])]
    costs = split.either_way(move.fee_minor, [Fraction(one.credit.amount_minor) for one in held])
    for one, amount, cost in zip(held, amounts, costs, strict=True):
        one.gone += amount
        if amount or cost:
            yield Reversal(move, one.credit, amount, cost)


def _reversal_row(one: Reversal) -> dict[str, Any]:
    return {
        "credit_id": one.credit.id,
        "event_id": one.move.event.id if one.move.event else None,
        "amount_minor": one.amount_minor,
        "fee_minor": one.fee_minor,
        "at": one.move.at,
    }


def _rows(move: Move, decided: Decision, creators: Mapping[int, int]) -> Iterable[dict[str, Any]]:
    shares: list[int | None] = list(decided.weights) or [None]
    amounts = split.in_parts(move.captured_minor, list(decided.weights.values()) or [Fraction(1)])
    fees = split.in_parts(move.fee_minor, [Fraction(amount) for amount in amounts])
    for video_id, amount, fee in zip(shares, amounts, fees, strict=True):
        if amount:
            yield {
                "donation_id": move.donation.id,
                "video_id": video_id,
                "creator_id": creators[video_id] if video_id is not None else None,
                "amount_minor": amount,
                "fee_minor": fee,
                "currency": move.donation.currency,
                "rule": decided.rule,
                "rule_version": decided.version,
                "evidence": decided.evidence,
                "at": move.at,
            }


def _creators(session: Session, video_ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(select(Video.id, Video.creator_id).where(Video.id.in_(video_ids)))
    return dict(rows.all())
