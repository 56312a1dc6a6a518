"""Why a donation was credited as it was: its parts, with what the rule saw."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.money import Money
from app.credit import credits
from app.credit.models import Credit, CreditReversal
from app.videos.models import Video


@dataclass(frozen=True)
class Part:
    """One part of a donation: what it was when it was given, and what refunds took back of it.

    `video` and `creator` are None for the uncredited part.
    """

    credit: Credit
    video: Video | None
    creator: Person | None
    amount: Money
    fee: Money
    taken_back: Money

    @property
    def left(self) -> Money:
        """What still stands of the part."""
        return self.amount - self.taken_back


def parts_of(session: Session, donation_id: int) -> Sequence[Part]:
    """The parts of a donation in the order they were given; empty until its money has arrived."""
    taken_back = (
        select(func.coalesce(func.sum(CreditReversal.amount_minor), 0))
        .where(CreditReversal.credit_id == Credit.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Credit, Video, Person, taken_back)
        .outerjoin(Video, Video.id == Credit.video_id)
        .outerjoin(Person, Person.id == Credit.creator_id)
        .where(Credit.donation_id == donation_id, credits.stands())
        .order_by(Credit.id)
    )
    return [
        Part(
            credit,
            video,
            creator,
            Money(credit.amount_minor, credit.currency),
            Money(credit.fee_minor, credit.currency),
            Money(int(gone), credit.currency),
        )
        for credit, video, creator, gone in rows
    ]


def videos_of(session: Session, donation_ids: Collection[int]) -> dict[int, list[tuple[Video, Person]]]:
    """The videos that each donation is credited to, with their creators; nothing for one without any."""
    rows = session.execute(
        select(Credit.donation_id, Video, Person)
        .join(Video, Video.id == Credit.video_id)
        .join(Person, Person.id == Credit.creator_id)
        .where(Credit.donation_id.in_(donation_ids), credits.stands())
        .order_by(Credit.id)
    )
    found: defaultdict[int, list[tuple[Video, Person]]] = defaultdict(list)
    for donation_id, video, creator in rows:
        found[donation_id].append((video, creator))
    return found
