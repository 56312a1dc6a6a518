"""Touches as rows: made of what is on the stream, and written in one statement however many they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.core import bulk, clock
from app.credit import ceilings, moments, months
from app.credit.models import TOUCH_KINDS, TouchEntry
from app.credit.touch_counts import SHOWN
from app.gateways.touch_stream import Entry
from app.videos.models import Video

OPEN = "open"
KINDS = frozenset((*TOUCH_KINDS, SHOWN))
LONGEST_ON_STREAM = timedelta(days=30)
MOST_AGO = timedelta(hours=1)  # a page that was asleep may tell late, but not later than this

# The rows that were there already are told only when there are any: mostly there are none.
_INSERT = text("""
    WITH fresh AS (
        INSERT INTO touch (session_at, visitor, video_id, kind, at, moment_s, held)
        SELECT * FROM unnest(CAST(:sessions AS timestamptz[]), CAST(:visitors AS varchar[]),
            CAST(:videos AS bigint[]), CAST(:kinds AS varchar[]), CAST(:moments AS timestamptz[]),
            CAST(:seconds AS integer[]), CAST(:held AS varchar[]))
        ON CONFLICT DO NOTHING
        RETURNING session_at, visitor, video_id, kind
    )
    SELECT NULL AS session_at, NULL AS visitor, count(*) AS video_id, NULL AS kind FROM fresh
    UNION ALL SELECT * FROM fresh WHERE (SELECT count(*) FROM fresh) < :many
""")
_FORGET = text("DELETE FROM touch_entry WHERE name = ANY(:names)")
_REMEMBER = text("""
    INSERT INTO touch_entry (name, at) SELECT name, :at FROM unnest(CAST(:names AS varchar[])) name
    ON CONFLICT DO NOTHING RETURNING name
""")


class TouchRow(NamedTuple):
    """A row of `touch`; of the kind SHOWN it is counted and not written."""

    session_at: datetime
    visitor: str
    video_id: int
    kind: str
    at: datetime
    moment_s: int | None
    held: str

    @property
    def counts_as(self) -> str:
        """The kind under which it is counted: why it is held, if it is."""
        return self.held or self.kind


class _Clip(NamedTuple):
    id: int
    duration_ms: int | None


def unwritten(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that no transaction before this one has written; from now on they have been.

    So an entry whose writer died after its commit, and before it could say so, is not counted again.
    """
    names = sorted({entry.name for entry in entries})
    new = set(session.scalars(_REMEMBER, {"names": names, "at": clock.now()}))
    return [entry for entry in {entry.name: entry for entry in entries}.values() if entry.name in new]


def of(session: Session, entries: Iterable[Entry]) -> list[TouchRow]:
    """The touches of entries, each once, in one order for all writers; without those of unknown videos."""
    told = [entry for entry in entries if entry.body["told"]]
    codes = {one[0] for entry in told for one in entry.body["told"]}
    query = select(Video.code, Video.id, Video.duration_ms).where(Video.code == bulk.of_names(codes))
    clips = {code: _Clip(video_id, duration) for code, video_id, duration in session.execute(query)}
    rows: dict[tuple[object, ...], TouchRow] = {}
    for entry in told:
        for row in _of_entry(entry, clips):
            rows.setdefault(row[:4], row)
    return sorted(rows.values(), key=_key)


def insert(session: Session, rows: Sequence[TouchRow]) -> Sequence[TouchRow]:
    """Write touches; returns those that had not been told before."""
    if not rows:
        return []
    months.ensure(session, {row.session_at for row in rows})
    names = ("sessions", "visitors", "videos", "kinds", "moments", "seconds", "held")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    many, *fresh = session.execute(_INSERT, {**columns, "many": len(rows)}).all()
    if many.video_id == len(rows):
        return rows
    new = {tuple(one) for one in fresh}
    return [row for row in rows if row[:4] in new]


def forget_entries(session: Session, names: Sequence[str]) -> None:
    """Drop the names of entries that are off the stream."""
    session.execute(_FORGET, {"names": list(names)})


def forget_old_entries(session: Session) -> None:
    """Drop the names of entries that nobody came back for: they have left the stream long ago."""
    session.execute(delete(TouchEntry).where(TouchEntry.at < clock.now() - LONGEST_ON_STREAM))


def _of_entry(entry: Entry, clips: Mapping[str, _Clip]) -> Iterator[TouchRow]:
    begun = datetime.fromtimestamp(entry.body["session"], UTC)
    now = datetime.fromtimestamp(entry.body["now"], UTC)
    visitor, held = entry.body["visitor"], entry.body.get("held", "")
    for place, (code, kind, ago_ms, *second) in enumerate(entry.body["told"]):
        if code in clips and kind in KINDS:
            clip = clips[code]
            at = max(begun, now - min(timedelta(milliseconds=ago_ms), MOST_AGO))
            moment_s = moments.within(clip.duration_ms, *second) if kind == OPEN else None
            reason = held or ceilings.REASONS.get(entry.marks[place : place + 1], "")
            yield TouchRow(begun, visitor, clip.id, kind, at, moment_s, reason)


def _key(row: TouchRow) -> tuple[datetime, str, int, str]:
    return row[:4]
