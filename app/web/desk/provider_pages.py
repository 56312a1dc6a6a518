"""Where a payment can be seen at its provider; "" where there is no such page for whoever looks."""

from app.donations.models import Donation
from app.gateways.payments.registry import payment_page
from app.gateways.payments.sandbox.messages import PROVIDER as SIMULATED
from app.web.outside import settings
from app.web.signin import required_person


def of_payment(donation: Donation) -> str:
    """The address of a donation's payment in the provider's dashboard.

    The simulated provider is the site's own: only administrators may open it.
    """
    reference = donation.capture_reference or donation.reference or ""
    if not reference or (donation.provider == SIMULATED and not required_person().is_admin):
        return ""
    return payment_page(settings(), donation.provider, reference)
