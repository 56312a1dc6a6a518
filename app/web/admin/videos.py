"""Videos under the administrators' eyes: finding one, looking at it, taking it down, giving it back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.videos import details, oversight, publishing, renditions
from app.web.access import Rule, allow
from app.web.admin.forms import TakeDownForm
from app.web.flashes import refusals_said
from app.web.loaders import load_any_video
from app.web.signin import required_person
from app.web.studio.words import publishing_words, shown
from app.web.text import _
from app.web.withdrawal import delete_public_files

admin_videos = Blueprint("admin_videos", __name__)


@admin_videos.get("/admin/videos")
@allow(Rule.ADMIN)
def videos() -> ResponseReturnValue:
    words, page = request.args.get("q", ""), max(1, request.args.get("page", 1, int))
    taken_down = "taken_down" in request.args
    with unit_of_work() as session:
        found = oversight.find(session, words, page, taken_down=taken_down)
    return render_template(
        "admin/videos.html",
        found=[(video, shown(video), publishing_words(video.publishing)) for video in found.videos],
        more=found.more,
        page=page,
        words=words,
        taken_down=taken_down,
    )


@admin_videos.get("/admin/videos/<video_code>")
@allow(Rule.ADMIN)
def video(video_code: str) -> ResponseReturnValue:
    return _page(video_code, TakeDownForm())


@admin_videos.post("/admin/videos/<video_code>/take-down")
@allow(Rule.ADMIN)
def take_down(video_code: str) -> ResponseReturnValue:
    """Out of everybody's sight with the commit, and deleted from the public bucket before the answer."""
    form = TakeDownForm()

    def step(session: Session) -> None:
        found = load_any_video(session, video_code)
        publishing.take_down(session, found, form.reason.data or "", required_person().id)

    if not form.sent_and_done(step):
        return _page(video_code, form)
    delete_public_files(video_code)
    flash(_("Taken down. Its public files are deleted, and its creator reads your reason."), "good")
    return redirect(url_for("admin_videos.video", video_code=video_code), code=303)


@admin_videos.post("/admin/videos/<video_code>/restore")
@allow(Rule.ADMIN)
def restore(video_code: str) -> ResponseReturnValue:
    with refusals_said(), unit_of_work() as session:
        publishing.restore(session, load_any_video(session, video_code), required_person().id)
        flash(_("Given back as a draft. Its versions are being made again."), "good")
    return redirect(url_for("admin_videos.video", video_code=video_code), code=303)


def _page(video_code: str, form: TakeDownForm) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = load_any_video(session, video_code)
        project = details.of_video(session, found).project
    return render_template(
        "admin/video.html",
        video=found,
        project=project,
        form=form,
        state=shown(found),
        publishing=publishing_words(found.publishing),
        files=renditions.published(found),
    )
