"""The question whether a visitor may be known, answered."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers.response import Response

from app.web import visitors
from app.web.access import Rule, allow
from app.web.addresses import own_path
from app.web.limits import CONSENT, limiter
from app.web.signin import current_person, note_visitor

consent = Blueprint("consent", __name__)


@consent.post("/consent")
@allow(Rule.EVERYONE)
def answer() -> ResponseReturnValue:
    """Yes or no; each is one press, and can be changed."""
    response: Response = redirect(own_path(request.form.get("next")) or url_for("public.home"), code=303)
    known_by = visitors.answer(response, yes=request.form.get("answer") == "yes")
    if known_by and (person := current_person()) is not None:
        with limiter.limit(CONSENT, key_func=lambda: f"consent {person.code}"):  # each notes another browser
            note_visitor(person.id, known_by)
    return response
