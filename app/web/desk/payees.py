"""The payment account of an organisation: connecting one, going on with it at the provider, leaving it."""

import hmac
from collections.abc import Generator
from contextlib import contextmanager

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.core.ids import new_code
from app.gateways.payments.contract import (
    AccountStatus,
    OnboardingRequest,
    OnboardingStep,
    PaymentGateway,
    PaymentRefused,
)
from app.nonprofits import payees
from app.web.access import allow
from app.web.desk import needs
from app.web.flashes import refusals_said
from app.web.loaders import load_nonprofit, may
from app.web.outside import payments, settings
from app.web.signin import required_person
from app.web.text import _

desk_payees = Blueprint("desk_payees", __name__)

STATE = "onboarding"  # in the cookie: the word by which the way back is known to be ours
STATE_LENGTH = 32

log = structlog.get_logger()


@desk_payees.get("/desk/<nonprofit_code>/payments")
@allow(Action.NONPROFIT_READ)
def account(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_READ)
        connected = payees.account_of(session, nonprofit)
        actions = may(session, nonprofit.id)
    return render_template(
        "desk/payments.html",
        nonprofit=nonprofit,
        account=connected,
        may=actions,
        provider=settings().payment_provider,
        test_mode=_is_test_mode(),
        wanted=needs.in_words(connected.missing) if connected else [],
    )


@desk_payees.post("/desk/<nonprofit_code>/payments/connect")
@allow(Action.PAYMENTS_MANAGE)
def connect(nonprofit_code: str) -> ResponseReturnValue:
    """Begin to connect an account, or go on with one that the provider does not let receive yet."""
    with refusals_said():
        asked = _request(nonprofit_code)
        with _asking() as gateway:
            step = gateway.start_onboarding(asked)
            status = None if step.go_to else gateway.account_status(step.account)
        _keep_begun(nonprofit_code, step, status)
        if step.go_to:
            cookie[STATE] = asked.state
            return redirect(step.go_to, code=303)
    return _home(nonprofit_code)


@desk_payees.get("/desk/<nonprofit_code>/payments/return")
@allow(Action.PAYMENTS_MANAGE)
def finish(nonprofit_code: str) -> ResponseReturnValue:
    """Where the provider sends the person back to; what the address says is believed only as our own way."""
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.PAYMENTS_MANAGE)
            begun = payees.may_connect(session, nonprofit, settings().payment_provider)
        sent, given = str(cookie.pop(STATE, "")), request.args.get("state", "")
        if not sent or not hmac.compare_digest(sent.encode(), given.encode()):
            raise KindrelayError(N_("This connection was not started here. Please connect once more."))
        with _asking() as gateway:
            answer = request.args.to_dict()
            status = gateway.finish_onboarding(begun.reference if begun else "", answer)
        _keep(nonprofit_code, status)
    return _home(nonprofit_code)


@desk_payees.post("/desk/<nonprofit_code>/payments/check")
@allow(Action.PAYMENTS_MANAGE)
def check(nonprofit_code: str) -> ResponseReturnValue:
    """Ask the provider again whether the account can receive."""
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.PAYMENTS_MANAGE)
            begun = payees.may_connect(session, nonprofit, settings().payment_provider)
        if begun is None:
            raise KindrelayError(N_("No payment account is connected."))
        with _asking() as gateway:
            status = gateway.account_status(begun.reference)
        _keep(nonprofit_code, status)
    return _home(nonprofit_code)


@desk_payees.post("/desk/<nonprofit_code>/payments/disconnect")
@allow(Action.PAYMENTS_MANAGE)
def disconnect(nonprofit_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.PAYMENTS_MANAGE)
            payees.disconnect(session, nonprofit, required_person().id)
        flash(_("Disconnected. Nobody can give until an account is connected again."), "waiting")
    return _home(nonprofit_code)


def _request(nonprofit_code: str) -> OnboardingRequest:
    base = settings().base_url.rstrip("/")
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.PAYMENTS_MANAGE)
        begun = payees.may_connect(session, nonprofit, settings().payment_provider)
        return OnboardingRequest(
            key=f"{nonprofit.code}-{payees.count_of(session, nonprofit)}",
            name=nonprofit.legal_name,
            country=nonprofit.country,
            email=required_person().email,
            return_url=base + url_for("desk_payees.finish", nonprofit_code=nonprofit_code),
            again_url=base + url_for("desk_payees.account", nonprofit_code=nonprofit_code),
            state=new_code(STATE_LENGTH),
            account=begun.reference if begun else "",
        )


@contextmanager
def _asking() -> Generator[PaymentGateway]:
    """The provider, outside of any transaction. A refusal of its is told in words about accounts."""
    gateway = payments()
    if gateway is None:
        raise KindrelayError(N_("This site has no payment provider yet. Ask the people who run it."))
    try:
        yield gateway
    except PaymentRefused as refused:
        log.warning("connecting an account was refused", provider=gateway.name, detail=refused.detail)
        words = N_("The payment service did not accept this. Please ask the people who run this site.")
        raise KindrelayError(words) from refused


def _keep_begun(nonprofit_code: str, step: OnboardingStep, status: AccountStatus | None) -> None:
    """An account that was named is kept before the person leaves, so that going on finds it."""
    if status is not None:
        _keep(nonprofit_code, status)
    elif step.account:
        _kept(nonprofit_code, AccountStatus(step.account, ready=False))


def _keep(nonprofit_code: str, status: AccountStatus) -> None:
    _kept(nonprofit_code, status)
    if status.ready:
        flash(_("Connected. Gifts go straight to this account."), "good")
    else:
        flash(_("The payment service still needs something before this account can receive."), "waiting")


def _kept(nonprofit_code: str, status: AccountStatus) -> None:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.PAYMENTS_MANAGE)
        payees.connect(session, nonprofit, required_person().id, settings().payment_provider, status)


def _is_test_mode() -> bool:
    gateway = payments()
    return gateway is not None and gateway.capabilities().test_mode


def _home(nonprofit_code: str) -> ResponseReturnValue:
    return redirect(url_for("desk_payees.account", nonprofit_code=nonprofit_code), code=303)
