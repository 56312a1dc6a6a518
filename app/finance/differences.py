"""Differences between the books and the provider: found by reconciliation, open until a person settles them.

None is ever silently fixed. One that is found again is seen again; one that is not found any more stays, so
that somebody can say why.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.donations.models import Donation
from app.finance.models import Difference, Reconciliation

MAX_NOTE_LENGTH = 1000
CHUNK = 500


@dataclass(frozen=True)
class Found:
    """Something on which the books and the provider do not agree. `details` are figures, as JSON values."""

    kind: str
    reference: str
    nonprofit_id: int | None
    donation_id: int | None
    details: Mapping[str, Any]


def note(session: Session, found: Iterable[Found]) -> None:
    """Keep what was found; what is open already was seen again.

    What a person has settled and is found again, just as it was, stays settled.
    """
    wanted = list(found)
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        settled = _settled(session, chunk)
        rows = {
            (one.kind, one.reference): _row(one)
            for one in chunk
            if (one.kind, one.reference, _written(one.details)) not in settled
        }
        if rows:
            _write(session, list(rows.values()))


def settle(session: Session, difference: Difference, words: str, person_id: int) -> None:
    """Close a difference with what a person has to say about it. Raises Invalid("note"), KindrelayError."""
    words = words.strip()
    if not words:
        raise Invalid("note", N_("Say what you found, for whoever reads this later."))
    if len(words) > MAX_NOTE_LENGTH:
        raise Invalid("note", N_("Use at most %(length)s characters."), length=MAX_NOTE_LENGTH)
    session.refresh(difference, with_for_update=True)
    if difference.settled_at is not None:
        raise KindrelayError(N_("Somebody has settled this already."))
    difference.settled_at = clock.now()
    difference.settled_by_id = person_id
    difference.note = words
    details = {"kind": difference.kind, "reference": difference.reference, "note": words}
    audit.record(session, "difference.settled", person_id, f"difference:{difference.code}", **details)


def of_nonprofit(session: Session, nonprofit_id: int, *, settled: bool, limit: int) -> Sequence[Difference]:
    """An organisation's differences that are open, or those that were settled, newest first."""
    closed = Difference.settled_at.is_not(None) if settled else Difference.settled_at.is_(None)
    order = (Difference.settled_at.desc(),) if settled else (Difference.found_at.desc(), Difference.id.desc())
    return session.scalars(
        select(Difference)
        .where(Difference.nonprofit_id == nonprofit_id, closed)
        .order_by(*order)
        .limit(limit)
    ).all()


def standing(session: Session) -> Sequence[Difference]:
    """Every difference of the site that nobody has settled, oldest first."""
    return session.scalars(
        select(Difference).where(Difference.settled_at.is_(None)).order_by(Difference.id)
    ).all()


def one_of(session: Session, nonprofit_id: int, code: str) -> Difference:
    """A difference of an organisation. Raises NotFound."""
    difference = session.scalar(
        select(Difference).where(Difference.nonprofit_id == nonprofit_id, Difference.code == code)
    )
    if difference is None:
        raise NotFound(N_("There is no such difference."))
    return difference


def numbers(session: Session, found: Iterable[Difference]) -> dict[int, str]:
    """The numbers of the donations that differences are about, by the donations' ids."""
    wanted = {one.donation_id for one in found if one.donation_id is not None}
    rows = session.execute(select(Donation.id, Donation.number).where(Donation.id.in_(wanted)))
    return dict(rows.all())


def last_comparison(session: Session) -> datetime | None:
    """When the provider was last asked; an open difference seen before that is not found any more."""
    return session.scalar(select(func.max(Reconciliation.at)))


def query(session: Session, kind: str, sql: str, values: Mapping[str, Any]) -> list[Found]:
    """What a query finds; its columns are reference, nonprofit_id, donation_id and details (JSON)."""
    rows = session.execute(text(sql), values)
    return [Found(kind, row.reference, row.nonprofit_id, row.donation_id, row.details) for row in rows]


def _row(one: Found) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "reference": one.reference,
        "nonprofit_id": one.nonprofit_id,
        "donation_id": one.donation_id,
        "details": dict(one.details),
    }


def _write(session: Session, rows: list[dict[str, Any]]) -> None:
    session.execute(
        insert(Difference)
        .values(rows)
        .on_conflict_do_update(
            index_elements=[Difference.kind, Difference.reference],
            index_where=Difference.settled_at.is_(None),
            set_={"seen_at": clock.now()},
        )
    )


def _settled(session: Session, found: Sequence[Found]) -> set[tuple[str, str, str]]:
    rows = session.execute(
        select(Difference.kind, Difference.reference, Difference.details).where(
            Difference.settled_at.is_not(None), Difference.reference.in_([one.reference for one in found])
        )
    )
    return {(kind, reference, _written(details)) for kind, reference, details in rows}


def _written(details: Mapping[str, Any]) -> str:
    return json.dumps(details, sort_keys=True)
