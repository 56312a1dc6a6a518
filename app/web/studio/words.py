"""A video's state in words a creator understands."""

from dataclasses import dataclass

from app.videos import lifecycle, renditions
from app.videos.models import Video
from app.web.outside import settings
from app.web.shown import media_url
from app.web.text import _


@dataclass(frozen=True)
class Shown:
    """A video's state for people: the badge and its colour, what runs now, what went wrong."""

    code: str
    state: str
    words: str
    role: str
    stage: str  # what runs now; "" when nothing does
    percent: int
    problem: str
    poster: str | None

    @property
    def is_working(self) -> bool:
        """Whether it will change by itself."""
        return bool(self.stage)


def shown(video: Video) -> Shown:
    """The state of a video in the language of this request."""
    words, role = _badge(video)
    files = renditions.published(video)
    poster = media_url(files.poster) if files else None
    return Shown(video.code, video.state, words, role, _stage(video), video.percent, reason_of(video), poster)


def reason_of(video: Video) -> str:
    """Why a video was refused or failed, in the person's language; "" when it was not."""
    return _(video.reason, minutes=settings().max_video_seconds // 60) if video.reason else ""


def warnings_of(video: Video) -> list[str]:
    """What its creator should know before publishing, in the person's language."""
    return [_(warning) for warning in video.warnings.splitlines()]


def duration(milliseconds: int) -> str:
    """A length of time as players write it: 0:07, 12:30."""
    seconds = round(milliseconds / 1000)
    return f"{seconds // 60}:{seconds % 60:02}"


def publishing_words(publishing: str) -> tuple[str, str]:
    """Words and colour of the badge that says who can see a video."""
    return {
        "draft": (_("Draft"), "neutral"),
        "published": (_("Published"), "good"),
        "unlisted": (_("Only with the link"), "waiting"),
        "taken_down": (_("Taken down"), "problem"),
    }[publishing]


def _badge(video: Video) -> tuple[str, str]:
    return {
        "uploading": (_("Upload not finished"), "waiting"),
        "uploaded": (_("Uploaded"), "waiting"),
        "probing": (_("Looking at the file"), "waiting"),
        "preparing": (_("Preparing"), "waiting"),
        "playable": (_("Playable"), "good"),
        "ready": (_("Ready"), "good"),
        "rejected": (_("Not accepted"), "problem"),
        "failed": (_("Did not work"), "problem"),
        "removed": (_("Removed"), "neutral"),
    }[video.state]


def _stage(video: Video) -> str:
    if video.state == "playable" and not video.reason:
        return _("Making sharper versions")
    if video.state in lifecycle.IN_WORK:
        return {
            "uploaded": _("Waiting for its turn"),
            "probing": _("Looking at the file"),
            "preparing": _("Preparing the first version"),
        }[video.state]
    return ""
