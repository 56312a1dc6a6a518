"""The simulated provider's HTTP API, as a real one would have it: key, idempotency, JSON."""

import hmac
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.db import unit_of_work
from app.core.money import EXPONENTS, Money
from app.gateways.models import SandboxPayment
from app.gateways.payments.contract import PaymentRequest
from app.gateways.payments.sandbox import provider
from app.gateways.payments.sandbox.provider import KeyReused
from app.web.access import Rule, allow
from app.web.outside import settings
from app.web.sandbox import only_where_simulated

sandbox_api = Blueprint("sandbox_api", __name__, url_prefix="/sandbox/api")
sandbox_api.before_request(only_where_simulated)


class PaymentBody(BaseModel):
    """What opening a payment takes."""

    model_config = ConfigDict(strict=True, extra="forbid")

    account: str = Field(min_length=1, max_length=100)
    amount_minor: int = Field(gt=0, le=10**13)
    currency: str
    description: str = Field(max_length=500)
    return_url: str = Field(max_length=2000, pattern="^https?://")
    monthly: bool = False


class RefundBody(BaseModel):
    """What a refund takes."""

    model_config = ConfigDict(strict=True, extra="forbid")

    amount_minor: int = Field(gt=0)
    currency: str


@sandbox_api.before_request
def check_key() -> None:
    """Answer nobody without the key."""
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {settings().sandbox_secret}".encode()):
        abort(401)


@sandbox_api.post("/payments")
@allow(Rule.PROVIDER)
def open_payment() -> ResponseReturnValue:
    try:
        body = PaymentBody.model_validate_json(request.get_data())
    except ValidationError as error:
        return jsonify(error=str(error)), 422
    if body.currency not in EXPONENTS:
        return jsonify(error=f"unknown currency {body.currency}"), 422
    asked = PaymentRequest(
        account=body.account,
        amount=Money(body.amount_minor, body.currency),
        description=body.description,
        return_url=body.return_url,
        key=_key(),
        monthly=body.monthly,
    )
    try:
        with unit_of_work() as session:
            return jsonify(_shown(provider.open_payment(session, asked))), 201
    except KeyReused as error:
        return jsonify(error=str(error)), 409


@sandbox_api.get("/payments/<payment_code>")
@allow(Rule.PROVIDER)
def show_payment(payment_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        return jsonify(_shown(provider.find(session, payment_code)))


@sandbox_api.post("/payments/<payment_code>/refunds")
@allow(Rule.PROVIDER)
def refund(payment_code: str) -> ResponseReturnValue:
    try:
        body = RefundBody.model_validate_json(request.get_data())
    except ValidationError as error:
        return jsonify(error=str(error)), 422
    try:
        with unit_of_work() as session:
            given = provider.refund(session, payment_code, _key(), body.amount_minor, body.currency)
            return jsonify(refund=given.code, state=given.state), 201
    except KeyReused as error:
        return jsonify(error=str(error)), 409


@sandbox_api.get("/events")
@allow(Rule.PROVIDER)
def list_events() -> ResponseReturnValue:
    try:
        since = datetime.fromisoformat(request.args.get("since", ""))
    except ValueError:
        return jsonify(error="since must be a time with its zone"), 422
    if since.tzinfo is None:
        return jsonify(error="since must be a time with its zone"), 422
    with unit_of_work() as session:
        page = provider.events_since(session, since, request.args.get("after", ""))
        return jsonify(events=[event.body for event in page])


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 100:
        abort(400)
    return key


def _shown(payment: SandboxPayment) -> dict[str, Any]:
    page = url_for("sandbox.pay", payment_code=payment.code)
    return {
        "code": payment.code,
        "account": payment.account,
        "state": payment.state,
        "amount_minor": payment.amount_minor,
        "refunded_minor": payment.refunded_minor,
        "fee_minor": payment.fee_minor,
        "currency": payment.currency,
        "pay_url": settings().base_url.rstrip("/") + page,
    }
