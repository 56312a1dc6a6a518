"""Counts of touches by video, by the project that the video carried then, and by the nonprofit's own day."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import inf
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, select, text
from sqlalchemy.orm import Session

from app.core import bulk
from app.nonprofits.models import Nonprofit
from app.projects.models import Project
from app.videos.models import DonationLink

SHOWN = "shown"
STAGES = ("quarter", "half", "most", "whole")  # of its length that a clip was played for, once a page
COUNTED_ONLY = (SHOWN, *STAGES)  # there are no touches of these
Seen = tuple[int, int, str]  # a video's id, when (microseconds since 1970), and a kind of touch
Place = tuple[int, int | None, date, str]  # video, project, day, kind
ABOUT = "video_id, project_id, day, kind"
SECOND_US = 1_000_000
EPOCH, MICROSECOND = datetime.fromtimestamp(0, UTC), timedelta(microseconds=1)
FIRST_DAYS = 3  # of the first month that is kept: touches then may belong to a session of the month before

_ADD = text(f"""
    INSERT INTO video_count ({ABOUT}, count)
    SELECT {ABOUT}, count FROM json_populate_recordset(CAST(NULL AS video_count), CAST(:rows AS json))
    ON CONFLICT ({ABOUT}) DO UPDATE SET count = video_count.count + excluded.count
""")  # noqa: S608 (names of our own columns)

# What the touches that are kept say, less what is counted: of days of which every touch is kept. 0 stands for
# no project: NULLs would not join.
_DIFFERENCES = f"""
    SELECT video_id, nullif(project_id, 0) AS project_id, day, kind,
        coalesce(seen.count, 0) - coalesce(counted.count, 0) AS count
    FROM (
        SELECT touch.video_id, coalesce(carried.project_id, 0) AS project_id,
            (touch.at AT TIME ZONE coalesce(carried.time_zone, 'UTC'))::date AS day,
            CASE WHEN held = '' THEN kind ELSE held END AS kind, count(*) AS count
        FROM touch LEFT JOIN (
            SELECT link.video_id, link.project_id, time_zone, link.created_at AS since,
                coalesce(link.retired_at, 'infinity') AS until
            FROM donation_link link
            JOIN project ON project.id = link.project_id
            JOIN nonprofit ON nonprofit.id = project.nonprofit_id
        ) carried ON carried.video_id = touch.video_id AND since <= touch.at AND touch.at < until
        GROUP BY 1, 2, 3, 4
    ) seen FULL JOIN (
        SELECT video_id, coalesce(project_id, 0) AS project_id, day, kind, count
        FROM video_count WHERE kind NOT IN {COUNTED_ONLY}
    ) counted USING ({ABOUT})
    WHERE day >= :first AND coalesce(seen.count, 0) <> coalesce(counted.count, 0)
"""  # noqa: S608 (names of our own columns)
_MEND = text(f"""
    INSERT INTO video_count ({ABOUT}, count) {_DIFFERENCES} ORDER BY day, project_id
    ON CONFLICT ({ABOUT}) DO UPDATE SET count = video_count.count + excluded.count
""")


class Days:
    """Days of a time zone: the one that a moment lies in, which mostly is that of the moment before it."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._begins = self._ends = 0
        self._day = date.min

    def of(self, at: int) -> date:
        """The day at `at`, in microseconds since 1970."""
        if not self._begins <= at < self._ends:
            self._day = datetime.fromtimestamp(at / SECOND_US, self._zone).date()
            self._begins, self._ends = (self._start(self._day + timedelta(days=more)) for more in (0, 1))
        return self._day

    def _start(self, day: date) -> int:
        return _microseconds(datetime.combine(day, time.min, self._zone))


class _Carried(NamedTuple):
    """A project that a video carries or has carried, from when until when, and its organisation's days."""

    project_id: int
    days: Days
    since: int
    until: float


def count(session: Session, seen: Iterable[Seen]) -> None:
    """Count touches that are new, all of their kinds: each caller counts a touch once."""
    rows = list(seen)
    carried, utc = _carried(session, {video_id for video_id, _, _ in rows}), Days(UTC)
    found = Counter(_place(carried.get(video_id, ()), utc, video_id, at, kind) for video_id, at, kind in rows)
    if found:
        told = [
            {"video_id": video_id, "project_id": project_id, "day": day, "kind": kind, "count": found[place]}
            for place in sorted(found, key=lambda place: (place[0], place[1] or 0, *place[2:]))
            for video_id, project_id, day, kind in [place]
        ]
        # One batch at a time: a statement's updates and its new rows reach `day_reach` one after the other,
        # so two batches could each hold what the other needs.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('touch_counts'))"))
        session.execute(_ADD, {"rows": bulk.as_json(told)})


def differences(session: Session) -> Sequence[Any]:
    """Counts that the touches themselves do not confirm, each with how many are missing in it (or, below
    zero, too many); of days of which all touches are kept still. Empty when all is well."""
    _grouped_in_memory(session)
    first = _first_day(session)
    return session.execute(text(_DIFFERENCES), {"first": first}).all() if first else []


def rebuild(session: Session) -> int:
    """Put right what `differences` finds, in one statement; returns how many counts that were.

    Touches may be written meanwhile: what differs is added, so that nothing is lost or counted twice.
    """
    _grouped_in_memory(session)
    first = _first_day(session)
    mended = session.execute(_MEND, {"first": first}) if first else None
    session.execute(text("DELETE FROM video_count WHERE count = 0"))
    return mended.rowcount if isinstance(mended, CursorResult) else 0


def _grouped_in_memory(session: Session) -> None:
    """Until the transaction ends: all touches are few counts, but rows that are sorted go to the disk. There
    are enough of them that a statement is worth compiling."""
    session.execute(text("SET LOCAL work_mem = '256MB'"))
    session.execute(text("SET LOCAL enable_sort = off"))
    session.execute(text("SET LOCAL jit = on"))


def _place(links: Iterable[_Carried], utc: Days, video_id: int, at: int, kind: str) -> Place:
    for project_id, days, since, until in links:
        if since <= at < until:
            return video_id, project_id, days.of(at), kind
    return video_id, None, utc.of(at), kind


def _carried(session: Session, video_ids: Collection[int]) -> dict[int, list[_Carried]]:
    rows = session.execute(
        select(
            DonationLink.video_id,
            DonationLink.project_id,
            Nonprofit.time_zone,
            DonationLink.created_at,
            DonationLink.retired_at,
        )
        .join(Project, Project.id == DonationLink.project_id)
        .join(Nonprofit, Nonprofit.id == Project.nonprofit_id)
        .where(DonationLink.video_id == bulk.of_ids(video_ids))
    )
    days: dict[str, Days] = {}
    found: defaultdict[int, list[_Carried]] = defaultdict(list)
    for video_id, project_id, zone, since, until in rows:
        of_zone = days.setdefault(zone, Days(ZoneInfo(zone)))
        ends = _microseconds(until) if until else inf
        found[video_id].append(_Carried(project_id, of_zone, _microseconds(since), ends))
    return found


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _first_day(session: Session) -> date | None:
    """The first day of which every touch is kept; None before there is any."""
    names = session.scalars(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'touch'::regclass")
    ).all()
    months = [tuple(int(part) for part in name.split("_")[1:3]) for name in names]
    return min((date(year, month, 1 + FIRST_DAYS) for year, month in months), default=None)
