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
LONGEST_ON_STREAM = timedelta(days=30)
SECOND_US, MILLISECOND_US = 1_000_000, 1_000
MOST_AGO_MS = 3_600_000  # a page that was asleep may tell late, but not later than this

# Columns travel as numbers: text in arrays is quoted and read piece by piece. What is told back are the rows
# that were there already, by their places: mostly there are few of them.
_INSERT = text("""
    WITH told AS MATERIALIZED (
        SELECT place, session_at, visitor, video_id, (CAST(:kinds AS varchar[]))[kind] AS kind,
            timestamptz 'epoch' + at * interval '1 microsecond' AS at, moment_s,
            (CAST(:reasons AS varchar[]))[held] AS held
        FROM unnest(CAST(:of_visit AS int[]), CAST(:videos AS bigint[]), CAST(:kind AS int[]),
            CAST(:at AS bigint[]), CAST(:moments AS int[]), CAST(:held AS int[]))
            WITH ORDINALITY AS row (visit, video_id, kind, at, moment_s, held, place)
        JOIN unnest(CAST(:sessions AS timestamptz[]), CAST(:visitors AS varchar[]))
            WITH ORDINALITY AS visit (session_at, visitor, visit) USING (visit)
    ), fresh AS (
        INSERT INTO touch (session_at, visitor, video_id, kind, at, moment_s, held)
        SELECT session_at, visitor, video_id, kind, at, moment_s, held FROM told ORDER BY place
        ON CONFLICT DO NOTHING
        RETURNING session_at, visitor, video_id, kind
    )
    SELECT place FROM told LEFT JOIN fresh USING (session_at, visitor, video_id, kind)
    WHERE fresh.visitor IS NULL AND (SELECT count(*) FROM fresh) < :many
""")
_FORGET = text("DELETE FROM touch_entry WHERE name = ANY(:names)")
_REMEMBER = text("""
    INSERT INTO touch_entry (name, at) SELECT name, :at FROM unnest(CAST(:names AS varchar[])) name
    ON CONFLICT DO NOTHING RETURNING name
""")


class Visit(NamedTuple):
    """A session of a visitor."""

    session_at: datetime
    visitor: str


class TouchRow(NamedTuple):
    """A row of `touch`, `at` in microseconds since 1970; of the kinds COUNTED_ONLY it is counted, and not
    written."""

    visit: Visit
    video_id: int
    kind: str
    at: int
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
    visits: dict[Visit, dict[tuple[int, str], TouchRow]] = {}
    for entry in told:
        visit = visit_of(entry)
        rows = visits.setdefault(visit, {})
        for row in _of_entry(visit, entry, clips):
            rows.setdefault((row.video_id, row.kind), row)
    return [row for _, rows in sorted(visits.items()) for _, row in sorted(rows.items())]


def visit_of(entry: Entry) -> Visit:
    """The session that an entry is told of."""
    return Visit(datetime.fromtimestamp(entry.body["session"], UTC), entry.body["visitor"])


def insert(session: Session, rows: Sequence[TouchRow]) -> Sequence[TouchRow]:
    """Write touches; returns those that had not been told before."""
    if not rows:
        return []
    months.ensure(session, {row.visit.session_at for row in rows})
    known = set(session.scalars(_INSERT, {**_columns(rows), "many": len(rows)}))
    return [row for place, row in enumerate(rows, 1) if place not in known] if known else rows


def forget_entries(session: Session, names: Sequence[str]) -> None:
    """Drop the names of entries that are off the stream."""
    session.execute(_FORGET, {"names": list(names)})


def forget_old_entries(session: Session) -> None:
    """Drop the names of entries that nobody came back for: they have left the stream long ago."""
    session.execute(delete(TouchEntry).where(TouchEntry.at < clock.now() - LONGEST_ON_STREAM))


def _of_entry(visit: Visit, entry: Entry, clips: Mapping[str, _Clip]) -> Iterator[TouchRow]:
    begun, now = (round(entry.body[name] * SECOND_US) for name in ("session", "now"))
    held = entry.body.get("held", "")
    for place, (code, kind, ago_ms, *second) in enumerate(entry.body["told"]):
        if (clip := clips.get(code)) is not None and kind in KINDS:
            at = max(begun, now - min(max(ago_ms, 0), MOST_AGO_MS) * MILLISECOND_US)
            moment_s = moments.within(clip.duration_ms, *second) if kind == OPEN else None
            reason = held or ceilings.REASONS.get(entry.marks[place : place + 1], "")
            yield TouchRow(visit, clip.id, kind, at, moment_s, reason)


def _columns(rows: Sequence[TouchRow]) -> dict[str, object]:
    """Rows as the columns of _INSERT: visits each once, and all else as lists of numbers."""
    of_visit, videos, kinds, at, seconds, held = zip(*rows, strict=True)
    visits = {visit: place for place, visit in enumerate(dict.fromkeys(of_visit), 1)}
    return {
        "sessions": [session_at for session_at, _ in visits],
        "visitors": [visitor for _, visitor in visits],
        "kinds": list(PLACES_OF_KINDS),
        "reasons": list(PLACES_OF_REASONS),
        "of_visit": _array(map(visits.__getitem__, of_visit)),
        "videos": _array(videos),
        "kind": _array(map(PLACES_OF_KINDS.__getitem__, kinds)),
        "at": _array(at),
        "moments": _array("NULL" if second is None else second for second in seconds),
        "held": _array(map(PLACES_OF_REASONS.__getitem__, held)),
    }


def _array(numbers: Iterable[int | str]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"
