"""The studio: a creator's videos, what is written about them, who can see them."""

from dataclasses import asdict
from datetime import UTC, datetime

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.projects import queries
from app.videos import details, lifecycle, posters, publishing, renditions, uploads, waiting
from app.web.access import Rule, allow
from app.web.flashes import refusals_said
from app.web.loaders import load_own_upload, load_own_video
from app.web.outside import settings
from app.web.signin import required_person
from app.web.studio.captions import captioned
from app.web.studio.forms import DetailsForm
from app.web.studio.posters import strip
from app.web.studio.words import duration, publishing_words, shown, steps, warnings_of
from app.web.text import _
from app.web.withdrawal import delete_public_files

studio = Blueprint("studio", __name__)

studio.add_app_template_filter(duration)

SUGGESTIONS = 8
MOST_POLLED = 50


@studio.get("/studio")
@allow(Rule.OWN)
def videos() -> ResponseReturnValue:
    page = max(1, request.args.get("page", 1, int))
    with unit_of_work() as session:
        found, more = details.of_creator(session, required_person().id, page)
        used = uploads.used_bytes(session, required_person().id)
        places = waiting.places(session, [one.video for one in found])
    return render_template(
        "studio/videos.html",
        own=[
            (one, shown(one.video, places.get(one.video.id)), publishing_words(one.video.publishing))
            for one in found
        ],
        page=page,
        more=more,
        used=uploads.megabytes(used),
        quota=uploads.megabytes(settings().creator_quota_bytes),
    )


@studio.get("/studio/states")
@allow(Rule.OWN)
def states() -> Response:
    codes = request.args.get("codes", "").split(",")[:MOST_POLLED]
    with unit_of_work() as session:
        found = details.with_codes(session, required_person().id, codes)
        places = waiting.places(session, found)
    return jsonify(videos=[asdict(shown(video, places.get(video.id))) for video in found])


@studio.get("/studio/new")
@allow(Rule.OWN)
def new() -> ResponseReturnValue:
    """A new upload, or with ?upload= one that goes on."""
    code = request.args.get("upload")
    with unit_of_work() as session:
        going_on = load_own_upload(session, code) if code else None
        own = details.of_video(session, going_on.video) if going_on else None
        unfinished = uploads.unfinished(session, required_person().id)
        room = uploads.room_left(session, settings(), required_person().id)
    if going_on is not None and going_on.completed_at is not None:
        return redirect(url_for("studio.video", video_code=going_on.video.code), code=303)
    form = DetailsForm(own.video if own else None, tag=_tag_of(own))
    return render_template(
        "studio/new.html",
        form=form,
        upload=going_on,
        unfinished=[other for other in unfinished if other is not going_on],
        room=room,
        most_files=uploads.MOST_OPEN,
        megabytes=uploads.megabytes,
        minutes=settings().max_video_seconds // 60,
    )


@studio.get("/studio/projects")
@allow(Rule.OWN)
def projects() -> Response:
    """Live projects for the picker, by tag or words."""
    with unit_of_work() as session:
        found = queries.find(session, request.args.get("q", ""), limit=SUGGESTIONS)
    suggestions = [
        {"tag": f"#{one.tag}", "title": one.title, "nonprofit": one.nonprofit.name} for one in found
    ]
    return jsonify(projects=suggestions)


@studio.route("/studio/videos/<video_code>", methods=["GET", "POST"])
@allow(Rule.OWN)
def video(video_code: str) -> ResponseReturnValue:
    form = _details_form(video_code)
    if request.method == "POST" and _saved(video_code, form):
        if _wants_json():
            return jsonify(saved=True)
        flash(_("Saved."), "good")
        return redirect(url_for("studio.video", video_code=video_code), code=303)
    if _wants_json():
        return jsonify(errors={name: next(iter(errors)) for name, errors in form.errors.items()}), 422
    return _page(video_code, form)


@studio.post("/studio/videos/<video_code>/publishing")
@allow(Rule.OWN)
def publish(video_code: str) -> ResponseReturnValue:
    """Move who can see a video; what is typed about it beside the button is saved first."""
    to = request.form.get("to", "")
    form = _details_form(video_code)
    if "title" in request.form and not _saved(video_code, form):
        return _page(video_code, form, unmoved=True)
    with refusals_said(), unit_of_work() as session:
        video = load_own_video(session, video_code)
        if to in publishing.CHOICES:
            publishing.publish(session, video, to, required_person().id)
            flash(_said_of(to), "good")
    return redirect(url_for("studio.video", video_code=video_code), code=303)


@studio.post("/studio/videos/<video_code>/schedule")
@allow(Rule.OWN)
def schedule(video_code: str) -> ResponseReturnValue:
    with refusals_said(), unit_of_work() as session:
        publishing.schedule(session, load_own_video(session, video_code), _moment(), required_person().id)
        flash(_("Scheduled. Until then only you can see it."), "good")
    return redirect(url_for("studio.video", video_code=video_code), code=303)


@studio.post("/studio/videos/<video_code>/retry")
@allow(Rule.OWN)
def retry(video_code: str) -> ResponseReturnValue:
    with refusals_said(), unit_of_work() as session:
        lifecycle.retry(session, load_own_video(session, video_code))
    return redirect(url_for("studio.video", video_code=video_code), code=303)


@studio.post("/studio/videos/<video_code>/remove")
@allow(Rule.OWN)
def remove(video_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            lifecycle.remove(session, load_own_video(session, video_code), required_person().id)
        delete_public_files(video_code)
        flash(_("The video is removed. Gifts it moved stay on record."), "good")
    return redirect(url_for("studio.videos"), code=303)


def _moment() -> datetime:
    """When to publish: an exact time from scripts, who know the creator's time zone, else a time in UTC."""
    written = request.form.get("moment") or request.form.get("at", "")
    try:
        at = datetime.fromisoformat(written)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("at", N_("Please choose a day and a time.")) from error


def _page(video_code: str, form: DetailsForm, *, unmoved: bool = False) -> str:
    """The page of one video, with the form as it was typed; `unmoved` when that kept it from being shown."""
    with unit_of_work() as session:
        own = details.of_video(session, load_own_video(session, video_code))
        readable = captioned(session, own.video)
        places = waiting.places(session, [own.video])
        picturing = posters.is_being_made(session, own.video)
    files = renditions.published(own.video)
    return render_template(
        "studio/video.html",
        own=own,
        form=form,
        unmoved=unmoved,
        captioned=readable,
        state=shown(own.video, places.get(own.video.id)),
        steps=steps(own.video),
        publishing=publishing_words(own.video.publishing),
        warnings=warnings_of(own.video),
        files=files,
        strip=strip(files),
        picturing=picturing,
        overdue=publishing.is_overdue(own.video),
        link=f"{settings().base_url.rstrip('/')}/v/{own.video.code}",
        can_publish=own.video.state in publishing.SHOWABLE,
    )


def _details_form(video_code: str) -> DetailsForm:
    with unit_of_work() as session:
        own = details.of_video(session, load_own_video(session, video_code))
    return DetailsForm(own.video, tag=_tag_of(own))


def _saved(video_code: str, form: DetailsForm) -> bool:
    """Whether what was typed is saved now; if not, the form says why."""
    if not form.sent_and_valid():
        return False
    try:
        with unit_of_work() as session:
            details.edit(
                session,
                load_own_video(session, video_code),
                title=form.title.data or "",
                description=form.description.data or "",
                tag=form.tag.data or "",
            )
    except KindrelayError as error:
        form.refuse(error)
        return False
    return True


def _tag_of(own: details.OwnVideo | None) -> str:
    return f"#{own.project.tag}" if own and own.project else ""


def _said_of(to: str) -> str:
    return {
        "published": _("Published. It stands in the feed as soon as it can be played."),
        "unlisted": _("Whoever has the link can watch it; it is not in the feed."),
        "draft": _("Taken back. Its page is closed to everybody but you."),
    }[to]


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
