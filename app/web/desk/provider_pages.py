"""Where a payment can be seen at its provider; "" where the provider has no such page."""

from app.donations.models import Donation
from app.gateways.payments.registry import payment_page
from app.web.outside import settings


def of_payment(donation: Donation) -> str:
    """The address of a donation's payment in the provider's dashboard."""
    reference = donation.capture_reference or donation.reference or ""
    return payment_page(settings(), donation.provider, reference) if reference else ""
