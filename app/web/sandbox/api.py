"""The simulated provider's HTTP API, as a real one would have it: key, account, idempotency, JSON."""

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.money import EXPONENTS, Money
from app.gateways.models import SandboxCardPage, SandboxPayment, SandboxPayout, SandboxSubscription
from app.gateways.payments.contract import CardRequest, PaymentRequest
from app.gateways.payments.sandbox import (
    cards,
    messages,
    news,
    payments,
    payouts,
    provider,
    refunds,
    subscriptions,
)
from app.web.access import Rule, allow
from app.web.outside import settings
from app.web.sandbox import only_where_simulated

sandbox_api = Blueprint("sandbox_api", __name__, url_prefix="/sandbox/api")
sandbox_api.before_request(only_where_simulated)

STEPS = {"pause": subscriptions.pause, "resume": subscriptions.resume, "end": subscriptions.end}


class Body(BaseModel):
    """JSON of a request: these fields and no other, of these very types."""

    model_config = ConfigDict(strict=True, extra="forbid")


class PaymentBody(Body):
    """What opening a payment takes."""

    account: str = Field(min_length=1, max_length=100)
    amount_minor: int = Field(gt=0, le=10**13)
    currency: str
    description: str = Field(max_length=500)
    return_url: str = Field(max_length=2000, pattern="^https?://")
    monthly: bool = False


class CardBody(Body):
    """What a page for another card takes."""

    return_url: str = Field(max_length=2000, pattern="^https?://")
    back_url: str = Field(max_length=2000, pattern="^https?://")


class AmountBody(Body):
    """What a refund takes, and another amount of a subscription."""

    amount_minor: int = Field(gt=0, le=10**13)
    currency: str


B = TypeVar("B", bound=Body)
T = TypeVar("T")


@sandbox_api.before_request
def check_key() -> None:
    """Answer nobody without the key."""
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {settings().sandbox_secret}".encode()):
        abort(401)


@sandbox_api.post("/payments")
@allow(Rule.PROVIDER)
def open_payment() -> ResponseReturnValue:
    body = _read(PaymentBody)
    asked = PaymentRequest(
        account=body.account,
        amount=_amount(body.amount_minor, body.currency),
        description=body.description,
        return_url=body.return_url,
        key=_key(),
        monthly=body.monthly,
    )
    with unit_of_work() as session:
        return jsonify(_shown(payments.open_payment(session, asked))), 201


@sandbox_api.get("/payments/<payment_code>")
@allow(Rule.PROVIDER)
def show_payment(payment_code: str) -> ResponseReturnValue:
    return _answer(_shown, lambda session: payments.find(session, payment_code, account=_account()))


@sandbox_api.post("/payments/<payment_code>/refunds")
@allow(Rule.PROVIDER)
def refund(payment_code: str) -> ResponseReturnValue:
    body = _read(AmountBody)
    with unit_of_work() as session:
        payment = payments.find(session, payment_code, account=_account(), lock=True)
        given = refunds.refund(session, payment, _key(), _amount(body.amount_minor, body.currency))
        return jsonify(refund=given.code, state=given.state), 201


@sandbox_api.post("/payments/<payment_code>/close")
@allow(Rule.PROVIDER)
def close_payment(payment_code: str) -> ResponseReturnValue:
    return _answer(_shown, lambda session: provider.cancel(session, payment_code, account=_account()))


@sandbox_api.post("/subscriptions/<subscription_code>/amount")
@allow(Rule.PROVIDER)
def change_subscription(subscription_code: str) -> ResponseReturnValue:
    body = _read(AmountBody)
    amount = _amount(body.amount_minor, body.currency)
    code, account = subscription_code, _account()
    return _answer(_subscribed, lambda session: subscriptions.change(session, code, account, amount))


@sandbox_api.post("/subscriptions/<subscription_code>/cards")
@allow(Rule.PROVIDER)
def ask_card(subscription_code: str) -> ResponseReturnValue:
    body = _read(CardBody)
    asked = CardRequest(
        account=_account(),
        subscription=subscription_code,
        currency="",  # the subscription has its own
        return_url=body.return_url,
        back_url=body.back_url,
        key=_key(),
    )
    return _answer(_card_page, lambda session: cards.ask(session, asked))


@sandbox_api.post("/subscriptions/<subscription_code>/cards/<card_page_code>")
@allow(Rule.PROVIDER)
def take_card(subscription_code: str, card_page_code: str) -> ResponseReturnValue:
    taken = (subscription_code, _account(), card_page_code)
    return _answer(_subscribed, lambda session: cards.take(session, *taken))


@sandbox_api.post("/subscriptions/<subscription_code>/<step>")
@allow(Rule.PROVIDER)
def step_subscription(subscription_code: str, step: str) -> ResponseReturnValue:
    if step not in STEPS:
        abort(404)
    return _answer(_subscribed, lambda session: STEPS[step](session, subscription_code, _account()))


@sandbox_api.get("/events")
@allow(Rule.PROVIDER)
def list_events() -> ResponseReturnValue:
    accounts = request.args.getlist("account")
    with unit_of_work() as session:
        page = news.since(session, _since(), accounts, request.args.get("after", ""))
        return jsonify(events=[event.body for event in page])


@sandbox_api.get("/payouts")
@allow(Rule.PROVIDER)
def list_payouts() -> ResponseReturnValue:
    with unit_of_work() as session:
        return jsonify(payouts=[_sent(one) for one in payouts.since(session, _since(), _account())])


def _answer(show: Callable[[T], dict[str, Any]], step: Callable[[Session], T]) -> ResponseReturnValue:
    """What a step in the provider's books leaves behind."""
    with unit_of_work() as session:
        return jsonify(show(step(session)))


def _read(kind: type[B]) -> B:
    try:
        return kind.model_validate_json(request.get_data())
    except ValidationError as error:
        raise Invalid("body", N_("The request cannot be understood: %(why)s"), why=str(error)) from None


def _amount(minor: int, currency: str) -> Money:
    if currency not in EXPONENTS:
        raise Invalid("currency", N_("The currency %(currency)s is not supported."), currency=currency)
    return Money(minor, currency)


def _since() -> datetime:
    try:
        since = datetime.fromisoformat(request.args.get("since", ""))
    except ValueError:
        since = datetime.min  # noqa: DTZ901 (refused below, as every time without its zone)
    if since.tzinfo is None:
        raise Invalid("since", N_("The time needs its zone."))
    return since


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 100:
        abort(400)
    return key


def _account() -> str:
    account = request.headers.get(messages.ACCOUNT_HEADER, "")
    if not account:
        abort(400)
    return account


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
        "subscription": payment.subscription,
        "pay_url": settings().base_url.rstrip("/") + page,
    }


def _card_page(page: SandboxCardPage) -> dict[str, Any]:
    address = url_for("sandbox.card", card_page_code=page.code)
    return {"code": page.code, "page_url": settings().base_url.rstrip("/") + address}


def _subscribed(subscription: SandboxSubscription) -> dict[str, Any]:
    return {
        "code": subscription.code,
        "state": subscription.state,
        "amount_minor": subscription.amount_minor,
        "currency": subscription.currency,
        "next_at": subscription.next_at.isoformat() if subscription.next_at else None,
    }


def _sent(payout: SandboxPayout) -> dict[str, Any]:
    return {
        "code": payout.code,
        "account": payout.account,
        "state": "paid",
        "amount_minor": payout.amount_minor,
        "currency": payout.currency,
        "at": payout.at.isoformat(),
        "lines": payout.items,
    }
