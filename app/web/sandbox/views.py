"""The simulated provider's pages: where a donor pays, and where developers see what it can be made to do."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, RadioField, StringField

from app.core import ids
from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.core.money import Money, parse
from app.gateways.models import SandboxPayment
from app.gateways.payments.sandbox import payments as books
from app.gateways.payments.sandbox import provider, refunds
from app.gateways.payments.sandbox.scripts import AMOUNT_ENDINGS, CARDS, EXPLANATIONS, PLAIN_CARD
from app.web.access import Rule, allow
from app.web.forms import Form
from app.web.sandbox import only_where_simulated
from app.web.text import _
from app.web.text import lazy as _l

sandbox = Blueprint("sandbox", __name__, url_prefix="/sandbox")
sandbox.before_request(only_where_simulated)


def _grouped(card: str) -> str:
    """A card number as it stands on a card."""
    digits = card.replace(" ", "")
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


class PayForm(Form):
    card = RadioField(
        _l("Choose a test card"),
        choices=[_grouped(card) for card in CARDS],  # pyright: ignore[reportArgumentType] (its stubs lag)
        coerce=_grouped,
        default=_grouped(PLAIN_CARD),
    )


class RefundForm(Form):
    amount = StringField(_l("Amount to give back"))
    key = HiddenField()


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
        payment = books.find(session, payment_code)
    if payment.state in ("paid", "cancelled"):
        return redirect(payment.return_url, code=303)
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                outcome = provider.pay(session, payment_code, str(form.card.data))
        except KindrelayError as error:
            form.refuse(error)
        else:
            if outcome != "declined":
                return redirect(payment.return_url, code=303)
            form.problem = _("The card was declined. Nothing was charged. Try another card, or go back.")
    says = {_grouped(card): _(EXPLANATIONS[script]) for card, script in CARDS.items()}
    page = render_template("sandbox/pay.html", form=form, payment=payment, amount=_amount(payment), says=says)
    return page, 422 if form.problem or form.errors else 200


@sandbox.post("/pay/<payment_code>/cancel")
@allow(Rule.EVERYONE)
def cancel(payment_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        payment = provider.cancel(session, payment_code)
    return redirect(payment.return_url, code=303)


@sandbox.get("/payments")
@allow(Rule.ADMIN)
def payments() -> ResponseReturnValue:
    with unit_of_work() as session:
        listed = books.recent(session)
    rows = [
        (one, _amount(one), Money(one.refunded_minor, one.currency), RefundForm(key=ids.new_code(22)))
        for one in listed
    ]
    return render_template("sandbox/payments.html", rows=rows)


@sandbox.post("/payments/<payment_code>/refund")
@allow(Rule.ADMIN)
def refund(payment_code: str) -> ResponseReturnValue:
    form = RefundForm()
    try:
        with unit_of_work() as session:
            payment = books.find(session, payment_code, lock=True)
            amount = parse(form.amount.data or "", payment.currency)
            refunds.refund(session, payment, form.key.data or "", amount)
    except KindrelayError as error:
        form.refuse(error)
        flash(form.problem or " ".join(form.amount.errors), "problem")
    else:
        flash(_("Given back. The platform hears of it in a moment."), "good")
    return redirect(url_for("sandbox.payments"), code=303)


def _amount(payment: SandboxPayment) -> Money:
    return Money(payment.amount_minor, payment.currency)
