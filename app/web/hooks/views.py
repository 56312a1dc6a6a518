"""Webhooks: verified over the raw body, kept with their task in one transaction, then answered."""

import structlog
from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from app.gateways.payments.contract import WebhookRefused
from app.web.access import Rule, allow
from app.web.hooks import together
from app.web.outside import payments

hooks = Blueprint("hooks", __name__)

MAX_BODY_BYTES = 256 * 1024
# Who is still sending does not read an answer: so what is too large is taken to its end, up to here.
MAX_DRAINED_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 64 * 1024

# The words that a provider waits for; without them it sends again. The others look at the status alone.
TAKEN = {"alipay": "success"}

log = structlog.get_logger()


@hooks.post("/hooks/<provider>")
@allow(Rule.PROVIDER)
def receive(provider: str) -> ResponseReturnValue:
    """2xx only once every event of the body is committed; anything else makes the provider try again."""
    gateway = payments()
    if gateway is None or gateway.name != provider:
        abort(404)
    raw_body = _body()
    if raw_body is None:
        log.warning("webhook too large", provider=provider, length=request.content_length)
        return jsonify(error="too large"), 413
    try:
        told = gateway.verify_webhook(raw_body, dict(request.headers))
    except WebhookRefused as error:
        log.warning("webhook refused", provider=provider, reason=str(error))
        return jsonify(error="refused"), 400
    new = together.keep(told)
    if provider in TAKEN:
        return Response(TAKEN[provider], mimetype="text/plain")
    return jsonify(received=len(told), new=new)


def _body() -> bytes | None:
    """The body as it came; None when it is too large."""
    request.max_content_length = MAX_DRAINED_BYTES
    raw_body = request.stream.read(MAX_BODY_BYTES + 1)
    if len(raw_body) <= MAX_BODY_BYTES:
        return raw_body
    while request.stream.read(CHUNK_BYTES):
        pass
    return None
