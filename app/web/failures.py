"""What a person sees when something is missing, refused or broken."""

import structlog
from flask import Flask, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.core.errors import Invalid, KindrelayError, NotAllowed, NotFound, Unavailable
from app.web.forms import said
from app.web.text import _

STATUS = {NotFound: 404, NotAllowed: 403, Invalid: 422, Unavailable: 503}

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Answer every error with a page that helps, or with JSON where a script asked for it."""
    app.register_error_handler(KindrelayError, domain_error)
    app.register_error_handler(CSRFError, form_too_old)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(RedisError, waiting_room)
    app.register_error_handler(DataError, unreadable)
    app.register_error_handler(Exception, crash)


def domain_error(error: Exception) -> ResponseReturnValue:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 409)
    return answer(status, said(error) if isinstance(error, KindrelayError) else "")


def form_too_old(_error: Exception) -> ResponseReturnValue:
    return answer(400, _("This page was open for too long. Go back, load it again and send it once more."))


def http_error(error: Exception) -> ResponseReturnValue:
    status = (error.code if isinstance(error, HTTPException) else None) or 500
    if status < 400 and isinstance(error, HTTPException):
        return error.get_response()
    answered = make_response(answer(status, messages().get(status, "")))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answered.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answered


def messages() -> dict[int, str]:
    """What the common HTTP errors mean, in the request's language."""
    return {
        403: _("This is not open to you. If it should be, ask the people who run it."),
        404: _("There is nothing at this address. The link may be old, or a letter may be missing."),
        405: _("This address does not take that kind of request."),
        413: _("The file is too large."),
        429: _("That was too often. Wait a minute and try again."),
    }


def waiting_room(error: Exception) -> ResponseReturnValue:
    log.error("redis does not answer", error=str(error))
    return answer(503, _("We cannot do this safely right now. Please try again in a minute."))


def unreadable(_error: Exception) -> ResponseReturnValue:
    """A value that the database cannot even hold, such as a page number beyond all numbers."""
    status = 404 if request.method == "GET" else 422
    return answer(status, messages()[404])


def crash(error: Exception) -> ResponseReturnValue:
    log.error("request failed", route=str(request.url_rule), exc_info=error)
    return answer(500, _("Something broke on our side. It has been noted. Please try again in a minute."))


def answer(status: int, message: str) -> ResponseReturnValue:
    """The error as a page, or as JSON to a script that asked for JSON."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(error=message), status
    return render_template("errors/error.html", status=status, message=message), status
