"""A monthly gift in its donor's hand: one page, opened by the mailed link, where each change is a button."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.core.errors import KindrelayError, Unavailable
from app.core.i18n import N_
from app.core.money import Money, parse
from app.donations import monthly
from app.donations.monthly import Change, Holding
from app.gateways.payments.contract import PaymentRefused, PaymentsUnavailable
from app.web.access import Rule, allow
from app.web.donor.forms import AmountForm
from app.web.limits import OWN_GIFTS, limiter
from app.web.outside import payments, settings
from app.web.private import private
from app.web.text import _

donor_monthly = Blueprint("donor_monthly", __name__, url_prefix="/monthly")

DONE = {
    Change.PAUSE: N_("Paused. Nothing is taken until you go on."),
    Change.RESUME: N_("Welcome back. Your gift goes on."),
    Change.AMOUNT: N_("Changed. The new amount counts from the next payment."),
    Change.END: N_("Ended. Nothing more will be taken. Thank you for all you gave."),
}


@donor_monthly.route("/<monthly_token>", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(OWN_GIFTS)
def gift(monthly_token: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        held = monthly.by_token(session, monthly_token, settings().secret_key)
    form = AmountForm()
    if request.method == "POST":
        try:
            change = _change(held, form)
        except KindrelayError as error:
            form.refuse(error)
        else:
            flash(_(DONE[change]), "good")
            return redirect(url_for("donor_monthly.gift", monthly_token=monthly_token), code=303)
    gateway = payments()
    page = render_template(
        "donor/monthly.html",
        held=held,
        form=form,
        place=_place(held),
        test_mode=gateway is not None and gateway.capabilities().test_mode,
    )
    return private(page), 422 if form.problem or form.errors else 200


def _change(held: Holding, form: AmountForm) -> Change:
    """Ask the provider for what the pressed button says, then note it."""
    try:
        change = Change(request.form.get("change", ""))
    except ValueError:
        raise KindrelayError(N_("Choose one of the buttons.")) from None
    amount = parse(form.amount.data or "", held.gift.currency) if change is Change.AMOUNT else None
    monthly.check(held, change, amount)
    _ask(held, change, amount)
    with unit_of_work() as session:
        monthly.note(session, held.gift.id, change, amount)
    return change


def _ask(held: Holding, change: Change, amount: Money | None) -> None:
    gateway = payments()
    if gateway is None or gateway.name != held.gift.provider:
        raise Unavailable(
            N_("This site does not work with the payment service of this gift right now. Please write to us.")
        )
    try:
        monthly.ask(gateway, held.account, held.reference, change, amount)
    except PaymentRefused as error:
        raise KindrelayError(
            N_("The payment service did not accept this. Your gift is as it was; please try again later.")
        ) from error
    except PaymentsUnavailable as error:
        raise Unavailable(
            N_("The payment service does not answer right now. Please try again in a minute.")
        ) from error


def _place(held: Holding) -> str:
    """Where the donor can begin anew, with another card."""
    if held.video is not None:
        return url_for("donate.from_video", video_code=held.video.code)
    return url_for("donate.from_project", project_code=held.project.code)
