"""Which payment provider these settings mean."""

import httpx

from app.core.settings import Settings
from app.gateways.payments.contract import PaymentGateway
from app.gateways.payments.sandbox.client import SandboxGateway


def open_gateway(settings: Settings, transport: httpx.BaseTransport | None = None) -> PaymentGateway | None:
    """The provider of the settings; None when payments are switched off.

    `transport` carries its requests; by default they go over the network.
    """
    if settings.payment_provider == "sandbox":
        return SandboxGateway(settings.base_url, settings.sandbox_secret, transport)
    return None
