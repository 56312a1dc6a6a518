"""A link of one's own, to pass a video on by."""

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.credit import relay
from app.videos import feed
from app.web import visitors
from app.web.access import Rule, allow
from app.web.limits import SHARE, limiter
from app.web.watch.badge import own_address
from app.web.watch.views import link_to

watch_sharing = Blueprint("watch_sharing", __name__)


@watch_sharing.post("/v/<code>/share")
@allow(Rule.EVERYONE)
@limiter.limit(SHARE)
def share(code: str) -> ResponseReturnValue:
    """A link of one's own to pass on; it remembers the share that its maker came by."""
    came_by = visitors.through(request.form.get("r", ""))
    with unit_of_work() as session:
        video = feed.by_code(session, code).video
        made = relay.make(session, video.id, came_by, visitors.passed_on())
    answer = jsonify(
        link=f"{link_to(code)}?r={made.code}",
        qr=url_for("watch.qr", code=code, r=made.code),
        own=own_address(made),
    )
    visitors.remember_passed_on(answer, made.code)
    return answer, 201
