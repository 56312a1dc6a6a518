"""Credit of donations: decided once when their money has arrived, taken back with refunds, never edited."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from app.core import bulk
from app.core.money import Money
from app.credit import deciding, inheritance, split
from app.credit.inheritance import Decision
from app.credit.models import Credit, CreditReversal, CreditWithdrawal
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
class Held:
    """A credit that stands, and how much of it is gone: counted on as the steps of one batch take more.

    `costs` is what disputes have cost it beside its own fee.
    """

    credit: Credit
    gone: int
    costs: int

    @property
    def fee(self) -> int:
        """All that it cost so far, in minor units."""
        return self.credit.fee_minor + self.costs


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
    creators = creators_of(session, {video for one in decided.values() for video in one.weights if video})
    parts = [
        Part(move.donation, row) for move in moves for row in _rows(move, decided[move.donation.id], creators)
    ]
    bulk.insert(session, Credit, [part.row for part in parts])
    return parts


def reverse(session: Session, moves: Sequence[Move]) -> list[Reversal]:
    """Take refunds and lost disputes back from the donations' credits, in proportion to what is left of each;
    give back what failed refunds had taken, in proportion to what is gone."""
    later = [move for move in moves if move.event and not move.captured_minor and _reaches_credit(move)]
    if not later:
        return []
    held = standing(session, {move.donation.id for move in later})
    reversals = [made for move in later for made in _of_move(move, held[move.donation.id])]
    bulk.insert(session, CreditReversal, [_reversal_row(one) for one in reversals])
    return reversals


def standing(session: Session, donation_ids: Collection[int]) -> Mapping[int, list[Held]]:
    """The credits of donations that stand, in the order they were given, by the donation's id."""
    gone = (
        select(
            func.coalesce(func.sum(CreditReversal.amount_minor), 0).label("minor"),
            func.coalesce(func.sum(CreditReversal.fee_minor), 0).label("costs"),
        )
        .where(CreditReversal.credit_id == Credit.id)
        .lateral()
    )
    rows = session.execute(
        select(Credit, gone.c.minor, gone.c.costs)
        .join(gone, true())
        .where(Credit.donation_id == bulk.of_ids(donation_ids), stands())
        .order_by(Credit.id)
    )
    held: defaultdict[int, list[Held]] = defaultdict(list)
    for credit, minor, costs in rows:
        held[credit.donation_id].append(Held(credit, int(minor), int(costs)))
    return held


def stands() -> ColumnElement[bool]:
    """Whether a credit stands: no decision has withdrawn it."""
    return ~select(CreditWithdrawal.id).where(CreditWithdrawal.credit_id == Credit.id).exists()


def rows_of(decided: Decision, captured: Money, fee_minor: int) -> Iterator[dict[str, Any]]:
    """A donation's captured money and the provider's fee in parts, by what was decided, as credit is written.

    A video whose part comes to nothing has no row.
    """
    shares: list[int | None] = list(decided.weights) or [None]
    amounts = split.in_parts(captured.minor, list(decided.weights.values()) or [Fraction(1)])
    fees = split.in_parts(fee_minor, [Fraction(amount) for amount in amounts])
    for video_id, amount, fee in zip(shares, amounts, fees, strict=True):
        if amount:
            yield {
                "video_id": video_id,
                "amount_minor": amount,
                "fee_minor": fee,
                "currency": captured.currency,
                "rule": decided.rule,
                "rule_version": decided.version,
                "evidence": decided.evidence,
            }


def creators_of(session: Session, video_ids: Collection[int]) -> dict[int, int]:
    """Whose the videos are."""
    rows = session.execute(select(Video.id, Video.creator_id).where(Video.id.in_(video_ids)))
    return dict(rows.all())


def _reaches_credit(move: Move) -> bool:
    return bool(move.refunded_minor or move.lost_minor or move.fee_minor)


def _of_move(move: Move, held: Sequence[Held]) -> Iterator[Reversal]:
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
        "project_id": one.credit.project_id,
        "event_id": one.move.event.id if one.move.event else None,
        "amount_minor": one.amount_minor,
        "fee_minor": one.fee_minor,
        "at": one.move.at,
    }


def _rows(move: Move, decided: Decision, creators: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    donation = move.donation
    for row in rows_of(decided, Money(move.captured_minor, donation.currency), move.fee_minor):
        creator = creators.get(row["video_id"])
        yield {
            **row,
            "donation_id": donation.id,
            "project_id": donation.project_id,
            "creator_id": creator,
            "at": move.at,
        }
