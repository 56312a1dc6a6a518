"""What can be looked at with Stripe's keys alone: whose they are, and whether webhooks will arrive."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
from stripe import WebhookSignature

from app.core import clock
from app.core.errors import KindrelayError
from app.core.ids import new_code
from app.gateways.payments.checking import TIMEOUT_SECONDS, Step, hook, step
from app.gateways.payments.stripe import accounts, signature
from app.gateways.payments.stripe.asking import asking
from app.gateways.payments.stripe.client import StripeGateway
from app.gateways.payments.stripe.events import MEANINGS

PAGE = 100


def steps(
    gateway: StripeGateway, secrets: Sequence[str], base_url: str, transport: httpx.BaseTransport | None
) -> Iterator[Step]:
    """The platform's account, its connected accounts, its webhook endpoint, and this site behind it."""
    address = hook(gateway, base_url)
    yield step("The key is a platform's at Stripe", lambda: _platform(gateway))
    yield step("Connected accounts can be listed", lambda: _connected(gateway))
    yield step(f"Stripe has a webhook endpoint for {address}", lambda: _endpoint(gateway, address))
    for number, secret in enumerate(secrets, 1):
        title = f"This site believes what signing secret {number} of {len(secrets)} has signed"
        yield step(title, lambda secret=secret: _believed(gateway, address, secret, transport))


def _platform(gateway: StripeGateway) -> str:
    with asking():
        found = gateway.client.v1.accounts.retrieve_current().to_dict()
    mode = "test" if gateway.capabilities().test_mode else "live"
    return f"{found['id']} in {found.get('country')}, {mode} mode"


def _connected(gateway: StripeGateway) -> str:
    with asking():
        found = gateway.client.v1.accounts.list({"limit": PAGE}).data
    ready = sum(accounts.status(one.to_dict()).ready for one in found)
    return f"{len(found)} of them, {ready} can receive" + (" (the first hundred)" * (len(found) == PAGE))


def _endpoint(gateway: StripeGateway, address: str) -> str:
    with asking():
        listed = gateway.client.v1.webhook_endpoints.list({"limit": PAGE}).auto_paging_iter()
        found = [one for one in listed if one.url.rstrip("/") == address]
    if not found:
        raise KindrelayError("none; make one that listens to events of connected accounts")
    enabled = [one for one in found if one.status == "enabled"]
    if not enabled:
        raise KindrelayError("it is switched off")
    told = {kind for one in enabled for kind in one.enabled_events}
    missing = [] if "*" in told else sorted(set(MEANINGS) - told)
    if missing:
        raise KindrelayError(f"it is not told of {', '.join(missing)}")
    return f"{', '.join(one.id for one in enabled)}, told of all that matters"


def _believed(
    gateway: StripeGateway, address: str, secret: str, transport: httpx.BaseTransport | None
) -> str:
    """Send an event of no meaning, signed as Stripe would sign it."""
    now = int(clock.now().timestamp())
    event: dict[str, Any] = {
        "id": f"evt_check_{new_code()}",
        "object": "event",
        "type": "kindrelay.check",
        "account": "acct_check",
        "created": now,
        "livemode": not gateway.capabilities().test_mode,
        "data": {"object": {}},
    }
    raw_body = json.dumps(event)
    header = WebhookSignature.generate_signature_header(raw_body, secret, now)
    with httpx.Client(timeout=TIMEOUT_SECONDS, transport=transport) as http:
        answer = http.post(address, content=raw_body, headers={signature.HEADER: header})
    if not answer.is_success:
        raise KindrelayError(f"{answer.status_code}: the site runs with other settings than this command")
    return "it does"
