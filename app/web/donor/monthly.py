"""A monthly gift in its donor's hand: one page, opened by the mailed link, where each change is a button."""

from collections.abc import Generator
from contextlib import contextmanager

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import ids
from app.core.db import unit_of_work
from app.core.errors import KindrelayError, Unavailable
from app.core.i18n import N_
from app.core.money import Money, parse
from app.donations import monthly
from app.donations.models import CODE_LENGTH
from app.donations.monthly import Change, Holding
from app.gateways.payments.contract import CardRequest, PaymentGateway, PaymentRefused, PaymentsUnavailable
from app.web.access import Rule, allow
from app.web.donor.forms import AmountForm
from app.web.languages import language
from app.web.limits import CARD_PAGES, OWN_GIFTS, limiter
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
            change, amount = _wanted(held, form)
            if amount is not None and _is_to_be_confirmed(held, amount):
                return private(render_template("donor/raise.html", held=held, form=form, amount=amount))
            if change is Change.CARD:
                return redirect(_card_page(held, monthly_token), code=303)
            _ask(held, change, amount)
        except KindrelayError as error:
            form.refuse(error)
        else:
            with unit_of_work() as session:
                monthly.note(session, held.gift.id, change, amount)
            flash(_(DONE[change]), "good")
            return redirect(url_for("donor_monthly.gift", monthly_token=monthly_token), code=303)
    gateway = payments()
    page = render_template(
        "donor/monthly.html",
        held=held,
        form=form,
        place=_place(held),
        takes_card=Change.CARD in held.changes
        and gateway is not None
        and gateway.capabilities().another_card,
        test_mode=gateway is not None and gateway.capabilities().test_mode,
    )
    return private(page)


def _wanted(held: Holding, form: AmountForm) -> tuple[Change, Money | None]:
    """What the pressed button says, and the amount with it. Raises KindrelayError when it cannot be done."""
    try:
        change = Change(request.form.get("change", ""))
    except ValueError:
        raise KindrelayError(N_("Choose one of the buttons.")) from None
    amount = parse(form.amount.data or "", held.gift.currency) if change is Change.AMOUNT else None
    monthly.check(held, change, amount)
    return change, amount


def _is_to_be_confirmed(held: Holding, amount: Money) -> bool:
    """Whether it rises much, and the donor has not said yes to these very two amounts."""
    if not monthly.rises_much(held, amount, settings().monthly_raise_times):
        return False
    return request.form.get("sure") != f"{held.gift.amount_minor} {amount.minor}"


def _ask(held: Holding, change: Change, amount: Money | None) -> None:
    with _asked_of(held) as gateway:
        monthly.ask(gateway, held.account, held.reference, change, amount)


def _card_page(held: Holding, monthly_token: str) -> str:
    """The provider's page for another card. Few are opened for one gift: nobody tries out cards there."""
    back = settings().base_url.rstrip("/") + url_for("donor_monthly.gift", monthly_token=monthly_token)
    asked = CardRequest(
        account=held.account,
        subscription=held.reference,
        currency=held.gift.currency,
        return_url=f"{back}?card=given",
        back_url=back,
        key=ids.new_code(CODE_LENGTH),
        locale=language(),
    )
    with limiter.limit(CARD_PAGES, key_func=lambda: f"card {held.gift.code}"), _asked_of(held) as gateway:
        return gateway.ask_card(asked)


@contextmanager
def _asked_of(held: Holding) -> Generator[PaymentGateway]:
    """The provider of a monthly gift; what it will not do is said in words. Raises KindrelayError."""
    gateway = payments()
    if gateway is None or gateway.name != held.gift.provider:
        raise Unavailable(
            N_("This site does not work with the payment service of this gift right now. Please write to us.")
        )
    try:
        yield gateway
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
