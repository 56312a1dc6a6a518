"""Touches as rows: made of what is on the stream, and written in one statement however many they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.core import bulk, clock
from app.credit import ceilings, moments, months
from app.credit.models import HELD, TOUCH_KINDS, TouchEntry
from app.credit.touch_counts import COUNTED_ONLY
from app.gateways.touch_stream import Entry
from app.videos.models import Video

OPEN = "open"
KINDS = frozenset((*TOUCH_KINDS, *COUNTED_ONLY))
PLACES_OF_KINDS = {kind: place for place, kind in enumerate(TOUCH_KINDS, 1)}
PLACES_OF_REASONS = {reason: place for place, reason in enumerate(("", *HELD), 1)}
EPOCH, MICROSECOND = datetime.fromtimestamp(0, UTC), timedelta(microseconds=1)
LONGEST_ON_STREAM = timedelta(days=30)
MOST_AGO = timedelta(hours=1)  # a page that was asleep may tell late, but not later than this

# Columns travel as numbers: text in arrays is quoted and read piece by piece. The rows that were there
# already are told only when there are any: mostly there are none.
_INSERT = text("""
    WITH fresh AS (
        INSERT INTO touch (session_at, visitor, video_id, kind, at, moment_s, held)
        SELECT session_at, visitor, video_id, (CAST(:kinds AS varchar[]))[kind],
            timestamptz 'epoch' + at * interval '1 microsecond', moment_s,
            (CAST(:reasons AS varchar[]))[held]
        FROM unnest(CAST(:visits AS int[]), CAST(:videos AS bigint[]), CAST(:kind AS int[]),
            CAST(:at AS bigint[]), CAST(:moments AS int[]), CAST(:held AS int[]))
            WITH ORDINALITY AS row (visit, video_id, kind, at, moment_s, held, place)
        JOIN unnest(CAST(:sessions AS timestamptz[]), CAST(:visitors AS varchar[]))
            WITH ORDINALITY AS visit (session_at, visitor, visit) USING (visit)
        ORDER BY place
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
    """A row of `touch`; of the kinds COUNTED_ONLY it is counted and not written."""

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
    many, *fresh = session.execute(_INSERT, {**_columns(rows), "many": len(rows)}).all()
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


def _columns(rows: Sequence[TouchRow]) -> dict[str, object]:
    """Rows as the columns of _INSERT: sessions each once, and all else as lists of numbers."""
    visits = {visit: place for place, visit in enumerate(dict.fromkeys(row[:2] for row in rows), 1)}
    return {
        "sessions": [session_at for session_at, _ in visits],
        "visitors": [visitor for _, visitor in visits],
        "kinds": list(PLACES_OF_KINDS),
        "reasons": list(PLACES_OF_REASONS),
        "visits": _array(visits[row[:2]] for row in rows),
        "videos": _array(row.video_id for row in rows),
        "kind": _array(PLACES_OF_KINDS[row.kind] for row in rows),
        "at": _array((row.at - EPOCH) // MICROSECOND for row in rows),
        "moments": _array("NULL" if row.moment_s is None else row.moment_s for row in rows),
        "held": _array(PLACES_OF_REASONS[row.held] for row in rows),
    }


def _array(numbers: Iterable[int | str]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"
