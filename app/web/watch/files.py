"""Where a video's files are now, for a page that was opened before they were."""

from flask import Blueprint, Response, jsonify

from app.core.db import unit_of_work
from app.videos import feed
from app.web.access import Rule, allow
from app.web.signin import current_person
from app.web.watch.stage import addresses

watch_files = Blueprint("watch_files", __name__)


@watch_files.get("/v/<code>/files")
@allow(Rule.EVERYONE)
def files(code: str) -> Response:
    """The video's state and its addresses, to whoever may open its page."""
    person = current_person()
    with unit_of_work() as session:
        video = feed.by_code(session, code, person.id if person else None).video
    answer = jsonify(state=video.state, **addresses(video))
    answer.cache_control.no_store = True
    return answer
