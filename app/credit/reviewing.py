"""What a nonprofit looks at of gifts that are held out of its rankings: why, and what was decided before."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.money import Money
from app.credit import credits
from app.credit.models import Credit, Flag, FlagDecision, HeldPart
from app.donations.models import Donation

PAGE = 25
STATES = ("waiting", "kept", "cleared")


@dataclass(frozen=True)
class Decided:
    """A decision with the name of who made it."""

    decision: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Part:
    """A creator's part of a gift, how much of it is credited to them, and all that was found and decided."""

    held: HeldPart
    number: str
    given_at: datetime
    creator: str
    amount: Money
    reasons: Sequence[Flag]
    decisions: Sequence[Decided]


def parts(session: Session, nonprofit_id: int, state: str, page: int) -> list[Part]:
    """One page of the parts in a state, those that were found last first; one more if more follow."""
    credited = (
        select(Credit.donation_id, Credit.creator_id, func.sum(Credit.amount_minor).label("minor"))
        .where(Credit.donation_id == HeldPart.donation_id, Credit.creator_id == HeldPart.creator_id)
        .where(credits.stands())
        .group_by(Credit.donation_id, Credit.creator_id)
        .lateral()
    )
    rows = session.execute(
        select(HeldPart, Donation, Person.name, func.coalesce(credited.c.minor, 0))
        .join(Donation, Donation.id == HeldPart.donation_id)
        .join(Person, Person.id == HeldPart.creator_id)
        .outerjoin(credited, credited.c.donation_id == HeldPart.donation_id)
        .where(HeldPart.nonprofit_id == nonprofit_id, HeldPart.state == state)
        .order_by(HeldPart.found_at.desc(), HeldPart.donation_id.desc(), HeldPart.creator_id)
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    gifts = [held.donation_id for held, *_ in rows]
    reasons, decisions = _reasons(session, gifts), _decisions(session, gifts)
    return [
        Part(
            held=held,
            number=gift.number,
            given_at=gift.created_at,
            creator=name,
            amount=Money(int(minor), gift.currency),
            reasons=reasons[held.donation_id, held.creator_id],
            decisions=decisions[held.donation_id, held.creator_id],
        )
        for held, gift, name, minor in rows
    ]


def counts(session: Session, nonprofit_id: int) -> dict[str, int]:
    """How many parts are in each state."""
    rows = session.execute(
        select(HeldPart.state, func.count())
        .where(HeldPart.nonprofit_id == nonprofit_id)
        .group_by(HeldPart.state)
    )
    found = {state: int(count) for state, count in rows}
    return {state: found.get(state, 0) for state in STATES}


def _reasons(session: Session, gifts: Sequence[int]) -> defaultdict[tuple[int, int], list[Flag]]:
    found: defaultdict[tuple[int, int], list[Flag]] = defaultdict(list)
    for flag in session.scalars(select(Flag).where(Flag.donation_id.in_(gifts)).order_by(Flag.id)):
        found[flag.donation_id, flag.creator_id].append(flag)
    return found


def _decisions(session: Session, gifts: Sequence[int]) -> defaultdict[tuple[int, int], list[Decided]]:
    rows = session.execute(
        select(FlagDecision, Person.name)
        .join(Person, Person.id == FlagDecision.decided_by_id)
        .where(FlagDecision.donation_id.in_(gifts))
        .order_by(FlagDecision.id.desc())
    )
    found: defaultdict[tuple[int, int], list[Decided]] = defaultdict(list)
    for one, name in rows:
        found[one.donation_id, one.creator_id].append(Decided(one.decision, one.note, name, one.at))
    return found
