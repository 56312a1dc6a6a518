"""Touches: what visitors who agreed have watched, opened and come through; written in bulk, each once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

import structlog
from sqlalchemy import and_, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import unit_of_work
from app.credit import moments, relay, touch_counts
from app.credit.models import TOUCH_KINDS, Touch, VideoCount, VisitorPerson
from app.credit.paths import Step
from app.credit.touch_counts import SHOWN
from app.donations.models import Donation
from app.gateways.touch_stream import Entry, TouchStream
from app.videos.models import DonationLink, Video

ARRIVE = "arrive"
OPEN = "open"
BATCH = 500  # entries of the stream written in one transaction
LONGEST_SESSION = timedelta(days=2)  # older partitions need not be looked at
MOST_AGO = timedelta(hours=1)  # a page that was asleep may tell late, but not later than this
# What an entry raises that is not what `tell` writes, or that the database cannot hold.
NONSENSE = (KeyError, TypeError, ValueError, OverflowError, DataError)

log = structlog.get_logger()


@dataclass(frozen=True)
class Told:
    """A touch as a page tells it: which video, what happened, how long ago in milliseconds, and at which
    second of the clip, if that is known."""

    code: str
    kind: str
    ago_ms: int
    moment_s: int | None = None


def tell(
    stream: TouchStream, visitor: str, session_at: datetime, told: Sequence[Told], through: str = ""
) -> None:
    """Put touches of one visitor's session on the stream; they count from now on.

    `through` is the code of the share that an "arrive" among them came by.
    """
    stream.append(
        {
            "visitor": visitor,
            "session": session_at.timestamp(),
            "now": clock.now().timestamp(),
            "told": [[one.code, one.kind, one.ago_ms, one.moment_s] for one in told],
            "through": through,
        }
    )


def tell_arrival(stream: TouchStream, through: str) -> None:
    """Count that somebody, of whom nothing is kept, came through a share."""
    stream.append({"told": [], "through": through})


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
        stream.done(entries)
    return new


def write(session: Session, entries: Sequence[Entry]) -> int:
    """Write batches and count what is new in them; a video that is not there any more is left out."""
    arrivals = Counter[str](entry.body["through"] for entry in entries if not entry.body["told"])
    rows = _rows(session, entries)
    fresh = _inserted(session, [row for row in rows if row["kind"] != SHOWN])
    shown = [(row["video_id"], row["at"], SHOWN) for row in rows if row["kind"] == SHOWN]
    touch_counts.count(session, [*shown, *((row.video_id, row.at, row.kind) for row in fresh)])
    moments.count(session, Counter((row.video_id, row.moment_s) for row in fresh if row.moment_s is not None))
    through = _through(entries)
    arrivals.update(through.get((row.visitor, row.session_at), "") for row in fresh if row.kind == ARRIVE)
    relay.arrived(session, arrivals)
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


def forget_before(session: Session, day: date) -> list[str]:
    """Drop the partitions of months that ended before `day`; returns their names. Counts stay."""
    names = session.scalars(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'touch'::regclass")
    ).all()
    gone = [name for name in sorted(names) if _end_of(name) <= day]
    for name in gone:
        session.execute(text(f'DROP TABLE "{name}"'))
    return gone


def _kept(entries: Sequence[Entry]) -> int:
    with unit_of_work() as session:
        return write(session, entries)


def _kept_or_given_up(entry: Entry) -> int:
    try:
        return _kept([entry])
    except NONSENSE as error:
        log.error("touches that make no sense are given up", entry=entry.name, error=str(error))
        return 0


def _inserted(session: Session, rows: Sequence[dict[str, Any]]) -> Sequence[Any]:
    """Write touches; returns those that had not been told before."""
    if not rows:
        return []
    for month in sorted({row["session_at"].date().replace(day=1) for row in rows}):
        _ensure_partition(session, month)
    statement = insert(Touch).on_conflict_do_nothing()
    known = (Touch.video_id, Touch.kind, Touch.at, Touch.visitor, Touch.session_at, Touch.moment_s)
    return session.execute(statement.returning(*known), rows).all()


def _rows(session: Session, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    codes = {one[0] for entry in entries for one in entry.body["told"]}
    videos = {video.code: video for video in session.scalars(select(Video).where(Video.code.in_(codes)))}
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for entry in entries:
        if not entry.body["told"]:
            continue
        begun = datetime.fromtimestamp(entry.body["session"], UTC)
        now = datetime.fromtimestamp(entry.body["now"], UTC)
        for code, kind, ago_ms, *moment in entry.body["told"]:
            if code in videos and kind in (*TOUCH_KINDS, SHOWN):
                at = max(begun, now - min(timedelta(milliseconds=ago_ms), MOST_AGO))
                row = {
                    "session_at": begun,
                    "visitor": entry.body["visitor"],
                    "video_id": videos[code].id,
                    "kind": kind,
                    "at": at,
                    "moment_s": moments.within(videos[code], *moment) if kind == OPEN else None,
                }
                rows.setdefault((begun, row["visitor"], row["video_id"], kind), row)
    return [rows[key] for key in sorted(rows)]


def _through(entries: Sequence[Entry]) -> dict[tuple[str, datetime], str]:
    """By which share each visitor's session came."""
    return {
        (entry.body["visitor"], datetime.fromtimestamp(entry.body["session"], UTC)): entry.body["through"]
        for entry in entries
        if entry.body["told"] and entry.body.get("through")
    }


def _ensure_partition(session: Session, month: date) -> None:
    name = f"touch_{month:%Y_%m}"
    if session.scalar(select(func.to_regclass(name))) is None:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('touch'))"))
        session.execute(
            text(
                f'CREATE TABLE IF NOT EXISTS "{name}" PARTITION OF touch '
                f"FOR VALUES FROM ('{month} 00:00+00') TO ('{_end_of(name)} 00:00+00')"
            )
        )


def _end_of(name: str) -> date:
    """The first day after a partition's month."""
    year, month = (int(part) for part in name.split("_")[1:3])
    return date(year + month // 12, month % 12 + 1, 1)
