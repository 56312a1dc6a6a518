"""Webhooks: verified over the raw body, kept with their task in one transaction, then answered."""

import structlog
from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.donations import events
from app.gateways.payments.contract import WebhookRefused
from app.web.access import Rule, allow
from app.web.outside import payments

hooks = Blueprint("hooks", __name__)

MAX_BODY_BYTES = 256 * 1024

log = structlog.get_logger()


@hooks.post("/hooks/<provider>")
@allow(Rule.PROVIDER)
def receive(provider: str) -> ResponseReturnValue:
    """2xx only once every event of the body is committed; anything else makes the provider try again."""
    request.max_content_length = MAX_BODY_BYTES
    gateway = payments()
    if gateway is None or gateway.name != provider:
        abort(404)
    try:
        told = gateway.verify_webhook(request.get_data(cache=False), dict(request.headers))
    except WebhookRefused as error:
        log.warning("webhook refused", provider=provider, reason=str(error))
        return jsonify(error="refused"), 400
    with unit_of_work() as session:
        new = sum(events.record(session, event) for event in told)
    return jsonify(received=len(told), new=new)
