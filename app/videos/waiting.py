"""How long a video still takes: its place in the line, and what its progress so far says of the rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import String, Subquery, cast, func, literal, select
from sqlalchemy.orm import Session

from app.core import turns
from app.core.models import Task
from app.videos.models import Video

STAGES = ("media.preview", "media.ladder")
# Before that, the pace of a stage is anybody's guess.
LEAST_PERCENT = 4
LEAST_SECONDS = 3.0


def seconds_left(video: Video, now: datetime) -> float | None:
    """Seconds until the stage that runs has ended, at its pace so far; None while nobody can say."""
    if video.stage_since is None or not LEAST_PERCENT <= video.percent < 100:
        return None
    passed = (now - video.stage_since).total_seconds()
    return passed * (100 - video.percent) / video.percent if passed >= LEAST_SECONDS else None


def places(session: Session, videos: Sequence[Video]) -> Mapping[int, int]:
    """How many videos come before each of `videos` that waits for a worker, by the video's id.

    Whoever waits alone has 0 before them; who does not wait is left out. It is where the line stands now: a
    creator whose first video comes later still goes before another's second.
    """
    waiting = [video.id for video in videos if video.state in ("uploaded", "playable") and not video.reason]
    if not waiting:
        return {}
    line = _line()
    rows = session.execute(
        select(line.c.video_id, func.min(line.c.place))
        .where(line.c.video_id.in_(waiting))
        .group_by(line.c.video_id)
    )
    return {video_id: place - 1 for video_id, place in rows}


def _line() -> Subquery:
    key = func.coalesce(Task.fair_key, literal("task:") + cast(Task.id, String))
    busy = (
        select(Task.queue, Task.fair_key, func.count().label("running"))
        .where(Task.lease_until >= func.statement_timestamp(), Task.done_at.is_(None))
        .group_by(Task.queue, Task.fair_key)
        .subquery()
    )
    age = (Task.run_after, Task.id)
    turn = func.row_number().over(partition_by=(Task.queue, Task.priority, key), order_by=age)
    turns_of = (
        select(
            Task.id,
            Task.queue,
            Task.priority,
            Task.run_after,
            Task.args["video_id"].as_integer().label("video_id"),
            (turn + func.coalesce(busy.c.running, 0)).label("turn"),
        )
        .outerjoin(busy, (busy.c.queue == Task.queue) & (busy.c.fair_key == Task.fair_key))
        .where(Task.name.in_(STAGES), turns.is_due())
        .subquery()
    )
    order = (turns_of.c.priority, turns_of.c.turn, turns_of.c.run_after, turns_of.c.id)
    place = func.row_number().over(partition_by=turns_of.c.queue, order_by=order)
    return select(turns_of.c.video_id, place.label("place")).subquery()
