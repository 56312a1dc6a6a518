"""The simulated provider's dashboard, for administrators: its books, and what one can make happen in them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast, get_args

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import HiddenField, SelectField, StringField

from app.core import ids
from app.core.db import unit_of_work
from app.core.errors import KindrelayError, NotFound
from app.core.i18n import N_
from app.core.money import Money, parse
from app.gateways.payments.contract import EventKind
from app.gateways.payments.sandbox import disputes, news, payments, payouts, refunds, subscriptions
from app.gateways.payments.sandbox.disputes import REASONS, Decision
from app.web.access import Rule, allow
from app.web.forms import Form, said
from app.web.sandbox import only_where_simulated
from app.web.text import _
from app.web.text import lazy as _l

sandbox_dashboard = Blueprint("sandbox_dashboard", __name__, url_prefix="/sandbox")
sandbox_dashboard.before_request(only_where_simulated)

T = TypeVar("T")

KINDS: Mapping[str, str] = {
    EventKind.SUCCEEDED: N_("Paid"),
    EventKind.FAILED: N_("Declined"),
    EventKind.EXPIRED: N_("Cancelled"),
    EventKind.REFUNDED: N_("Refund"),
    EventKind.REFUND_FAILED: N_("Refund failed"),
    EventKind.DISPUTE_OPENED: N_("Dispute opened"),
    EventKind.DISPUTE_WON: N_("Dispute won"),
    EventKind.DISPUTE_LOST: N_("Dispute lost"),
    EventKind.RENEWED: N_("Renewed"),
    EventKind.RENEWAL_FAILED: N_("Renewal failed"),
    EventKind.SUBSCRIPTION_ENDED: N_("Monthly payment ended"),
    EventKind.CARD_GIVEN: N_("Another card given"),
}


class RefundForm(Form):
    amount = StringField(_l("Amount to give back"))
    key = HiddenField()


class DisputeForm(Form):
    reason = SelectField(_l("Reason the bank gives"))

    def __init__(self) -> None:
        super().__init__()
        self.reason.choices = [(name, _(says)) for name, says in REASONS.items()]


@sandbox_dashboard.get("/payments")
@allow(Rule.ADMIN)
def all_payments() -> ResponseReturnValue:
    return render_template("sandbox/payments.html", payments=_read(payments.recent))


@sandbox_dashboard.get("/payments/<payment_code>")
@allow(Rule.ADMIN)
def payment(payment_code: str) -> ResponseReturnValue:
    return _payment_page(payment_code, None)


@sandbox_dashboard.post("/payments/<payment_code>/refund")
@allow(Rule.ADMIN)
def refund(payment_code: str) -> ResponseReturnValue:
    form = RefundForm()

    def step(session: Session) -> None:
        found = payments.find(session, payment_code, lock=True)
        amount = parse(form.amount.data or "", found.currency)
        refunds.refund(session, found, form.key.data or "", amount)

    if not form.sent_and_done(step):
        return _payment_page(payment_code, form)
    flash(_("Given back. The platform hears of it in a moment."), "good")
    return _to_payment(payment_code)


@sandbox_dashboard.post("/refunds/<refund_code>/fail")
@allow(Rule.ADMIN)
def fail_refund(refund_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = refunds.fail(session, refund_code)
    flash(_("The money of this refund came back. The platform hears of it in a moment."), "good")
    return _to_payment(found.code)


@sandbox_dashboard.post("/payments/<payment_code>/dispute")
@allow(Rule.ADMIN)
def dispute(payment_code: str) -> ResponseReturnValue:
    form = DisputeForm()
    _try(
        lambda session: disputes.open_dispute(session, payment_code, str(form.reason.data)),
        _("Disputed. The platform hears of it in a moment."),
    )
    return _to_payment(payment_code)


@sandbox_dashboard.post("/disputes/<dispute_code>/decide")
@allow(Rule.ADMIN)
def decide(dispute_code: str) -> ResponseReturnValue:
    decision = request.form.get("decision")
    if decision not in get_args(Decision):
        abort(400)
    with unit_of_work() as session:
        found = disputes.payment_of(session, dispute_code)
    _try(
        lambda session: disputes.decide(session, dispute_code, cast("Decision", decision)),
        _("Decided. The platform hears of it in a moment."),
    )
    return _to_payment(found.code)


@sandbox_dashboard.post("/events/<event_code>/again")
@allow(Rule.ADMIN)
def tell_again(event_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        event = news.tell_again(session, event_code)
        found = payments.of_event(session, event)
    flash(_("The platform is told once more."), "good")
    return _to_payment(found.code)


@sandbox_dashboard.get("/monthly")
@allow(Rule.ADMIN)
def monthly() -> ResponseReturnValue:
    return render_template("sandbox/monthly.html", subscriptions=_read(subscriptions.recent))


@sandbox_dashboard.post("/monthly/<subscription_code>/renew")
@allow(Rule.ADMIN)
def renew(subscription_code: str) -> ResponseReturnValue:
    _try(
        lambda session: subscriptions.renew(session, subscription_code),
        _("The next monthly payment was taken. The platform hears of it in a moment."),
        _("The card did not pay the next month. The platform hears of it in a moment."),
    )
    return redirect(url_for("sandbox_dashboard.monthly"), code=303)


@sandbox_dashboard.post("/monthly/<subscription_code>/end")
@allow(Rule.ADMIN)
def end(subscription_code: str) -> ResponseReturnValue:
    _try(
        lambda session: subscriptions.end(session, subscription_code),
        _("Ended. The platform hears of it in a moment."),
    )
    return redirect(url_for("sandbox_dashboard.monthly"), code=303)


@sandbox_dashboard.get("/payouts")
@allow(Rule.ADMIN)
def all_payouts() -> ResponseReturnValue:
    listed = _read(payouts.recent)
    return render_template("sandbox/payouts.html", payouts=listed, kinds=_kinds(), money=Money)


@sandbox_dashboard.post("/payouts")
@allow(Rule.ADMIN)
def pay_out() -> ResponseReturnValue:
    with unit_of_work() as session:
        sent = payouts.pay_out(session)
    if sent:
        flash(_("Paid out. The platform finds it when it asks for the payouts."), "good")
    else:
        flash(_("No account has money waiting to be paid out."), "waiting")
    return redirect(url_for("sandbox_dashboard.all_payouts"), code=303)


def _read(lookup: Callable[[Session], Sequence[T]]) -> Sequence[T]:
    with unit_of_work() as session:
        return lookup(session)


def _payment_page(payment_code: str, refund_form: RefundForm | None) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = payments.find(session, payment_code)
        left = Money(disputes.left(session, found), found.currency)
        return render_template(
            "sandbox/payment.html",
            payment=found,
            left=left,
            refund_form=refund_form or RefundForm(amount=str(left.decimal), key=ids.new_code(22)),
            dispute_form=DisputeForm(),
            refunds=refunds.of(session, found),
            disputes=disputes.of(session, found),
            events=news.of(session, found),
            kinds=_kinds(),
            reasons={name: _(says) for name, says in REASONS.items()},
            money=Money,
        )


def _kinds() -> dict[str, str]:
    return {kind: _(says) for kind, says in KINDS.items()}


def _try(step: Callable[[Session], object], done: str, refused: str | None = None) -> None:
    """Take a step in the provider's books, and say how it went; what does not exist is not found.

    `refused` is said instead of `done` by a step that then gives None.
    """
    try:
        with unit_of_work() as session:
            result = step(session)
    except NotFound:
        raise
    except KindrelayError as error:
        flash(said(error), "problem")
    else:
        if result is None and refused is not None:
            flash(refused, "waiting")
        else:
            flash(done, "good")


def _to_payment(payment_code: str) -> ResponseReturnValue:
    return redirect(url_for("sandbox_dashboard.payment", payment_code=payment_code), code=303)
