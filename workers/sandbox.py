"""What the simulated provider does in its own time: renewals, payouts, and what a script has come later."""

from contextlib import suppress

from sqlalchemy.orm import Session

from app.core.errors import KindrelayError
from app.gateways.payments.sandbox import disputes, payouts, refunds, subscriptions


def renew(session: Session) -> None:
    """Charge the subscriptions whose month is over."""
    subscriptions.renew_due(session)


def pay_out(session: Session) -> None:
    """Send every account what it is owed."""
    payouts.pay_out(session)


def dispute(session: Session, *, payment_code: str) -> None:
    """Have the bank dispute a payment that was made with such a card, unless somebody did so by hand."""
    with suppress(KindrelayError):
        disputes.open_dispute(session, payment_code, "fraudulent")


def fail_refund(session: Session, *, refund_code: str) -> None:
    """Have the money of a refund come back."""
    refunds.fail(session, refund_code)
