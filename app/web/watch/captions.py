"""Captions as the player loads them: from this site itself, so that they are gone with their video."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.videos import captions, languages
from app.videos.models import Caption, Video
from app.web.access import Rule, allow
from app.web.signin import current_person

watch_captions = Blueprint("watch_captions", __name__)

CACHE_SECONDS = 60


@dataclass(frozen=True)
class Track:
    """What a <track> of captions needs; `label` is what its own speakers call the language."""

    src: str
    language: str  # BCP 47
    label: str


@watch_captions.get("/v/<code>/captions/<caption_code>.vtt")
@allow(Rule.EVERYONE)
def show(code: str, caption_code: str) -> ResponseReturnValue:
    """The WebVTT of one language, to whoever may open the video's page."""
    person = current_person()
    with unit_of_work() as session:
        caption = captions.visible(session, code, caption_code, person.id if person else None)
    answer = Response(caption.content, mimetype="text/vtt")
    answer.cache_control.private = True
    answer.cache_control.max_age = CACHE_SECONDS
    answer.add_etag()
    return answer.make_conditional(request)


def tracks(video: Video, own: Sequence[Caption]) -> list[Track]:
    """The captions of a video, for its player."""
    return [
        Track(
            url_for("watch_captions.show", code=video.code, caption_code=caption.code),
            caption.language,
            languages.own_name(caption.language),
        )
        for caption in own
    ]
