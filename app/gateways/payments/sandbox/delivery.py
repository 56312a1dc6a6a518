"""How the simulated provider tells the platform: a signed webhook over HTTP."""

import ssl
from functools import cache
from typing import Any

import httpx

from app.core import clock
from app.core.settings import Settings
from app.gateways.payments.sandbox import messages, signature

TIMEOUT_SECONDS = 10.0


class NotDelivered(Exception):  # noqa: N818 (it names what happened)
    """The platform did not take the event; it has to be told again."""


def deliver(settings: Settings, body: dict[str, Any], transport: httpx.BaseTransport | None = None) -> None:
    """Post an event to the platform. Raises NotDelivered unless it is answered with 2xx."""
    raw_body = messages.encode(body)
    headers = {
        "Content-Type": "application/json",
        signature.HEADER: signature.sign(settings.sandbox_secret, raw_body, clock.now()),
    }
    address = f"{settings.base_url.rstrip('/')}/hooks/{messages.PROVIDER}"
    with httpx.Client(timeout=TIMEOUT_SECONDS, transport=transport, verify=_trusted()) as http:
        try:
            response = http.post(address, content=raw_body, headers=headers)
        except httpx.HTTPError as error:
            raise NotDelivered(f"{address}: {error}") from error
    if not response.is_success:
        raise NotDelivered(f"{address}: {response.status_code}")


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates we trust, read once: reading them takes longer than all the rest of a delivery."""
    return httpx.create_ssl_context()
