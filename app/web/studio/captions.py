"""A video's captions in its creator's hands: a file or typed lines, or the word that nobody speaks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import FileField, SelectField, TextAreaField

from app.core.db import unit_of_work
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import LOCALES, N_
from app.videos import captions, languages, renditions, subtitles
from app.videos.captions import Added
from app.videos.models import Caption, Video
from app.web.access import Rule, allow
from app.web.flashes import refusals_said
from app.web.forms import Form
from app.web.languages import language
from app.web.loaders import load_own_video
from app.web.text import _, plural
from app.web.text import lazy as _l

studio_captions = Blueprint("studio_captions", __name__)


class CaptionsForm(Form):
    language = SelectField(_l("Language"))
    file = FileField(_l("A file of captions"))
    typed = TextAreaField(_l("Or type them"))


@dataclass(frozen=True)
class Captioned:
    """What the studio says about the captions of a video; `is_needed` while it cannot be published."""

    captions: Sequence[Caption]
    is_needed: bool


def captioned(session: Session, video: Video) -> Captioned:
    """The captions of a video, and whether it waits for some."""
    return Captioned(captions.of_video(session, video.id), not captions.accessible(session, video))


@studio_captions.app_template_filter()
def language_name(tag: str) -> str:
    """What the reader's language calls the language `tag`."""
    return languages.name(tag, language())


@studio_captions.get("/studio/videos/<video_code>/captions")
@allow(Rule.OWN)
def edit(video_code: str) -> ResponseReturnValue:
    """A page to add captions; ?language= goes on with those that are there."""
    chosen = request.args.get("language", "")
    with unit_of_work() as session:
        video = load_own_video(session, video_code)
        taken = [caption.language for caption in captions.of_video(session, video.id)]
        kept = captions.in_language(session, video, chosen)
    form = CaptionsForm(language=kept.language if kept else _free(taken), typed=_as_typed(kept))
    return _page(video_code, form)


@studio_captions.post("/studio/videos/<video_code>/captions")
@allow(Rule.OWN)
def add(video_code: str) -> ResponseReturnValue:
    form = CaptionsForm()
    try:
        added = _add(video_code, form)
    except KindrelayError as error:
        form.refuse(error)
        return _page(video_code, form)
    count = added.caption.cues
    called = language_name(added.caption.language)
    flash(
        plural(
            "%(num)s caption in %(language)s.", "%(num)s captions in %(language)s.", count, language=called
        ),
        "good",
    )
    if added.overlap:
        flash(
            _("At line %(line)s two captions overlap. Both are shown at once.", line=added.overlap), "waiting"
        )
    return _back(video_code)


@studio_captions.get("/studio/videos/<video_code>/captions/<caption_code>")
@allow(Rule.OWN)
def download(video_code: str, caption_code: str) -> Response:
    with unit_of_work() as session:
        caption = captions.one(session, load_own_video(session, video_code), caption_code)
    answer = Response(caption.content, mimetype="text/vtt")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{video_code}.{caption.language}.vtt")
    return answer


@studio_captions.post("/studio/videos/<video_code>/captions/<caption_code>/remove")
@allow(Rule.OWN)
def remove(video_code: str, caption_code: str) -> ResponseReturnValue:
    with refusals_said(), unit_of_work() as session:
        captions.remove(session, load_own_video(session, video_code), caption_code)
        flash(_("Removed."), "good")
    return _back(video_code)


@studio_captions.post("/studio/videos/<video_code>/no-speech")
@allow(Rule.OWN)
def no_speech(video_code: str) -> ResponseReturnValue:
    nobody_speaks = request.form.get("nobody_speaks") == "yes"
    with refusals_said(), unit_of_work() as session:
        captions.say_no_speech(session, load_own_video(session, video_code), nobody_speaks)
        flash(_("Saved."), "good")
    return _back(video_code)


def _add(video_code: str, form: CaptionsForm) -> Added:
    """Add what was chosen or typed; the error names the field that was used."""
    sent = request.files.get("file")
    body = sent.stream.read(subtitles.MOST_BYTES + 1) if sent and sent.filename else b""
    typed = (form.typed.data or "").encode("utf-8", "replace")
    if not body and not typed.strip():
        raise Invalid("file", N_("Please choose a file, or type the captions."))
    try:
        with unit_of_work() as session:
            return captions.add(
                session,
                load_own_video(session, video_code),
                language=form.language.data or "",
                filename=(sent.filename or "") if sent and body else "",
                body=body or typed,
            )
    except Invalid as error:
        if error.field != "file" or body:
            raise
        raise Invalid("typed", error.message, **error.params) from None


def _page(video_code: str, form: CaptionsForm) -> ResponseReturnValue:
    with unit_of_work() as session:
        video = load_own_video(session, video_code)
        own = captions.of_video(session, video.id)
    form.language.choices = _choices()
    return render_template(
        "studio/captioning.html",
        video=video,
        form=form,
        captions=own,
        files=renditions.published(video),
    )


def _choices() -> list[tuple[str, str]]:
    """Every language by its name in the reader's language and in its own, the platform's languages first."""
    first = [locale.replace("_", "-") for locale in LOCALES]
    named = {tag: (language_name(tag), languages.own_name(tag)) for tag in languages.OFFERED}
    order = sorted(named, key=lambda tag: (tag not in first, named[tag][0]))
    return [(tag, name if name == own else f"{name} · {own}") for tag in order for name, own in [named[tag]]]


def _free(taken: Collection[str]) -> str:
    """The language somebody probably adds next: that of the page, else another one of the platform."""
    likely = [language().replace("_", "-"), *(locale.replace("_", "-") for locale in LOCALES)]
    return next((tag for tag in likely if tag not in taken), likely[0])


def _as_typed(kept: Caption | None) -> str:
    if kept is None:
        return ""
    return subtitles.as_typed(
        subtitles.read(kept.content.encode(), language=kept.language, duration_ms=None).cues
    )


def _back(video_code: str) -> ResponseReturnValue:
    return redirect(url_for("studio.video", video_code=video_code, _anchor="captions"), code=303)
