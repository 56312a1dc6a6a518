"""The durable tasks of transcoding: the preview that makes a video playable, then its whole ladder.

Everything slow happens outside of any transaction; the finisher that is returned publishes by
compare-and-set, together with the task's completion. Whatever a
killed worker left behind is under a prefix that no row names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from app.core import runtime, tasks
from app.core.db import unit_of_work
from app.core.i18n import N_
from app.core.tasks import Claim
from app.gateways.object_store import ObjectStore, StorageUnavailable
from app.gateways.s3 import open_store
from app.videos import lifecycle, outputs, renditions
from app.videos.models import Video
from workers.lease import Finisher, GiveUp, Lease, nothing
from workers.transcode import encode, probe, publish
from workers.transcode.encode import Encoded, Tools
from workers.transcode.probe import Probe
from workers.transcode.progress import Reporter, SupersededError
from workers.transcode.reasons import Rejected
from workers.transcode.workspace import NoRoomError, ran_out, require_room, workspace

# A file that makes ffmpeg fail does so again; a store that is down comes back, a full disk is emptied.
MOST_TRIES = 3
MOST_TRIES_OF_ENGINES = 8

SOURCE_LOST = N_("The uploaded file is missing. Please upload the video again.")
STORE_DOWN = N_("Our file storage did not answer for some time. Please try again.")
NO_ROOM = N_("Our server had no room to prepare the video. Your file is fine. Please try again later.")
BROKE_DOWN = N_("Preparing the video did not work on our side. Please try again.")

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """One attempt at one stage of a video; plain values, so that no session is needed."""

    video_id: int
    code: str
    source_key: str
    folder: Path
    store: ObjectStore
    report: Reporter

    @property
    def source(self) -> Path:
        return self.folder / "source"


@dataclass(frozen=True)
class Sent:
    """The files of one attempt at a stage, complete in the media bucket."""

    recipe: str
    stage: str
    prefix: str


def preview(claim: Claim, lease: Lease, *, video_id: int) -> Finisher:
    """Examine an uploaded video and make it playable; refuse it with a reason its creator understands."""

    def stage(job: Job) -> Finisher:
        tools = Tools.of(runtime.settings())
        with unit_of_work() as session:
            if not lifecycle.move(session, video_id, "probing", percent=0):
                raise SupersededError
        fetch(job)
        seen = probe.probe(tools.ffprobe, job.source, runtime.settings().max_video_seconds)
        with unit_of_work() as session:
            if not lifecycle.move(session, video_id, "preparing", **facts(seen)):
                raise SupersededError
        encoded = encode.preview(tools, job.source, made_in(job), seen, job.report)
        sent = send(job, encoded, tools.recipe.name, "preview")

        def finish(session: Session) -> None:
            warnings = "\n".join(encoded.warnings)
            values = {
                "preview_prefix": sent.prefix,
                "warnings": warnings,
                "percent": 0,
                "reason": "",
                "retryable": False,
            }
            if settle(session, job, sent, "playable", **values):
                turn = lifecycle.turn_of(session.get_one(Video, video_id))
                tasks.defer(session, "media.ladder", fair_key=turn, video_id=video_id)

        return finish

    return attempt(claim, lease, video_id, "preparing", lifecycle.IN_WORK, stage)


def ladder(claim: Claim, lease: Lease, *, video_id: int) -> Finisher:
    """Give a playable video all of its renditions."""

    def stage(job: Job) -> Finisher:
        sent = whole_ladder(job, Tools.of(runtime.settings()))

        def finish(session: Session) -> None:
            values = {"ladder_prefix": sent.prefix, "percent": 100, "reason": "", "retryable": False}
            if settle(session, job, sent, "ready", **values) and not runtime.settings().keep_sources:
                tasks.defer(session, "media.sweep_orphans", video_code=job.code)

        return finish

    return attempt(claim, lease, video_id, "playable", ("playable",), stage)


def whole_ladder(job: Job, tools: Tools) -> Sent:
    """Make and store every rendition, but for what the preview has made already."""
    fetch(job)
    seen = probe.probe(tools.ffprobe, job.source, runtime.settings().max_video_seconds)
    ready = fetch_preview(job, tools.recipe.name)
    encoded = encode.whole_ladder(tools, job.source, made_in(job), seen, job.report, ready)
    return send(job, encoded, tools.recipe.name, "ladder")


def fetch_preview(job: Job, recipe: str) -> Path | None:
    """Download the MP4 of the preview that the same recipe has published, if there is one."""
    with unit_of_work() as session:
        prefix = outputs.prefix_of(session, job.video_id, recipe, "preview")
    if prefix is None or job.store.media.head(f"{prefix}{renditions.MP4}") is None:
        return None
    target = job.folder / "preview.mp4"
    job.store.media.download(f"{prefix}{renditions.MP4}", target)
    return target


def attempt(
    claim: Claim,
    lease: Lease,
    video_id: int,
    reports_in: str,
    states: tuple[str, ...],
    stage: Callable[[Job], Finisher],
) -> Finisher:
    """Run `stage` in a private folder; it ends in a finisher, or in an error that is worth a retry."""
    with unit_of_work() as session:
        video = session.get(Video, video_id)
    if video is None or video.state not in states:
        return nothing  # somebody else did it, or the video is gone
    if video.source_key is None:
        return failure(video_id, lifecycle.SOURCE_NOT_KEPT, retryable=False)
    with workspace() as folder:
        report = Reporter(video_id, reports_in, lease)
        store = open_store(runtime.settings())
        job = Job(video_id, video.code, video.source_key, folder, store, report)
        try:
            return stage(job)
        except SupersededError:
            return cleaning_up(job)
        except SourceLostError:
            return failure(video_id, SOURCE_LOST, retryable=False)
        except tasks.LeaseLost:
            raise
        except Exception as error:  # whatever broke, the creator gets an answer in the end
            return answer(claim, job, error)


def answer(claim: Claim, job: Job, error: Exception) -> Finisher:
    """Who is at fault: the file, which is refused; or we, who try again as long as that is worth it."""
    full = ran_out(job.folder, error)
    if isinstance(error, Rejected) and not full:
        return refusal(job.video_id, error)
    reason, most_tries = BROKE_DOWN, MOST_TRIES
    if isinstance(error, StorageUnavailable):
        reason, most_tries = STORE_DOWN, MOST_TRIES_OF_ENGINES
    elif full:
        reason, most_tries = NO_ROOM, MOST_TRIES_OF_ENGINES
        log.error("no room for temporary files", video=job.code, folder=str(job.folder), error=str(error))
    if claim.attempt < most_tries:
        if full:
            raise NoRoomError(str(error)) from error
        raise error
    log.error("transcode failed for good", video=job.code, exc_info=error)
    return failure(job.video_id, reason)


class SourceLostError(Exception):
    """The object that the creator uploaded is not in the bucket."""


def fetch(job: Job) -> None:
    """Download the source. The tools only ever see a local file.

    Raises SourceLostError, NoRoomError, and StorageUnavailable when not all of it came.
    """
    stored = job.store.private.head(job.source_key)
    if stored is None:
        raise SourceLostError(job.source_key)
    require_room(job.folder, stored.size)
    job.store.private.download(job.source_key, job.source)
    if job.source.stat().st_size != stored.size:
        raise StorageUnavailable(f"{job.source_key} did not arrive whole")


def made_in(job: Job) -> Path:
    """The empty folder that the encoder writes to."""
    folder = job.folder / "made"
    folder.mkdir()
    return folder


def send(job: Job, encoded: Encoded, recipe: str, stage: str) -> Sent:
    """Put the files under a prefix of their own, which no row names yet."""
    prefix = outputs.fresh_prefix(job.code, recipe)
    publish.send(job.store.media, prefix, encoded, job.report.still_wanted)
    return Sent(recipe, stage, prefix)


def settle(session: Session, job: Job, sent: Sent, state: str, **values: object) -> bool:
    """Publish what was sent, unless the video was removed meanwhile; then what was sent goes too."""
    if not lifecycle.move(session, job.video_id, state, **values):
        tasks.defer(session, "media.sweep_orphans", video_code=job.code)
        return False
    outputs.record(session, job.video_id, sent.recipe, sent.stage, sent.prefix)
    return True


def facts(seen: Probe) -> dict[str, object]:
    """What is known of a video once it was probed, as columns."""
    return {
        "percent": 0,
        "duration_ms": round(seen.seconds * 1000),
        "width": seen.width,
        "height": seen.height,
        "has_audio": seen.audio_index is not None,
        "warnings": "\n".join(seen.warnings),
    }


def refusal(video_id: int, rejection: Rejected) -> Finisher:
    """The end of a file that cannot be taken: its source is deleted, its creator told why."""

    def finish(session: Session) -> None:
        video = session.get_one(Video, video_id)
        if lifecycle.move(session, video_id, "rejected", reason=rejection.message, percent=0):
            tasks.defer(session, "media.sweep_orphans", video_code=video.code)
        else:
            say_why(session, video_id, rejection.message, retryable=False)

    return finish


def cleaning_up(job: Job) -> Finisher:
    """The end of work that nobody waits for any more; what it may have sent is cleared."""

    def finish(session: Session) -> None:
        tasks.defer(session, "media.sweep_orphans", video_code=job.code)

    return finish


def failure(video_id: int, reason: str, *, retryable: bool = True) -> Finisher:
    """The end of the last attempt."""

    def finish(session: Session) -> None:
        say_why(session, video_id, reason, retryable=retryable)

    return finish


def say_why(session: Session, video_id: int, reason: str, *, retryable: bool) -> None:
    """Tell the creator; or, when a finished video stays as it is, the administrators by a dead task."""
    told = lifecycle.fail(session, video_id, reason=reason, retryable=retryable)
    if not told and session.get_one(Video, video_id).state == "ready":
        raise GiveUp(reason)
