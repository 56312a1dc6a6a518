"""Signed webhooks: HMAC-SHA256 over the time and the raw body, as `t=…,v1=…` in one header."""

import hashlib
import hmac
from datetime import datetime, timedelta

from app.gateways.payments.contract import WebhookRefused

HEADER = "Kindrelay-Sandbox-Signature"
TOLERANCE = timedelta(seconds=300)


def sign(secret: str, raw_body: bytes, at: datetime) -> str:
    """The value of the signature header for a body sent at `at`."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_digest(secret, stamp, raw_body)}"


def check(secret: str, raw_body: bytes, header: str, now: datetime) -> None:
    """Raises WebhookRefused unless `header` signs these very bytes within 300 s of `now`, either way."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp, given = parts.get("t", ""), parts.get("v1", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and given.isascii()):
        raise WebhookRefused("signature missing or malformed")
    if not hmac.compare_digest(_digest(secret, stamp, raw_body), given):
        raise WebhookRefused("signature does not match")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise WebhookRefused("signature is too old or from the future")


def _digest(secret: str, stamp: str, raw_body: bytes) -> str:
    return hmac.new(secret.encode(), f"{stamp}.".encode() + raw_body, hashlib.sha256).hexdigest()
