"""The picture that stands for a video: its creator points at a frame."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.core.errors import Invalid
from app.core.i18n import N_
from app.gateways.object_store import StorageUnavailable
from app.videos import posters, storyboards
from app.videos.renditions import Renditions
from app.videos.storyboards import Frame
from app.web.access import Rule, allow
from app.web.flashes import refusals_said
from app.web.loaders import load_own_video
from app.web.outside import object_store
from app.web.shown import media_url
from app.web.text import _

studio_posters = Blueprint("studio_posters", __name__)

MOST_FRAMES = 8


@dataclass(frozen=True)
class Strip:
    """The frames a creator chooses from, and the address of the sheet that they are on."""

    sheet: str
    frames: list[Frame]


@studio_posters.post("/studio/videos/<video_code>/poster")
@allow(Rule.OWN)
def choose(video_code: str) -> ResponseReturnValue:
    """The frame at `exact_ms`, which scripts send, or at `at_ms`, the moment of a picture that was ticked."""
    with refusals_said(), unit_of_work() as session:
        video = load_own_video(session, video_code)
        posters.choose(session, video, _moment())
        flash(_("Chosen. The picture is being made and appears here in a moment."), "good")
    return redirect(url_for("studio.video", video_code=video_code), code=303)


def strip(files: Renditions | None) -> Strip | None:
    """Pictures from all over the video, once there is a storyboard; call it outside of any transaction."""
    if files is None or files.storyboard is None:
        return None
    media = object_store().media
    try:
        index = media.get(files.storyboard).decode() if media.head(files.storyboard) else ""
    except StorageUnavailable:
        return None
    frames = storyboards.frames(index, MOST_FRAMES)
    folder = files.storyboard.rpartition("/")[0]
    return Strip(media_url(f"{folder}/{frames[0].sheet}"), frames) if frames else None


def _moment() -> int:
    exact = request.form.get("exact_ms", type=int)
    at_ms = exact if exact is not None else request.form.get("at_ms", type=int)
    if at_ms is None:
        raise Invalid("at_ms", N_("Please choose a picture first."))
    return at_ms
