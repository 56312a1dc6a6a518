"""The relay: links that are passed on, whom they reach, and what is given because of them.

A share holds no name. Who made it sees what came of it; nobody else does: a share's code stands in the link
that everybody passes on, and what it led to is shown at a signed address, which only its maker is told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import CTE, ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.money import Money
from app.credit import integrity
from app.credit.models import GiverMark, Share, ShareCount
from app.donations.models import Donation

DEEPEST = 100  # hops that are followed
OF_MAKERS = (integrity.ACCOUNT, integrity.MAIL, integrity.CARD, integrity.VISITOR)
KEPT = Donation.captured_minor - Donation.refunded_minor - Donation.lost_minor


@dataclass(frozen=True)
class Chain:
    """What came of a share: how often it and those after it were opened, how far it went, what was given.

    `shares` counts those after it that led somebody somewhere; `hops` is the longest line of them. `gifts`
    are those of which something was kept; `given` has an amount a currency, after refunds.
    """

    opened: int
    shares: int
    hops: int
    gifts: int
    given: Sequence[Money]


def find(session: Session, code: str) -> Share | None:
    """The share of a code; None for one that nobody made."""
    return session.scalar(select(Share).where(Share.code == code)) if code else None


def make(session: Session, video_id: int, came_by: str, own: Collection[str] = ()) -> Share:
    """A share of a video by somebody who came through the share `came_by` (a code, or nothing).

    A new one, unless one of `own`, the codes of what the same person has shared before, is just that.
    """
    parent = find(session, came_by)
    parent_id = parent.id if parent else None
    again = select(Share).where(
        Share.code.in_(own), Share.video_id == video_id, Share.parent_id.is_not_distinct_from(parent_id)
    )
    if own and (made := session.scalars(again.order_by(Share.id).limit(1)).first()) is not None:
        return made
    share = Share(video_id=video_id, parent_id=parent_id)
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


def own_token(code: str, secret_key: str) -> str:
    """What lets its holder see what came of a share; it cannot be made from the share's link."""
    return str(_signer(secret_key).dumps(code))


def by_token(session: Session, token: str, secret_key: str) -> Share:
    """The share of a token. Raises NotFound for one that was not made here."""
    try:
        share = find(session, str(_signer(secret_key).loads(token)))
    except BadSignature:
        share = None
    if share is None:
        raise NotFound(N_("There is no shared link at this address. Is a part of the address missing?"))
    return share


def made_by(session: Session, codes: Collection[str]) -> Sequence[Share]:
    """The shares of some codes, newest first."""
    found = select(Share).where(Share.code.in_(codes)).order_by(Share.id.desc())
    return session.scalars(found).all() if codes else []


def hands(session: Session, code: str) -> int:
    """How many people passed a link on, one after the other, until it was the share of this code."""
    start = select(Share.parent_id, literal(1).label("hand")).where(Share.code == code)
    line = start.cte("line", recursive=True)
    line = line.union_all(
        select(Share.parent_id, line.c.hand + 1).where(Share.id == line.c.parent_id, line.c.hand < DEEPEST)
    )
    return session.scalar(select(func.max(line.c.hand))) or 0 if code else 0


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
    return chains(session, [share_id])[share_id]


def chains(session: Session, share_ids: Collection[int]) -> dict[int, Chain]:
    """The chain of each of some shares, by their ids; two queries however many they are."""
    tree = _tree(share_ids)
    after = and_(tree.c.hop > 0, _led_somewhere(tree))
    reached = session.execute(
        select(
            tree.c.root,
            func.coalesce(func.sum(ShareCount.arrivals), 0),
            func.count().filter(after),
            func.coalesce(func.max(tree.c.hop).filter(after), 0),
        )
        .outerjoin(ShareCount, ShareCount.share_id == tree.c.id)
        .group_by(tree.c.root)
    ).all()
    given = session.execute(
        select(tree.c.root, Donation.currency, func.count(), func.sum(KEPT))
        .join(tree, tree.c.id == Donation.share_id)
        .where(KEPT > 0, ~_by_its_maker(tree.c.root))
        .group_by(tree.c.root, Donation.currency)
        .order_by(Donation.currency)
    ).all()
    found: dict[int, Chain] = {}
    for root, opened, shares, hops in reached:
        own = [(int(count), Money(int(minor), name)) for of, name, count, minor in given if of == root]
        gifts, amounts = sum(count for count, _ in own), [amount for _, amount in own]
        found[root] = Chain(int(opened), int(shares), int(hops), gifts, amounts)
    return found


def _tree(share_ids: Collection[int]) -> CTE:
    """The shares and all that were made after coming through them: `id`, `root`, and the `hop` each is at."""
    roots = select(Share.id, Share.id.label("root"), literal(0).label("hop")).where(Share.id.in_(share_ids))
    tree = roots.cte("tree", recursive=True)
    return tree.union_all(
        select(Share.id, tree.c.root, tree.c.hop + 1).where(
            Share.parent_id == tree.c.id, tree.c.hop < DEEPEST
        )
    )


def _led_somewhere(tree: CTE) -> ColumnElement[bool]:
    """Whether anybody came by a share, shared on after that, or gave. A link that lies unused is no hop."""
    passed_on = aliased(Share)
    return or_(
        ShareCount.arrivals > 0,
        exists().where(passed_on.parent_id == tree.c.id),
        exists().where(Donation.share_id == tree.c.id, KEPT > 0),
    )


def _by_its_maker(share_id: ColumnElement[int]) -> ColumnElement[bool]:
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


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="share")
