"""What pages with a player tell of a visitor who has agreed to it, and the question itself."""

from typing import Annotated

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from werkzeug.wrappers.response import Response

from app.core.db import unit_of_work
from app.credit import relay, touches
from app.credit.touches import Told
from app.videos import feed
from app.web import visitors
from app.web.access import Rule, allow
from app.web.addresses import own_path
from app.web.limits import SHARE, limiter
from app.web.outside import touch_stream
from app.web.watch.badge import own_address
from app.web.watch.come import come
from app.web.watch.views import link_to

watch_touches = Blueprint("watch_touches", __name__)
consent = Blueprint("consent", __name__)

MAX_BODY_BYTES = 4096
MOST_TOUCHES = 20
HOUR_MS = 3_600_000
LONGEST_CODE = 40

Code = Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z]*$", max_length=LONGEST_CODE)]


class Batch(BaseModel):
    """Touches as a page sends them: video code, kind, how many milliseconds ago, and the second of the clip
    at which it was, where that matters."""

    model_config = ConfigDict(strict=True, extra="forbid")

    told: list[tuple[Code, str, int] | tuple[Code, str, int, int]] = Field(max_length=MOST_TOUCHES)
    through: Code = ""  # the share that the page was opened by


@watch_touches.post("/touches")
@allow(Rule.EVERYONE)
def tell() -> ResponseReturnValue:
    """Take a batch; nothing is kept of a visitor who has not agreed."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        batch = Batch.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return "", 400
    known = visitors.visitor()
    through = "" if batch.through and batch.through in visitors.passed_on() else batch.through
    if known is not None and batch.told:
        told = [
            Told(code, kind, min(max(ago, 0), HOUR_MS), *moment) for code, kind, ago, *moment in batch.told
        ]
        touches.tell(touch_stream(), known.code, known.session_at, told, through, come())
    elif through and any(one[1] == touches.ARRIVE for one in batch.told):
        touches.tell_arrival(touch_stream(), through, come())
    return "", 204


@watch_touches.post("/v/<code>/share")
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


@consent.post("/consent")
@allow(Rule.EVERYONE)
def answer() -> ResponseReturnValue:
    """Yes or no; each is one press, and can be changed."""
    response: Response = redirect(own_path(request.form.get("next")) or url_for("public.home"), code=303)
    visitors.answer(response, yes=request.form.get("answer") == "yes")
    return response
