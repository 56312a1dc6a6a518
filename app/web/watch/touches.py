"""What pages with a player tell of a visitor who has agreed to it, and the question itself."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.wrappers.response import Response

from app.credit import touches
from app.credit.touches import Told
from app.web import visitors
from app.web.access import Rule, allow
from app.web.addresses import own_path
from app.web.outside import touch_stream

watch_touches = Blueprint("watch_touches", __name__)
consent = Blueprint("consent", __name__)

MAX_BODY_BYTES = 4096
MOST_TOUCHES = 20
HOUR_MS = 3_600_000


class Batch(BaseModel):
    """Touches as a page sends them: video code, kind, and how many milliseconds ago."""

    model_config = ConfigDict(strict=True, extra="forbid")

    told: list[tuple[str, str, int]] = Field(max_length=MOST_TOUCHES)


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
    if known is not None and batch.told:
        told = [Told(code, kind, min(max(ago, 0), HOUR_MS)) for code, kind, ago in batch.told]
        touches.tell(touch_stream(), known.code, known.session_at, told)
    return "", 204


@consent.post("/consent")
@allow(Rule.EVERYONE)
def answer() -> ResponseReturnValue:
    """Yes or no; each is one press, and can be changed."""
    response: Response = redirect(own_path(request.form.get("next")) or url_for("public.home"), code=303)
    visitors.answer(response, yes=request.form.get("answer") == "yes")
    return response
