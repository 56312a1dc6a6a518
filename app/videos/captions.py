"""Captions of a video, a language each; and the rule that nothing with speech is shown without them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, defer

from app.core import audit, text
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.videos import feed, subtitles
from app.videos.languages import OFFERED
from app.videos.models import Caption, Video

FILENAME_LENGTH = 200
MOST_LANGUAGES = 40  # of one video


@dataclass(frozen=True)
class Added:
    """Captions that were accepted; from line `overlap` on some are shown together (None: never)."""

    caption: Caption
    overlap: int | None


def add(session: Session, video: Video, *, language: str, filename: str, body: bytes) -> Added:
    """Check a file of captions and keep it as WebVTT; it replaces what the video had in that language.

    The word that nobody speaks is taken back with it.
    Raises Invalid for "language", or for "file" with the line that is wrong.
    """
    if language not in OFFERED:
        raise Invalid("language", N_("Choose one from the list."))
    read = subtitles.read(body, language=language, duration_ms=video.duration_ms)
    content = subtitles.as_webvtt(read.cues)
    if len(content.encode()) > subtitles.MOST_BYTES:
        raise Invalid("file", subtitles.TOO_LARGE)
    session.refresh(video, with_for_update=True)
    if video.state == "removed":
        raise NotFound(N_("This video is not here any more."))
    session.execute(delete(Caption).where(Caption.video_id == video.id, Caption.language == language))
    if _count(session, video) >= MOST_LANGUAGES:
        raise Invalid(
            "language", N_("A video has captions in up to %(most)s languages."), most=MOST_LANGUAGES
        )
    caption = Caption(
        video_id=video.id,
        language=language,
        content=content,
        cues=len(read.cues),
        filename=text.filename(filename)[:FILENAME_LENGTH] or f"{language}.vtt",
    )
    session.add(caption)
    video.no_speech = False
    session.flush()
    audit.record(session, "video.captions", video.creator_id, f"video:{video.code}", language=language)
    return Added(caption, read.overlap)


def remove(session: Session, video: Video, code: str) -> None:
    """Take the captions with this code away from a video.

    Raises NotFound, and KindrelayError when they are the last ones of a video that others can see.
    """
    session.refresh(video, with_for_update=True)
    found = one(session, video, code)
    session.delete(found)
    session.flush()
    _require_while_shown(session, video)
    audit.record(
        session, "video.captions_removed", video.creator_id, f"video:{video.code}", language=found.language
    )


def say_no_speech(session: Session, video: Video, nobody_speaks: bool) -> None:
    """Keep its creator's word that nobody speaks in a video, or take it back.

    Raises KindrelayError while it has captions, and when the word is all that lets others see it.
    """
    session.refresh(video, with_for_update=True)
    if nobody_speaks and _count(session, video):
        raise KindrelayError(N_("This video has captions. Remove them first if nobody speaks in it."))
    video.no_speech = nobody_speaks
    session.flush()
    _require_while_shown(session, video)
    audit.record(
        session, "video.no_speech", video.creator_id, f"video:{video.code}", nobody_speaks=nobody_speaks
    )


def accessible(session: Session, video: Video) -> bool:
    """Whether nothing is said in a video that cannot be read: no sound, no speech, or captions."""
    return video.has_audio is False or video.no_speech or _count(session, video) > 0


def require_accessible(session: Session, video: Video) -> None:
    """Raise KindrelayError when others cannot be shown a video because what is said in it cannot be read.

    Until the file was looked at nobody knows whether it has sound, so it counts as having some.
    """
    if not accessible(session, video):
        raise KindrelayError(N_("Please add captions, or say that nobody speaks in this video."))


def one(session: Session, video: Video, code: str) -> Caption:
    """The captions with this code, with their text. Raises NotFound when the video has none such."""
    found = session.scalar(select(Caption).where(Caption.video_id == video.id, Caption.code == code))
    if found is None:
        raise NotFound(N_("These captions are not here any more."))
    return found


def in_language(session: Session, video: Video, language: str) -> Caption | None:
    """The captions of a video in a language, with their text."""
    return session.scalar(select(Caption).where(Caption.video_id == video.id, Caption.language == language))


def of_video(session: Session, video_id: int) -> Sequence[Caption]:
    """The captions of one video, oldest first, without their text."""
    return of_videos(session, [video_id]).get(video_id, [])


def of_videos(session: Session, video_ids: Collection[int]) -> Mapping[int, Sequence[Caption]]:
    """The captions of many videos by the video's id, oldest first, without their text; one query."""
    found: dict[int, list[Caption]] = defaultdict(list)
    if video_ids:
        for caption in session.scalars(
            select(Caption)
            .where(Caption.video_id.in_(video_ids))
            .options(defer(Caption.content, raiseload=True))
            .order_by(Caption.id)
        ):
            found[caption.video_id].append(caption)
    return found


def visible(session: Session, video_code: str, code: str, viewer_id: int | None = None) -> Caption:
    """The captions with this code, where `viewer_id` may see their video. Raises NotFound."""
    return one(session, feed.by_code(session, video_code, viewer_id).video, code)


def forget(session: Session, video_id: int) -> None:
    """Delete every caption of a video that is removed for good."""
    session.execute(delete(Caption).where(Caption.video_id == video_id))


def _count(session: Session, video: Video) -> int:
    return session.scalar(select(func.count(Caption.id)).where(Caption.video_id == video.id)) or 0


def _require_while_shown(session: Session, video: Video) -> None:
    if video.publishing in ("draft", "taken_down") or accessible(session, video):
        return
    raise KindrelayError(
        N_("Others can see this video, so it needs captions or your word that nobody speaks in it.")
    )
