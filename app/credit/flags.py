"""Flags: gifts are looked at once they are credited, and what is found holds their parts out of rankings."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import audit, bulk, clock, ids, tasks
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.credit import credits, integrity, marks
from app.credit.integrity import Finding, Gift
from app.credit.models import Credit, Flag, FlagDecision, GiverMark, HeldPart, VisitorPerson
from app.donations.models import Donation
from app.donations.settlement import Move

MOST_GIFTS = 2000  # of one giver that are looked at together, the newest
MAX_NOTE_LENGTH = 1000
OF_GIVERS = (integrity.MAIL, integrity.CARD, integrity.VISITOR, integrity.ACCOUNT)
OF_PEOPLE = (integrity.ACCOUNT, integrity.INBOX, integrity.BROWSER, integrity.SHARES)


def follow(session: Session, moves: Iterable[Move]) -> None:
    """Have gifts looked at whose money has just arrived, or whose card has just become known."""
    news = {one.donation.id for one in moves if one.captured_minor or (one.event and one.event.card)}
    if news:
        look_again(session, news)


def follow_sign_in(session: Session, visitor: str) -> None:
    """Have the gifts of this browser, and of people who have signed in with it, looked at once more."""
    people = session.scalars(select(VisitorPerson.person_id).where(VisitorPerson.visitor == visitor)).all()
    known = [f"{kind}:{one}" for one in people for kind in (integrity.ACCOUNT, integrity.INBOX)]
    if gifts := _with_marks(session, [marks.hashed(integrity.VISITOR, visitor), *known]):
        look_again(session, gifts)


def look_again(session: Session, donation_ids: Iterable[int]) -> None:
    """Have gifts looked at once more, because something about them has changed."""
    tasks.defer(session, "integrity.look", donation_ids=sorted(set(donation_ids)))


def look(session: Session, donation_ids: Collection[int]) -> int:
    """Flag what is the matter with these gifts, or with earlier ones because of them; the new flags.

    One look at a time, so that each sees what those before it have learned. Done again, it finds no more.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('integrity'))"))
    marks.learn(session, donation_ids)
    return _write(session, integrity.find(_around(session, donation_ids)))


def decide(
    session: Session, nonprofit_id: int, code: str, decision: str, note: str, person_id: int
) -> HeldPart:
    """Keep a part out of rankings, or clear it, with a note. Appended: what was decided before stays.

    Raises NotFound, Invalid("note"), Invalid("decision"), KindrelayError.
    """
    part = session.scalar(
        select(HeldPart)
        .where(HeldPart.nonprofit_id == nonprofit_id, HeldPart.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if part is None:
        raise NotFound(N_("There is no such gift."))
    note = note.strip()
    if not note:
        raise Invalid("note", N_("Say what you found, for whoever reads this later."))
    if len(note) > MAX_NOTE_LENGTH:
        raise Invalid("note", N_("Use at most %(length)s characters."), length=MAX_NOTE_LENGTH)
    if decision not in ("kept", "cleared"):
        raise Invalid("decision", N_("Choose one from the list."))
    if part.state == decision:
        raise KindrelayError(N_("Somebody has decided this already."))
    part.state = decision
    session.add(
        FlagDecision(
            donation_id=part.donation_id,
            creator_id=part.creator_id,
            decision=decision,
            note=note,
            decided_by_id=person_id,
        )
    )
    audit.record(session, f"ranking.{decision}", person_id, f"held_part:{part.code}", note=note)
    session.flush()
    return part


def _around(session: Session, donation_ids: Collection[int]) -> list[Gift]:
    """The gifts, all others by the same givers, and what the creators they went to gave to others."""
    same = select(GiverMark.mark).where(
        GiverMark.donation_id == bulk.of_ids(donation_ids), _of_kind(OF_GIVERS)
    )
    found = {*donation_ids, *_with_marks(session, session.scalars(same).all())}
    creators: set[int] = set()
    for _ in range(integrity.LONGEST_RING - 1):
        credited = select(Credit.creator_id).where(Credit.donation_id == bulk.of_ids(found)).distinct()
        new = {one for one in session.scalars(credited) if one is not None} - creators
        if not new:
            break
        creators |= new
        found |= set(_with_marks(session, [f"{kind}:{one}" for one in new for kind in OF_PEOPLE]))
    return _gifts(session, found)


def _with_marks(session: Session, wanted: Sequence[str]) -> Sequence[int]:
    query = select(GiverMark.donation_id).where(GiverMark.mark == bulk.of_names(wanted))
    return session.scalars(query.order_by(GiverMark.donation_id.desc()).limit(MOST_GIFTS)).all()


def _of_kind(kinds: Iterable[str]) -> ColumnElement[bool]:
    return func.split_part(GiverMark.mark, ":", 1).in_(list(kinds))


def _gifts(session: Session, donation_ids: Collection[int]) -> list[Gift]:
    known: defaultdict[int, set[str]] = defaultdict(set)
    for donation_id, mark in session.execute(
        select(GiverMark.donation_id, GiverMark.mark).where(
            GiverMark.donation_id == bulk.of_ids(donation_ids)
        )
    ):
        known[donation_id].add(mark)
    parts: defaultdict[int, dict[int, int]] = defaultdict(dict)
    rows = session.execute(
        select(Credit.donation_id, Credit.creator_id, func.sum(Credit.amount_minor))
        .where(
            Credit.donation_id == bulk.of_ids(donation_ids),
            Credit.creator_id.is_not(None),
            credits.stands(),
        )
        .group_by(Credit.donation_id, Credit.creator_id)
    )
    for donation_id, creator_id, minor in rows:
        parts[donation_id][creator_id or 0] = int(minor)
    donations = session.execute(
        select(Donation.id, Donation.created_at, Donation.amount_minor, Donation.currency).where(
            Donation.id == bulk.of_ids(donation_ids)
        )
    )
    return [
        Gift(one.id, one.created_at, one.amount_minor, one.currency, frozenset(known[one.id]), parts[one.id])
        for one in donations
    ]


def _write(session: Session, found: Sequence[Finding]) -> int:
    if not found:
        return 0
    at = clock.now()
    rows = [
        {
            "donation_id": one.gift_id,
            "creator_id": one.creator_id,
            "reason": one.reason.value,
            "details": {"gifts": one.count},
            "at": at,
        }
        for one in found
    ]
    fresh = session.execute(
        insert(Flag).on_conflict_do_nothing().returning(Flag.donation_id, Flag.creator_id), rows
    ).all()
    _hold(session, {(donation_id, creator_id) for donation_id, creator_id in fresh})
    return len(fresh)


def _hold(session: Session, parts: Collection[tuple[int, int]]) -> None:
    """Hold parts; one that was cleared waits again, because something new is the matter with it."""
    if not parts:
        return
    rows = session.execute(
        select(Donation.id, Donation.nonprofit_id, Donation.project_id).where(
            Donation.id.in_([donation_id for donation_id, _ in parts])
        )
    )
    of_gift = {row[0]: (row[1], row[2]) for row in rows}
    statement = insert(HeldPart)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[HeldPart.donation_id, HeldPart.creator_id],
            set_={"state": "waiting", "found_at": statement.excluded.found_at},
            where=HeldPart.state == "cleared",
        ),
        [
            {
                "donation_id": donation_id,
                "creator_id": creator_id,
                "code": ids.new_code(),
                "nonprofit_id": of_gift[donation_id][0],
                "project_id": of_gift[donation_id][1],
                "state": "waiting",
                "found_at": clock.now(),
            }
            for donation_id, creator_id in sorted(parts)
        ],
    )
