"""How long a video still takes: its place in the line, and what its progress so far says of the rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import turns
from app.core.task_kinds import TASKS
from app.videos.lifecycle import turn_of
from app.videos.models import Video

# What makes the next files of a video in one of these states. Its tasks take turns by their creators.
STAGES = {"uploaded": "media.preview", "playable": "media.ladder"}
# So many creators and turns of each are looked at, however many wait: what comes after that is not counted.
MOST_KEYS, MOST_TURNS = 200, 20
# Before that, the pace of a stage is anybody's guess.
LEAST_PERCENT = 4
LEAST_SECONDS = 3.0

_LINE = text(f"""
    WITH RECURSIVE
    waiting AS NOT MATERIALIZED (
        SELECT id, fair_key, run_after, CAST(args ->> 'video_id' AS bigint) AS video_id
        FROM task WHERE {turns.WAITS} AND priority = :priority AND name = :name
    ),
    key AS (
        (SELECT fair_key FROM waiting ORDER BY fair_key LIMIT 1)
        UNION ALL
        SELECT (SELECT fair_key FROM waiting WHERE fair_key > key.fair_key ORDER BY fair_key LIMIT 1)
        FROM key WHERE fair_key IS NOT NULL
    ),
    known AS MATERIALIZED (SELECT fair_key FROM key WHERE fair_key IS NOT NULL LIMIT :most_keys),
    busy AS (
        SELECT fair_key, count(*) AS running FROM task
        WHERE queue = :queue AND fair_key IS NOT NULL AND lease_until >= statement_timestamp()
            AND done_at IS NULL
        GROUP BY fair_key
    ),
    turn AS (
        SELECT oldest.id, oldest.run_after, oldest.nth + coalesce(busy.running, 0) AS turn
        FROM (SELECT fair_key FROM known UNION SELECT unnest(CAST(:keys AS text[]))) one
        LEFT JOIN busy ON busy.fair_key = one.fair_key,
        LATERAL (
            SELECT id, run_after, row_number() OVER (ORDER BY run_after, id) AS nth
            FROM waiting WHERE waiting.fair_key = one.fair_key ORDER BY run_after, id LIMIT :most_turns
        ) oldest
        WHERE oldest.nth + coalesce(busy.running, 0) <= :most_turns
    ),
    line AS MATERIALIZED (SELECT id, row_number() OVER (ORDER BY turn, run_after, id) - 1 AS place FROM turn)
    SELECT own.video_id, coalesce(line.place, (SELECT count(*) FROM line)),
        line.id IS NOT NULL AND (SELECT count(*) FROM known) < :most_keys
    FROM waiting own LEFT JOIN line ON line.id = own.id
    WHERE own.fair_key = ANY (:keys) AND own.video_id = ANY (:videos)
    ORDER BY 2 DESC
""")  # noqa: S608 (put together from constants alone)


class Place(NamedTuple):
    """How many videos come before one; at least so many, where not all could be counted."""

    before: int
    is_exact: bool


def seconds_left(video: Video, now: datetime) -> float | None:
    """Seconds until the stage that runs has ended, at its pace so far; None while nobody can say."""
    if video.stage_since is None or not LEAST_PERCENT <= video.percent < 100:
        return None
    passed = (now - video.stage_since).total_seconds()
    return passed * (100 - video.percent) / video.percent if passed >= LEAST_SECONDS else None


def places(session: Session, videos: Sequence[Video]) -> Mapping[int, Place]:
    """Where each of `videos` that waits for a worker stands in the line, by the video's id.

    Who does not wait is left out. It is where the line stands now: a creator whose first video comes later
    still goes before another's second.
    """
    found: dict[int, Place] = {}
    for state, name in STAGES.items():
        those = [video for video in videos if video.state == state and not video.reason]
        if those:
            kind, keys = TASKS[name], list({turn_of(video) for video in those})
            values = {
                "name": name,
                "queue": kind.queue,
                "priority": kind.priority,
                "keys": keys,
                "videos": [video.id for video in those],
                "most_keys": MOST_KEYS,
                "most_turns": MOST_TURNS,
            }
            rows = session.execute(_LINE, values)
            found |= {video_id: Place(before, is_exact) for video_id, before, is_exact in rows}
    return found
