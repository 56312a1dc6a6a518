"""Brings finished videos to another recipe, while people watch them.

A new ladder is made beside the old one and takes its place in one step; the old files stay readable for a
while, for the pages that are open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import runtime, tasks
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.tasks import Claim
from app.videos import lifecycle, outputs, recipes
from app.videos.models import Video
from workers import media
from workers.lease import Finisher, Lease, nothing
from workers.media import Job
from workers.transcode.encode import Tools

NAME = "media.reencode"


@dataclass(frozen=True)
class Library:
    """How far a library is: tasks that wait or run, that are done, and errors of those given up, by video."""

    waiting: int
    done: int
    failed: dict[str, str]

    @property
    def total(self) -> int:
        return self.waiting + self.done + len(self.failed)


def begin(session: Session, recipe: str) -> list[int]:
    """Defer a task for each finished video that another recipe made; returns their ids.

    A video whose task waits already keeps that one.
    """
    open_tasks = select(Task.args["video_id"].as_integer(), Task.id).where(
        Task.name == NAME, Task.done_at.is_(None), Task.dead_at.is_(None)
    )
    waiting = {row[0]: row[1] for row in session.execute(open_tasks)}
    begun: list[int | None] = []
    for video in outputs.outdated(session, recipe):
        turn = lifecycle.turn_of(video)
        begun.append(
            waiting.get(video.id)
            or tasks.defer(session, NAME, fair_key=turn, video_id=video.id, recipe=recipe)
        )
    return [task_id for task_id in begun if task_id is not None]


def progress(session: Session, task_ids: Sequence[int]) -> Library:
    """How far the tasks of `begin` are."""
    rows = session.execute(
        select(Task.done_at, Task.dead_at, Task.last_error, Video.code)
        .join(Video, Video.id == Task.args["video_id"].as_integer())
        .where(Task.id.in_(task_ids))
    ).all()
    failed = {code: error or "" for _, dead_at, error, code in rows if dead_at}
    done = sum(done_at is not None for done_at, _, _, _ in rows)
    return Library(len(rows) - done - len(failed), done, failed)


def reencode(claim: Claim, lease: Lease, *, video_id: int, recipe: str) -> Finisher:
    """Make a finished video's ladder anew by `recipe` and put it in the old one's place."""

    def stage(job: Job) -> Finisher:
        with unit_of_work() as session:
            before = session.get_one(Video, video_id).ladder_prefix
            if outputs.prefix_of(session, video_id, recipe, "ladder"):
                return nothing
        tools = replace(Tools.of(runtime.settings()), recipe=recipes.named(recipe))
        sent = media.whole_ladder(job, tools)

        def finish(session: Session) -> None:
            if lifecycle.replace_ladder(session, video_id, before, sent.prefix):
                outputs.record(session, video_id, sent.recipe, sent.stage, sent.prefix)
            else:
                tasks.defer(session, "media.sweep_orphans", video_code=job.code)

        return finish

    return media.attempt(claim, lease, video_id, "ready", ("ready",), stage)
