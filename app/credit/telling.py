"""Why a gift was split as it was, with all that happened to its credit since: for the pages that tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core.money import Money
from app.credit import evidence, explaining
from app.credit.evidence import Part
from app.credit.explaining import Explanation
from app.credit.models import Credit, CreditReversal, CreditWithdrawal
from app.donations.models import Donation, PaymentEvent
from app.videos.models import Video


@dataclass(frozen=True)
class TakenBack:
    """One taking back of one part; below zero when a refund came back. `kind` is that of the provider's
    event (app.gateways.payments.contract.EventKind), "decided" for what was gone before a decision."""

    video: Video | None
    kind: str
    at: datetime
    amount: Money
    cost: Money


@dataclass(frozen=True)
class Was:
    """A part of a split that does not stand any more, with what had been taken back of it until then."""

    video: Video | None
    amount: Money
    taken_back: Money


@dataclass(frozen=True)
class Earlier:
    """A split that the nonprofit replaced. `until` is when it did."""

    rule: str
    version: int
    until: datetime
    parts: Sequence[Was]


@dataclass(frozen=True)
class Why:
    """All that a page tells of a gift's credit. `videos` are those of the path and the split, by code, each
    with its creator."""

    told: Explanation
    videos: Mapping[str, Video]
    parts: Sequence[Part]
    taken_back: Sequence[TakenBack]
    earlier: Sequence[Earlier]


def of(session: Session, donation: Donation) -> Why | None:
    """Why a donation was split as it was; None until money has arrived."""
    parts = evidence.parts_of(session, donation.id)
    if not parts:
        return None
    credit = parts[0].credit
    captured = Money(donation.captured_minor, donation.currency)
    told = explaining.explain(
        credit.evidence, credit.rule, credit.rule_version, captured, donation.created_at
    )
    return Why(
        told,
        _videos(session, told),
        parts,
        _taken_back(session, donation.id),
        _earlier(session, donation.id),
    )


def own_only(why: Why, creator_id: int) -> Why:
    """The same for a creator: nothing of other creators' videos but that there were some."""

    def is_own(video: Video | None) -> bool:
        return video is not None and video.creator_id == creator_id

    own = {code: video for code, video in why.videos.items() if is_own(video)}
    return Why(
        explaining.own_only(why.told, own),
        own,
        [part for part in why.parts if is_own(part.video)],
        [one for one in why.taken_back if is_own(one.video)],
        [replace(one, parts=[part for part in one.parts if is_own(part.video)]) for one in why.earlier],
    )


def _videos(session: Session, told: Explanation) -> dict[str, Video]:
    codes = {one.video for one in [*told.steps, *told.shares] if one.video}
    found = session.scalars(select(Video).where(Video.code.in_(codes)).options(joinedload(Video.creator)))
    return {video.code: video for video in found}


def _taken_back(session: Session, donation_id: int) -> list[TakenBack]:
    """Of every credit that ever stood: what was taken back, in the order it happened."""
    rows = session.execute(
        select(CreditReversal, Credit.currency, Video, PaymentEvent.kind)
        .join(Credit, Credit.id == CreditReversal.credit_id)
        .outerjoin(Video, Video.id == Credit.video_id)
        .outerjoin(PaymentEvent, PaymentEvent.id == CreditReversal.event_id)
        .where(Credit.donation_id == donation_id)
        .order_by(CreditReversal.id)
    )
    return [
        TakenBack(
            video,
            kind or "decided",
            reversal.at,
            Money(reversal.amount_minor, currency),
            Money(reversal.fee_minor, currency),
        )
        for reversal, currency, video, kind in rows
    ]


def _earlier(session: Session, donation_id: int) -> list[Earlier]:
    """The splits that decisions replaced, oldest first."""
    rows = session.execute(
        select(Credit, CreditWithdrawal, Video)
        .join(CreditWithdrawal, CreditWithdrawal.credit_id == Credit.id)
        .outerjoin(Video, Video.id == Credit.video_id)
        .where(Credit.donation_id == donation_id)
        .order_by(CreditWithdrawal.decision_id, Credit.id)
        .options(joinedload(Video.creator))
    ).all()
    splits: list[Earlier] = []
    for _, group in groupby(rows, key=lambda row: row[1].decision_id):
        withdrawn = list(group)
        credit, withdrawal, _ = withdrawn[0]
        parts = [
            Was(video, Money(one.amount_minor, one.currency), Money(gone.refunded_minor, one.currency))
            for one, gone, video in withdrawn
        ]
        splits.append(Earlier(credit.rule, credit.rule_version, withdrawal.at, parts))
    return splits
