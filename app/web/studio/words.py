"""A video's state in words a creator understands."""

from dataclasses import dataclass

from app.core import clock
from app.videos import lifecycle, renditions, waiting
from app.videos.models import Video
from app.videos.waiting import Place
from app.web.outside import settings
from app.web.shown import media_url
from app.web.text import _, plural

NEARLY_A_MINUTE = 50
STEPS_DONE = {
    "uploading": 0,
    "uploaded": 1,
    "probing": 1,
    "rejected": 1,
    "preparing": 2,
    "playable": 3,
    "ready": 4,
}


@dataclass(frozen=True)
class Shown:
    """A video's state for people: the badge and its colour, what runs now, what went wrong."""

    code: str
    state: str
    words: str
    role: str
    stage: str  # what runs now; "" when nothing does
    percent: int
    note: str  # how far that is and how long it still takes
    problem: str
    poster: str | None
    poster_ms: int | None  # where in the clip its creator chose it, also while it is being made
    publishing: str

    @property
    def is_working(self) -> bool:
        """Whether it will change by itself."""
        return bool(self.stage)


@dataclass(frozen=True)
class Step:
    """One step from the file to the finished video; `standing` is done, now, ahead or problem."""

    words: str
    standing: str


def shown(video: Video, place: Place | None = None) -> Shown:
    """The state of a video in the language of this request; `place` is where it waits in line, if it does."""
    words, role = _badge(video)
    files = renditions.published(video)
    return Shown(
        code=video.code,
        state=video.state,
        words=words,
        role=role,
        stage=_stage(video, place),
        percent=video.percent,
        note=_note(video, place),
        problem=reason_of(video),
        poster=media_url(files.poster) if files else None,
        poster_ms=video.poster_ms,
        publishing=video.publishing,
    )


def steps(video: Video) -> list[Step]:
    """The way of a video's file, in the order in which it goes."""
    words = (_("Arrived"), _("Checked"), _("Playable"), _("Sharper versions"))
    at = STEPS_DONE.get(video.state, 2 if video.duration_ms else 1)
    stuck = bool(video.reason) and video.state in ("rejected", "failed", "playable")
    here = "problem" if stuck else "now"
    standings = ["done"] * at + [here] + ["ahead"] * len(words)
    return [Step(*step) for step in zip(words, standings, strict=False)]


def reason_of(video: Video) -> str:
    """Why a video was refused or failed, in the person's language; "" when it was not."""
    return _(video.reason, minutes=settings().max_video_seconds // 60) if video.reason else ""


def warnings_of(video: Video) -> list[str]:
    """What its creator should know before publishing, in the person's language."""
    return [_(warning) for warning in video.warnings.splitlines()]


def duration(milliseconds: int) -> str:
    """A length of time as players write it: 0:07, 12:30."""
    seconds = milliseconds // 1000
    return f"{seconds // 60}:{seconds % 60:02}"


def publishing_words(publishing: str) -> tuple[str, str]:
    """Words and colour of the badge that says who can see a video."""
    return {
        "draft": (_("Draft"), "neutral"),
        "scheduled": (_("Scheduled"), "waiting"),
        "published": (_("Published"), "good"),
        "unlisted": (_("Only with the link"), "waiting"),
        "taken_down": (_("Taken down"), "problem"),
    }[publishing]


def time_left(seconds: float) -> str:
    """How long something still takes, as exactly as one can know."""
    if seconds < NEARLY_A_MINUTE:
        return _("less than a minute left")
    minutes = max(1, round(seconds / 60))
    return plural("about %(num)s minute left", "about %(num)s minutes left", minutes)


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


def _stage(video: Video, place: Place | None) -> str:
    if video.publishing == "taken_down":
        return ""
    if video.state == "playable" and not video.reason:
        return _("Making sharper versions") if place is None else _("Waiting to make sharper versions")
    if video.state in lifecycle.IN_WORK:
        return {
            "uploaded": _("Waiting for its turn"),
            "probing": _("Looking at the file"),
            "preparing": _("Preparing the first version"),
        }[video.state]
    return ""


def _note(video: Video, place: Place | None) -> str:
    """Beside the stage: the line while it waits, the share done and the time left while it runs."""
    if place is not None:
        before, is_exact = place
        if not before:
            return _("Yours is next") if is_exact else ""
        if is_exact:
            return plural("%(num)s video is before yours", "%(num)s videos are before yours", before)
        return plural(
            "At least %(num)s video is before yours", "At least %(num)s videos are before yours", before
        )
    if video.percent == 0:
        return ""
    left = waiting.seconds_left(video, clock.now())
    return f"{video.percent}% · {time_left(left)}" if left is not None else f"{video.percent}%"
