"""Touches: what visitors who agreed have watched, opened and come through; written in bulk, each once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple, Protocol

import structlog
from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import unit_of_work
from app.credit import ceilings, moments, relay, touch_counts, touch_rows
from app.credit.models import Touch, VideoCount, VisitorPerson
from app.credit.paths import Step
from app.credit.touch_counts import COUNTED_ONLY
from app.credit.touch_rows import TouchRow
from app.donations.models import Donation
from app.gateways.touch_stream import Entry, Source, TouchStream
from app.videos.models import DonationLink

ARRIVE = "arrive"
BATCH = 500  # entries of the stream written in one transaction
LONGEST_SESSION = timedelta(days=2)  # older partitions need not be looked at
# What an entry raises that is not what `tell` writes, or that the database cannot hold.
NONSENSE = (KeyError, TypeError, ValueError, OverflowError, DataError)

log = structlog.get_logger()


class Told(NamedTuple):
    """A touch as a page tells it: which video, what happened, how long ago in milliseconds, and at which
    second of the clip, if that is known."""

    code: str
    kind: str
    ago_ms: int
    moment_s: int | None = None


AnyTold = Told | tuple[str, str, int] | tuple[str, str, int, int]


class Line(Protocol):
    """What leads to the stream."""

    def append(self, body: dict[str, Any], names: Sequence[str], sources: Iterable[Source]) -> None:
        """As TouchStream does."""
        ...


@dataclass(frozen=True)
class Come:
    """How touches reached us: why none of them counts, if so, and where they come from beside the visitor."""

    held: str = ""
    sources: Sequence[Source] = ()


PEOPLE = Come()


def tell(
    line: Line,
    visitor: str,
    session_at: datetime,
    told: Sequence[AnyTold],
    through: str = "",
    come: Come = PEOPLE,
) -> None:
    """Put touches of one visitor's session on the stream; they count from now on.

    `through` is the code of the share that an "arrive" among them came by, `come` how they reached us.
    """
    now = clock.now()
    body = {
        "visitor": visitor,
        "session": session_at.timestamp(),
        "now": now.timestamp(),
        "told": told,
        "through": through,
        "held": come.held,
    }
    names = [f"{code}{kind}" for code, kind, *_ in told]
    line.append(body, names, [ceilings.of_visitor(visitor, now), *come.sources])


def tell_arrival(line: Line, through: str, come: Come = PEOPLE) -> None:
    """Count that somebody, of whom nothing is kept, came through a share."""
    line.append({"told": [], "through": through, "held": come.held}, [through], come.sources)


def drain(stream: TouchStream) -> int:
    """Write everything that is on the stream now; returns how many touches were new.

    What comes meanwhile is left to the next: money waits for this. Safe to run anywhere at any time: touches
    that are written twice count once. An entry that cannot be written is given up, so that it holds up
    nothing that comes after it.
    """
    new = 0
    for _ in range(ceil(stream.length() / BATCH)):
        if not (entries := stream.read(BATCH)):
            break
        try:
            new += _kept(entries)
        except NONSENSE:
            new += sum(_kept_or_given_up(entry) for entry in entries)
        _done(stream, entries)
    return new


def write(session: Session, entries: Sequence[Entry]) -> int:
    """Write batches and count what is new in them; a video that is not there any more is left out.

    An entry that was written before is not written, and not counted, again.
    """
    entries = touch_rows.unwritten(session, entries)
    rows = touch_rows.of(session, entries)
    fresh = touch_rows.insert(session, [row for row in rows if row.kind not in COUNTED_ONLY])
    counted = [row for row in rows if row.kind in COUNTED_ONLY and not row.held]
    touch_counts.count(session, [(row.video_id, row.at, row.counts_as) for row in (*counted, *fresh)])
    opened = [row for row in fresh if row.moment_s is not None and not row.held]
    moments.count(session, Counter((row.video_id, row.moment_s or 0) for row in opened))
    relay.arrived(session, _arrivals(entries, fresh))
    return len(fresh)


def link(session: Session, visitor: str, person_id: int) -> bool:
    """Note that a visitor has signed in as a person; whether that is new."""
    fresh = session.execute(
        insert(VisitorPerson)
        .values(visitor=visitor, person_id=person_id, at=clock.now())
        .on_conflict_do_nothing()
        .returning(VisitorPerson.person_id)
    )
    return fresh.first() is not None


def before(session: Session, donations: Iterable[Donation], window: timedelta) -> dict[int, list[Step]]:
    """What the donors touched within `window` before they gave, by the donation's id.

    Only of visitors who agreed, and of videos that carry, or have carried, a link to the same project.
    """
    known = [one for one in donations if one.visitor]
    if not known:
        return {}
    rows = session.execute(
        select(Donation.id, Touch.video_id, Touch.kind, Touch.at)
        .join(Touch, and_(Touch.visitor == Donation.visitor, Touch.at <= Donation.created_at))
        .where(
            Donation.id.in_([one.id for one in known]),
            Touch.at >= Donation.created_at - window,
            Touch.session_at >= min(one.created_at for one in known) - window - LONGEST_SESSION,
            select(DonationLink.id)
            .where(DonationLink.video_id == Touch.video_id, DonationLink.project_id == Donation.project_id)
            .exists(),
        )
        .order_by(Donation.id, Touch.at)
    )
    found: defaultdict[int, list[Step]] = defaultdict(list)
    for donation_id, video_id, kind, at in rows:
        found[donation_id].append(Step(video_id, kind, at))
    return found


def counts(session: Session, video_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """How many touches of each kind the videos had in all, by video."""
    rows = session.execute(
        select(VideoCount.video_id, VideoCount.kind, func.sum(VideoCount.count))
        .where(VideoCount.video_id.in_(list(video_ids)))
        .group_by(VideoCount.video_id, VideoCount.kind)
    )
    found: dict[int, dict[str, int]] = {}
    for video_id, kind, total in rows:
        found.setdefault(video_id, {})[kind] = int(total)
    return found


def _done(stream: TouchStream, entries: Sequence[Entry]) -> None:
    """Take written entries off the stream; only then may it be forgotten that they were written."""
    stream.done(entries)
    with unit_of_work() as session:
        touch_rows.forget_entries(session, [entry.name for entry in entries])


def _kept(entries: Sequence[Entry]) -> int:
    with unit_of_work() as session:
        return write(session, entries)


def _kept_or_given_up(entry: Entry) -> int:
    try:
        return _kept([entry])
    except NONSENSE as error:
        log.error("touches that make no sense are given up", entry=entry.name, error=str(error))
        return 0


def _arrivals(entries: Sequence[Entry], fresh: Sequence[TouchRow]) -> Counter[str]:
    """How often each share was come through, by its code: by visitors who are known, and by others."""
    through = {
        touch_rows.visit_of(entry): entry.body["through"]
        for entry in entries
        if entry.body["told"] and entry.body.get("through")
    }
    known = [row for row in fresh if row.kind == ARRIVE and not row.held]
    unknown = [entry for entry in entries if not entry.body["told"] and not _is_held(entry)]
    return Counter(
        [
            *(through.get(row.visit, "") for row in known),
            *(entry.body["through"] for entry in unknown),
        ]
    )


def _is_held(entry: Entry) -> bool:
    return bool(entry.body.get("held")) or entry.marks.strip(ceilings.COUNTS) != ""
