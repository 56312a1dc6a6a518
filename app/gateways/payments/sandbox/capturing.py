"""Taking the money of a payment at the simulated provider, and what comes of it by script."""

from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.money import Money
from app.gateways.models import SandboxPayment
from app.gateways.payments.contract import EventKind
from app.gateways.payments.sandbox import news, refunds
from app.gateways.payments.sandbox.scripts import AFTERMATH, Script

FEE_PERMILLE = 29


def capture(session: Session, payment: SandboxPayment, script: Script, kind: EventKind) -> None:
    """Mark a payment as paid, and tell it as `kind`: paid by a donor, or renewed."""
    payment.state = "paid"
    payment.settled_at = clock.now()
    payment.fee_minor = (payment.amount_minor * FEE_PERMILLE + 500) // 1000
    news.tell(session, news.of_payment(payment, kind), script)
    if script is Script.REORDERED:
        half = Money(max(payment.amount_minor // 2, 1), payment.currency)
        refunds.refund(session, payment, f"half of {payment.code}", half)
    elif script is Script.DISPUTED:
        tasks.defer(session, "sandbox.dispute", run_after=clock.now() + AFTERMATH, payment_code=payment.code)
