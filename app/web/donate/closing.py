"""Pay pages that nobody shall pay any more are closed at the provider."""

from collections.abc import Iterable

from app.core.db import unit_of_work
from app.donations import checkout, closing
from app.donations.closing import OpenPage
from app.donations.models import Donation
from app.gateways.payments.contract import PaymentGateway


def close(gateway: PaymentGateway, unpaid: Iterable[Donation]) -> Donation | None:
    """Make the opened payments of these donations unpayable; the one that was paid meanwhile, if any.

    Raises PaymentsUnavailable when the provider does not answer or leaves one open; doing it again is safe.
    """
    for donation in unpaid:
        page = OpenPage(donation.payment_account.reference, donation.reference or "")
        if not closing.close(gateway, page):
            return donation
        with unit_of_work() as session:
            checkout.closed(session, donation.id)
    return None
