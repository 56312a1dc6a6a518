"""The only way a video changes who can see it: tables of legal moves, a creator's and an administrator's."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import audit, clock, tasks
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.core.models import Task
from app.videos import captions, lifecycle, outputs
from app.videos.models import Video

# What its creator wants → what it may be before.
CREATOR_MOVES: dict[str, tuple[str, ...]] = {
    "published": ("draft", "scheduled", "unlisted"),
    "unlisted": ("draft", "scheduled", "published"),
    "draft": ("published", "scheduled", "unlisted"),
    "scheduled": ("draft", "scheduled"),
}
# What an administrator decides → what it may be before. Nobody else moves what was taken down.
ADMIN_MOVES: dict[str, tuple[str, ...]] = {
    "taken_down": ("draft", "scheduled", "published", "unlisted"),
    "draft": ("taken_down",),
}
CHOICES = ("published", "unlisted", "draft")  # what a creator may ask for at once
FURTHEST = timedelta(days=365)
REASON_LENGTH = 1000
SHOWABLE = ("uploaded", "probing", "preparing", "playable", "ready")
# A take-down deletes what was made of the source, so that these are `uploaded` again: a source and no more.
UNMADE = ("uploaded", *lifecycle.MAKING)


def publish(session: Session, video: Video, to: str, person_id: int) -> None:
    """Move the publishing on the creator's word: published (in the feed), unlisted (by link), draft.

    Raises KindrelayError when it was taken down, when there is no film to show, or when what is said in it
    cannot be read.
    """
    lifecycle.lock(session, video)
    if video.publishing == to:
        return
    _may_move(video, to)
    if to != "draft":
        _must_be_showable(session, video)
    _put(video, to)
    audit.record(session, f"video.{to}", person_id, f"video:{video.code}")


def schedule(session: Session, video: Video, at: datetime, person_id: int) -> None:
    """Let the video be published at `at`, an aware time within a year; a later word replaces an earlier one.

    Raises Invalid("at") for another time, and what `publish` raises.
    """
    lifecycle.lock(session, video)
    _may_move(video, "scheduled")
    _must_be_showable(session, video)
    if at <= clock.now():
        raise Invalid("at", N_("This moment has passed. Please choose a later one, or publish now."))
    if at > clock.now() + FURTHEST:
        raise Invalid("at", N_("Please choose a moment within a year from now."))
    video.publishing, video.scheduled_for = "scheduled", at
    session.flush()
    lifecycle.call_at(session, video, at)
    audit.record(session, "video.scheduled", person_id, f"video:{video.code}", at=at.isoformat())


def publish_on_time(session: Session, video_id: int, at: datetime) -> bool:
    """Publish what is still scheduled for `at`; False when it is not, or when it cannot be shown yet.

    What cannot be played yet stays scheduled, and is published as soon as it can.
    """
    video = session.get(Video, video_id, populate_existing=True, with_for_update=True)
    if video is None or video.publishing != "scheduled" or video.scheduled_for != at:
        return False
    if video.state not in lifecycle.PLAYABLE:
        return False
    _put(video, "published")
    audit.record(session, "video.published", video.creator_id, f"video:{video.code}", at=at.isoformat())
    return True


def _may_move(video: Video, to: str) -> None:
    if video.publishing == "taken_down":
        raise KindrelayError(N_("This video was taken down and cannot be published again."))
    if video.publishing not in CREATOR_MOVES[to]:
        raise KindrelayError(N_("This video can be seen already. Take it back to draft first."))


def _must_be_showable(session: Session, video: Video) -> None:
    """What has to be there before others may see a video, now or at a later time."""
    if video.state not in SHOWABLE:
        raise KindrelayError(N_("There is nothing to show yet. The upload has to arrive first."))
    captions.require_accessible(session, video)


def _put(video: Video, to: str) -> None:
    video.publishing, video.scheduled_for = to, None
    if to == "published":
        video.published_at = clock.now()


def is_overdue(video: Video) -> bool:
    """Whether its moment has come and it still waits until it can be played."""
    return (
        video.publishing == "scheduled"
        and video.scheduled_for is not None
        and video.scheduled_for <= clock.now()
    )


def take_down(session: Session, video: Video, reason: str, admin_id: int) -> None:
    """Take the video from everybody on an administrator's word; its creator reads the reason.

    With this commit nothing may make or publish files of it any more. Whoever calls deletes its public files
    right afterwards (`outputs.video_prefix`); a task does so too, in case that fails. The source stays.
    Raises Invalid("reason"), and KindrelayError when it was taken down or removed before.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid("reason", N_("Please say why. The creator reads it."))
    if len(reason) > REASON_LENGTH:
        raise Invalid("reason", N_("A reason has up to %(most)s characters."), most=REASON_LENGTH)
    lifecycle.lock(session, video)
    if video.state == "removed" or video.publishing not in ADMIN_MOVES["taken_down"]:
        raise KindrelayError(N_("This video is not there any more, or it was taken down before."))
    if video.state in UNMADE:
        video.state, video.percent, video.reason, video.retryable = "uploaded", 0, "", False
    video.publishing, video.takedown_reason, video.scheduled_for = "taken_down", reason, None
    video.preview_prefix = video.ladder_prefix = video.poster_key = None
    outputs.forget(session, video.id)
    session.flush()
    audit.record(session, "video.taken_down", admin_id, f"video:{video.code}", reason=reason)
    tasks.defer(session, "media.sweep_orphans", video_code=video.code)
    tasks.defer(session, "mail.send", mail="video_taken_down", video_id=video.id)


def restore(session: Session, video: Video, admin_id: int) -> None:
    """Give a video that was taken down back to its creator, as a draft whose files are made again.

    Raises KindrelayError when it was not taken down, or while work that was stopped is still ending.
    """
    lifecycle.lock(session, video)
    if video.state == "removed" or video.publishing not in ADMIN_MOVES["draft"]:
        raise KindrelayError(N_("This video was not taken down."))
    if _is_worked_on(session, video):
        raise KindrelayError(N_("The last work on its file is still ending. Please try again in a minute."))
    video.publishing, video.takedown_reason = "draft", ""
    session.flush()
    if video.state == "uploaded" and video.source_key:
        tasks.defer(session, "media.preview", fair_key=lifecycle.turn_of(video), video_id=video.id)
    elif video.state == "uploaded":
        lifecycle.move(session, video.id, "failed", reason=lifecycle.SOURCE_NOT_KEPT, retryable=False)
    audit.record(session, "video.restored", admin_id, f"video:{video.code}")
    tasks.defer(session, "mail.send", mail="video_restored", video_id=video.id)


def _is_worked_on(session: Session, video: Video) -> bool:
    """Whether a worker holds a task that writes files of the video."""
    held = select(Task.id).where(
        Task.name.in_(("media.preview", "media.ladder", "media.poster", "media.reencode")),
        Task.args["video_id"].as_integer() == video.id,
        Task.done_at.is_(None),
        Task.lease_until > func.now(),
    )
    return session.scalar(held.limit(1)) is not None
