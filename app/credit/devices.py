"""The devices of one person: visitors that agreed to be known, and have signed in as the same one."""

from collections.abc import Collection

from sqlalchemy import Subquery, exists, null, select, true, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.core import bulk, clock
from app.credit.models import VisitorPerson
from app.donations.models import Donation

MOST = 20  # other devices of one person that are looked at, the newest


def link(session: Session, visitor: str, person_id: int) -> bool:
    """Note that a visitor has signed in as a person; whether that is new."""
    fresh = session.execute(
        insert(VisitorPerson)
        .values(visitor=visitor, person_id=person_id, at=clock.now())
        .on_conflict_do_nothing()
        .returning(VisitorPerson.person_id)
    )
    return fresh.first() is not None


def of_givers(donation_ids: Collection[int]) -> Subquery:
    """The devices of whoever gave, a row each: `donation_id`, `visitor`, and `since` when it is theirs.

    `since` is null for the one that was given with. The others had signed in as the same person before that
    gift. A device that several people have signed in with says of none of them what they watched.
    """
    given = select(Donation.id.label("donation_id"), Donation.visitor, null().label("since")).where(
        Donation.id == bulk.of_ids(donation_ids)
    )
    mine, device, stranger = (aliased(VisitorPerson) for _ in range(3))
    theirs = (
        select(device.visitor, device.at)
        .where(
            device.person_id == mine.person_id,
            device.visitor != mine.visitor,
            device.at <= Donation.created_at,
        )
        .order_by(device.at.desc(), device.visitor)
        .limit(MOST)
        .lateral()
    )
    others = (
        select(Donation.id, theirs.c.visitor, theirs.c.at)
        .join(mine, (mine.visitor == Donation.visitor) & (mine.at <= Donation.created_at))
        .join(theirs, true())
        .where(
            Donation.id == bulk.of_ids(donation_ids),
            ~exists().where(
                stranger.visitor.in_((mine.visitor, theirs.c.visitor)),
                stranger.person_id != mine.person_id,
                stranger.at <= Donation.created_at,
            ),
        )
    )
    return union_all(given, others).subquery("device")
