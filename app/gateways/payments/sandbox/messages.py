"""The simulated provider's events as JSON, written by the provider and read by the client."""

import json
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.money import EXPONENTS, Money
from app.gateways.payments.contract import EventKind, VerifiedEvent, WebhookRefused

PROVIDER = "sandbox"
ACCOUNT_HEADER = "Kindrelay-Sandbox-Account"  # at which account a request asks
MAX_MINOR = 2**63 - 1  # the most that the books can hold


class EventBody(BaseModel):
    """An event as it stands in a webhook and in the provider's list of events."""

    model_config = ConfigDict(strict=True, extra="forbid")

    id: str = Field(min_length=1, max_length=100)
    kind: str
    created: int  # seconds since 1970, UTC
    test: bool
    account: str
    payment: str = ""  # none when a subscription was not paid, or ended
    part: str = ""  # the refund or the dispute
    subscription: str = ""
    card: str = ""  # its fingerprint
    amount_minor: int = Field(ge=0, le=MAX_MINOR)
    fee_minor: int = Field(ge=0, le=MAX_MINOR)
    currency: str
    reason: str = ""
    respond_by: int | None = None  # seconds since 1970, UTC


def encode(body: dict[str, Any]) -> bytes:
    """The very bytes that are signed and sent."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def decode(raw_body: bytes) -> VerifiedEvent:
    """The event in a body whose origin was checked. Raises WebhookRefused when it makes no sense."""
    try:
        body = EventBody.model_validate_json(raw_body)
        kind = EventKind(body.kind)
    except (ValidationError, ValueError) as error:
        raise WebhookRefused(f"not an event: {type(error).__name__}") from None
    if not body.test:
        raise WebhookRefused("a live event from the sandbox")
    if body.currency not in EXPONENTS:
        raise WebhookRefused("unknown currency")
    return VerifiedEvent(
        provider=PROVIDER,
        event_id=body.id,
        kind=kind,
        account=body.account,
        reference=body.payment,
        part=body.part,
        subscription=body.subscription,
        card=body.card,
        reason=body.reason,
        respond_by=None if body.respond_by is None else _moment(body.respond_by),
        amount=Money(body.amount_minor, body.currency),
        fee_minor=body.fee_minor,
        occurred_at=_moment(body.created),
        payload=body.model_dump(),
    )


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise WebhookRefused("no such time") from None
