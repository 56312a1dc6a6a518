"""The simulated provider's public pages: where a donor pays, and what it can be made to do."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField
from wtforms.validators import Optional, Regexp

from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.core.money import Money
from app.gateways.payments.sandbox import cards, payments, provider
from app.gateways.payments.sandbox.scripts import (
    AMOUNT_ENDINGS,
    CARDS,
    EXPLANATIONS,
    PLAIN_CARD,
    PLAIN_START,
    plain_digits,
)
from app.web.access import Rule, allow
from app.web.forms import Form, said
from app.web.sandbox import only_where_simulated
from app.web.text import _
from app.web.text import lazy as _l

sandbox = Blueprint("sandbox", __name__, url_prefix="/sandbox")
sandbox.before_request(only_where_simulated)


def _grouped(card: str) -> str:
    """A card number as it stands on a card."""
    digits = plain_digits(card)
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


class PayForm(Form):
    card = RadioField(
        _l("Choose a test card"),
        choices=[_grouped(card) for card in CARDS],  # pyright: ignore[reportArgumentType] (its stubs lag)
        coerce=_grouped,
        default=_grouped(PLAIN_CARD),
    )
    last_four = StringField(
        _l("Last four digits of the plain card"),
        [Optional(), Regexp(r"[0-9]{4}\Z", message=_l("Write four digits, such as 4242."))],
        description=_l("Other digits are another card: one for each donor you want to play."),
    )

    @property
    def number(self) -> str:
        """The whole number of the card that pays."""
        chosen = str(self.card.data)
        if plain_digits(chosen) == PLAIN_CARD and self.last_four.data:
            return PLAIN_START + self.last_four.data
        return chosen


@sandbox.get("")
@allow(Rule.EVERYONE)
def guide() -> ResponseReturnValue:
    cards = [(_grouped(card), EXPLANATIONS[script]) for card, script in CARDS.items()]
    amounts = [(Money(ending, "USD"), EXPLANATIONS[script]) for ending, script in AMOUNT_ENDINGS.items()]
    return render_template("sandbox/guide.html", cards=cards, amounts=amounts)


@sandbox.route("/pay/<payment_code>", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
def pay(payment_code: str) -> ResponseReturnValue:
    form = PayForm()
    with unit_of_work() as session:
        payment = payments.find(session, payment_code)
    if payment.state in ("paid", "cancelled"):
        return redirect(payment.return_url, code=303)
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                outcome = provider.pay(session, payment_code, form.number)
        except KindrelayError as error:
            form.refuse(error)
        else:
            if outcome == "challenged":
                return redirect(url_for("sandbox.challenge", payment_code=payment_code), code=303)
            if outcome == "paid":
                return redirect(payment.return_url, code=303)
            form.refuse(
                KindrelayError(
                    N_("The card was declined. Nothing was charged. Try another card, or go back.")
                )
            )
    return render_template(
        "sandbox/pay.html", form=form, payment=payment, amount=payment.amount, says=_says()
    )


@sandbox.route("/cards/<card_page_code>", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
def card(card_page_code: str) -> ResponseReturnValue:
    """Where a donor gives another card for what is paid each month."""
    form = PayForm()
    with unit_of_work() as session:
        page = cards.find(session, card_page_code)
    if page.card or form.sent_and_done(lambda session: cards.give(session, card_page_code, form.number)):
        return redirect(page.return_url, code=303)
    return render_template("sandbox/card.html", form=form, page=page, says=_says())


def _says() -> dict[str, str]:
    """What each test card does."""
    return {_grouped(card): _(EXPLANATIONS[script]) for card, script in CARDS.items()}


@sandbox.get("/pay/<payment_code>/challenge")
@allow(Rule.EVERYONE)
def challenge(payment_code: str) -> ResponseReturnValue:
    """The bank's page of 3-D Secure: is it you who pays?"""
    with unit_of_work() as session:
        payment = payments.find(session, payment_code)
    if not provider.is_challenged(payment):
        return redirect(url_for("sandbox.pay", payment_code=payment_code), code=303)
    return render_template("sandbox/challenge.html", payment=payment, amount=payment.amount)


@sandbox.post("/pay/<payment_code>/challenge")
@allow(Rule.EVERYONE)
def answer_challenge(payment_code: str) -> ResponseReturnValue:
    answer = request.form.get("answer")
    if answer not in ("confirm", "refuse"):
        abort(400)
    try:
        with unit_of_work() as session:
            outcome = provider.confirm(session, payment_code, agreed=answer == "confirm")
            payment = payments.find(session, payment_code)
    except KindrelayError as error:
        flash(said(error), "problem")
    else:
        if outcome == "paid":
            return redirect(payment.return_url, code=303)
        flash(
            _("The bank did not let the payment pass. Nothing was charged. Try again, or go back."), "problem"
        )
    return redirect(url_for("sandbox.pay", payment_code=payment_code), code=303)


@sandbox.post("/pay/<payment_code>/cancel")
@allow(Rule.EVERYONE)
def cancel(payment_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        payment = provider.cancel(session, payment_code)
    return redirect(payment.return_url, code=303)
