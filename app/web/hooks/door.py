"""The webhooks' door: verified over the raw body, kept with their task in one transaction, then answered.

It stands before the site: the signature alone says who sends one.
"""

import json
from typing import TYPE_CHECKING, cast

import structlog
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from app.core.errors import Unavailable
from app.gateways.payments.contract import PaymentGateway, WebhookRefused
from app.web.doors import Door
from app.web.hooks import together

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PREFIX = "/hooks/"
MAX_BODY_BYTES = 256 * 1024
# Who is still sending does not read an answer: so what is too large is taken to its end, up to here.
MAX_DRAINED_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 64 * 1024

# The words that a provider waits for; without them it sends again. The others look at the status alone.
TAKEN = {"alipay": "success"}

log = structlog.get_logger()


class HooksDoor(Door):
    """Takes what the payment provider sends."""

    def takes(self, path: str) -> bool:
        return path.startswith(PREFIX)

    def answer(self, environ: "WSGIEnvironment") -> Response:
        """2xx only once every event of the body is committed; anything else makes the provider try again."""
        request = Request(environ)
        gateway = cast("PaymentGateway | None", self._app.extensions["payments"])
        provider = request.path.removeprefix(PREFIX)
        if gateway is None or gateway.name != provider:
            return _said(404, error="no such provider")
        if request.method != "POST":
            answer = _said(405, error="only POST is taken")
            answer.headers["Allow"] = "POST"
            return answer
        try:
            return _receive(gateway, request)
        except WebhookRefused as error:
            log.warning("webhook refused", provider=provider, reason=str(error))
            return _said(400, error="refused")
        except HTTPException as error:  # of the body: larger than is drained, or cut off in the middle
            return _said(error.code or 400, error=error.name)
        except Unavailable as error:
            log.warning("webhook not understood: the provider does not answer", reason=str(error))
            return _said(503, error="try again")
        except DataError:
            log.warning("webhook holds what the database cannot", provider=provider)
            return _said(422, error="cannot be kept")
        except Exception as error:  # whatever it was, the provider is told, and sends again
            log.error("webhook not kept", provider=provider, exc_info=error)
            return _said(500, error="not kept")


def _receive(gateway: PaymentGateway, request: Request) -> Response:
    raw_body = _body(request)
    if raw_body is None:
        log.warning("webhook too large", provider=gateway.name, length=request.content_length)
        return _said(413, error="too large")
    told = gateway.verify_webhook(raw_body, dict(request.headers))
    new = together.keep(told)
    if gateway.name in TAKEN:
        return Response(TAKEN[gateway.name], mimetype="text/plain")
    return _said(200, received=len(told), new=new)


def _body(request: Request) -> bytes | None:
    """The body as it came; None when it is too large."""
    request.max_content_length = MAX_DRAINED_BYTES
    raw_body = request.stream.read(MAX_BODY_BYTES + 1)
    if len(raw_body) <= MAX_BODY_BYTES:
        return raw_body
    while request.stream.read(CHUNK_BYTES):
        pass
    return None


def _said(status: int, **words: object) -> Response:
    return Response(json.dumps(words), status, mimetype="application/json")
