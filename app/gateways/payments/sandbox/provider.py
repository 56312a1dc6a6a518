"""The simulated provider as its pay page sees it: a payment is paid, confirmed at the bank, or left.

Nothing here knows donations; the platform is to the provider one merchant among others.
"""

from typing import Literal

from sqlalchemy.orm import Session

from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.gateways.models import SandboxPayment
from app.gateways.payments.contract import EventKind
from app.gateways.payments.sandbox import news, payments, scripts, subscriptions
from app.gateways.payments.sandbox.capturing import capture
from app.gateways.payments.sandbox.scripts import Script

Outcome = Literal["paid", "declined", "challenged"]


def pay(session: Session, code: str, card: str) -> Outcome:
    """Try to pay with a test card; a declined payment can be tried again, a paid one stays paid.

    A challenged one waits for `confirm`. Raises Invalid("card") for a card that is not in the list, NotFound,
    and KindrelayError once cancelled.
    """
    payment = payments.find(session, code, lock=True)
    script = scripts.script_for(card, payment.amount_minor)
    if script is None:
        raise Invalid("card", N_("Choose one of the test cards."))
    if not _is_waiting(payment):
        return "paid"
    payment.card = scripts.plain_digits(card)
    if script is Script.CHALLENGED:
        payment.state = "open"
        return "challenged"
    if script is Script.DECLINED:
        _decline(session, payment)
        return "declined"
    _take(session, payment, script)
    return "paid"


def confirm(session: Session, code: str, *, agreed: bool) -> Outcome:
    """The cardholder's answer to the bank's question. Raises NotFound, KindrelayError if it asks none."""
    payment = payments.find(session, code, lock=True)
    if not _is_waiting(payment):
        return "paid"
    if not is_challenged(payment):
        raise KindrelayError(N_("Choose one of the test cards."))
    if agreed:
        _take(session, payment, Script.PAYS)
        return "paid"
    _decline(session, payment)
    return "declined"


def is_challenged(payment: SandboxPayment) -> bool:
    """Whether the bank waits for the cardholder's answer."""
    challenged = scripts.script_for(payment.card, payment.amount_minor) is Script.CHALLENGED
    return payment.state == "open" and challenged


def cancel(session: Session, code: str, *, account: str = "") -> SandboxPayment:
    """Make an open payment unpayable, and tell so once; a paid one stays paid. Raises NotFound."""
    payment = payments.find(session, code, account=account, lock=True)
    if payment.state in ("open", "declined"):
        payment.state = "cancelled"
        news.tell(session, news.of_payment(payment, EventKind.EXPIRED))
    return payment


def _is_waiting(payment: SandboxPayment) -> bool:
    if payment.state == "cancelled":
        raise KindrelayError(N_("This payment was cancelled."))
    return payment.state != "paid"


def _take(session: Session, payment: SandboxPayment, script: Script) -> None:
    if payment.request.get("monthly"):
        subscriptions.begin(session, payment)
    capture(session, payment, script, EventKind.SUCCEEDED)


def _decline(session: Session, payment: SandboxPayment) -> None:
    payment.state = "declined"
    news.tell(session, news.of_payment(payment, EventKind.FAILED))
