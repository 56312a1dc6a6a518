"""Whether a webhook is Stripe's, of just now, of a connected account, and of this site's mode."""

import json
from collections.abc import Sequence
from typing import Any, cast

from stripe import SignatureVerificationError, WebhookSignature

from app.core import clock
from app.gateways.payments.contract import WebhookRefused

HEADER = "Stripe-Signature"
TOLERANCE_SECONDS = 300


def open_event(raw_body: bytes, header: str, secrets: Sequence[str], *, live: bool) -> dict[str, Any]:
    """The event in a webhook that was signed with one of `secrets`, by the SDK's own verifier.

    Raises WebhookRefused for anything else: a bad or missing signature, one that is more than 300 s old or
    ahead (the SDK lets any time ahead pass), an event of the other mode, or of no connected account.
    """
    try:
        body = raw_body.decode()
    except UnicodeDecodeError:
        raise WebhookRefused("not UTF-8") from None
    _check_signature(body, header, secrets)
    _check_time(header)
    event = _parsed(body)
    if event["livemode"] is not live:
        raise WebhookRefused("an event of the other mode, live or test")
    if not str(event.get("account") or "").startswith("acct_"):
        raise WebhookRefused("an event of no connected account")
    return event


def _check_signature(body: str, header: str, secrets: Sequence[str]) -> None:
    for secret in secrets:
        try:
            WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
        except SignatureVerificationError:
            continue
        except (ValueError, TypeError):  # a header that is not ASCII
            break
        return
    raise WebhookRefused("signature missing, stale or of another secret")


def _check_time(header: str) -> None:
    """The SDK has read this header before, so its time is a number; it takes the first of several."""
    stamp = next(words[1] for part in header.split(",") if (words := part.split("="))[0] == "t")
    if int(stamp) > clock.now().timestamp() + TOLERANCE_SECONDS:
        raise WebhookRefused("signature is from the future")


def _parsed(body: str) -> dict[str, Any]:
    try:
        event: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise WebhookRefused("not JSON") from None
    if not isinstance(event, dict):
        raise WebhookRefused("not an event")
    event = cast("dict[str, Any]", event)
    data: Any = event.get("data")
    about: Any = cast("dict[str, Any]", data).get("object") if isinstance(data, dict) else None
    named = all(isinstance(event.get(name), str) and event[name] for name in ("id", "type"))
    timed = isinstance(event.get("created"), int) and isinstance(event.get("livemode"), bool)
    if event.get("object") != "event" or not named or not timed or not isinstance(about, dict):
        raise WebhookRefused("not an event")
    return event
