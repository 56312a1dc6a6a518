"""Back from the pay page: what a donor wrote and has not paid yet stands in the form again.

The browser's session holds the code of the gift, by project, until the browser is closed; the words are read
from the gift itself. Sent again, the form has the token it had, so what was opened first can be closed.
"""

from datetime import timedelta
from typing import Any, cast

from flask import session
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import KindrelayError
from app.donations import queries
from app.donations.models import Donation
from app.gateways.payments.contract import PaymentGateway
from app.projects.models import Project

BEGUN = "begun"
MOST = 3
HELD_FOR = timedelta(hours=1)


def remember(donation: Donation) -> None:
    """Hold a gift that was begun, in the place of an earlier one to the same project."""
    held = {code: gift for code, gift in _held().items() if code != donation.project.code}
    session[BEGUN] = dict([*held.items(), (donation.project.code, donation.code)][-MOST:])


def unpaid(db_session: Session, project: Project) -> Donation | None:
    """The gift to a project that this browser began lately, as far as it is known not to be paid."""
    code = _held().get(project.code)
    donation = queries.find(db_session, code) if code else None
    if donation is None or donation.state not in ("pending", "failed") or donation.forgotten_at is not None:
        return None
    return donation if donation.created_at > clock.now() - HELD_FOR else None


def is_paid(gateway: PaymentGateway | None, donation: Donation) -> bool:
    """Whether the provider has been paid, and its event is yet to come; False when it does not answer."""
    if gateway is None or donation.reference is None:
        return False
    try:
        return gateway.fetch(donation.payment_account.reference, donation.reference).state == "paid"
    except KindrelayError:
        return False


def written(donation: Donation) -> dict[str, Any]:
    """What was filled in, by the names of the form's fields."""
    amount = donation.amount.decimal
    return {
        "idempotency": donation.idempotency.partition(":")[0],
        "frequency": "monthly" if donation.monthly_gift_id is not None else "once",
        "amount": f"{int(amount)}" if amount == int(amount) else f"{amount:f}",
        "name": donation.donor_name,
        "anonymous": donation.anonymous,
        "email": donation.email,
        "public_message": donation.public_message,
        "private_note": donation.private_note,
    }


def _held() -> dict[str, str]:
    return cast("dict[str, str]", session.get(BEGUN, {}))
