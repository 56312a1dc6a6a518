"""The payment account of an organisation."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.nonprofits import payees
from app.web.access import allow
from app.web.flashes import refusals_said
from app.web.loaders import load_nonprofit, may
from app.web.outside import settings
from app.web.signin import required_person
from app.web.text import _

desk_payees = Blueprint("desk_payees", __name__)


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
    )


@desk_payees.post("/desk/<nonprofit_code>/payments/connect")
@allow(Action.PAYMENTS_MANAGE)
def connect(nonprofit_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.PAYMENTS_MANAGE)
            payees.connect(session, nonprofit, required_person().id, settings().payment_provider)
        flash(_("Connected. Gifts go straight to this account."), "good")
    return redirect(url_for("desk_payees.account", nonprofit_code=nonprofit_code), code=303)


@desk_payees.post("/desk/<nonprofit_code>/payments/disconnect")
@allow(Action.PAYMENTS_MANAGE)
def disconnect(nonprofit_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.PAYMENTS_MANAGE)
            payees.disconnect(session, nonprofit, required_person().id)
        flash(_("Disconnected. Nobody can give until an account is connected again."), "waiting")
    return redirect(url_for("desk_payees.account", nonprofit_code=nonprofit_code), code=303)
