"""The relay: links that are passed on, whom they reach, and what is given because of them.

A share holds no name. Who made it sees what came of it; nobody else does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.core.money import Money
from app.credit import integrity
from app.credit.models import GiverMark, Share, ShareCount
from app.donations.models import Donation

DEEPEST = 100  # hops that are followed
OF_MAKERS = (integrity.ACCOUNT, integrity.MAIL, integrity.CARD, integrity.VISITOR)


@dataclass(frozen=True)
class Chain:
    """What came of a share: how often it and those after it were opened, how far it went, what was given.

    `hops` counts the longest line of shares after this one. `gifts` are those of which something
    was kept; `given` has an amount a currency, after refunds.
    """

    opened: int
    shares: int
    hops: int
    gifts: int
    given: Sequence[Money]


def find(session: Session, code: str) -> Share | None:
    """The share of a code; None for one that nobody made."""
    return session.scalar(select(Share).where(Share.code == code)) if code else None


def make(session: Session, video_id: int, came_by: str) -> Share:
    """A new share of a video, by somebody who came through the share `came_by` (a code, or nothing)."""
    parent = find(session, came_by)
    share = Share(video_id=video_id, parent_id=parent.id if parent else None)
    session.add(share)
    session.flush()
    return share


def of_gift(session: Session, donation: Donation) -> Share | None:
    """The one share of a donor who gave from a video: the same each time. None without a video."""
    if donation.video_id is None:
        return None
    session.execute(
        insert(Share)
        .values(video_id=donation.video_id, parent_id=donation.share_id, donation_id=donation.id)
        .on_conflict_do_nothing(index_elements=[Share.donation_id])
    )
    return session.scalars(select(Share).where(Share.donation_id == donation.id)).one()


def arrived(session: Session, times: Mapping[str, int]) -> None:
    """Count how often videos were opened through shares, by the shares' codes; unknown ones are left out."""
    known = session.execute(
        select(Share.id, Share.code).where(Share.code.in_(times)).order_by(Share.id)
    ).all()
    if known:
        statement = insert(ShareCount)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[ShareCount.share_id],
                set_={"arrivals": ShareCount.arrivals + statement.excluded.arrivals},
            ),
            [{"share_id": share_id, "arrivals": times[code]} for share_id, code in known],
        )


def chain(session: Session, share_id: int) -> Chain:
    """All that came of a share, through every share that was made after coming through it.

    What the giver whose share it is gives again on that way moved nobody else, and does not count.
    """
    start = select(Share.id, literal(0).label("hop")).where(Share.id == share_id).cte("tree", recursive=True)
    tree = start.union_all(
        select(Share.id, start.c.hop + 1).where(Share.parent_id == start.c.id, start.c.hop < DEEPEST)
    )
    shares, hops, opened = session.execute(
        select(func.count() - 1, func.max(tree.c.hop), func.coalesce(func.sum(ShareCount.arrivals), 0))
        .select_from(tree)
        .outerjoin(ShareCount, ShareCount.share_id == tree.c.id)
    ).one()
    kept = Donation.captured_minor - Donation.refunded_minor - Donation.lost_minor
    rows = session.execute(
        select(Donation.currency, func.count(), func.sum(kept))
        .join(tree, tree.c.id == Donation.share_id)
        .where(kept > 0, ~_by_its_maker(share_id))
        .group_by(Donation.currency)
        .order_by(Donation.currency)
    ).all()
    given = [Money(int(minor), currency) for currency, _, minor in rows]
    return Chain(int(opened), int(shares), int(hops), sum(int(count) for _, count, _ in rows), given)


def _by_its_maker(share_id: int) -> ColumnElement[bool]:
    """Whether a gift has a mark in common with the gift whose donor the share is of."""
    of_maker, of_gift = aliased(GiverMark), aliased(GiverMark)
    return (
        select(of_gift.mark)
        .join(of_maker, of_maker.mark == of_gift.mark)
        .join(Share, Share.donation_id == of_maker.donation_id)
        .where(
            Share.id == share_id,
            of_gift.donation_id == Donation.id,
            func.split_part(of_gift.mark, ":", 1).in_(OF_MAKERS),
        )
        .exists()
    )
