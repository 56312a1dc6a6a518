"""Which payment provider these settings mean."""

import httpx

from app.core.settings import Settings
from app.gateways.payments.alipay import words
from app.gateways.payments.contract import PaymentGateway
from app.gateways.payments.sandbox.client import SandboxGateway

# Where a provider's own pages are: a form of ours may lead there.
PAGES = {
    "stripe": ("https://checkout.stripe.com", "https://connect.stripe.com"),
    "alipay": ("https://*.alipay.com", "https://*.alipaydev.com"),
}
# A provider that is not here takes any currency, or says so itself when it is asked.
CURRENCIES = {words.PROVIDER: frozenset({words.CURRENCY})}


def open_gateway(settings: Settings, transport: httpx.BaseTransport | None = None) -> PaymentGateway | None:
    """The provider of the settings; None when payments are switched off.

    `transport` carries the sandbox's requests; by default they go over the network.
    """
    if settings.payment_provider == "sandbox":
        return SandboxGateway(settings.base_url, settings.sandbox_secret, transport)
    if settings.payment_provider == "stripe":
        return _stripe(settings)
    if settings.payment_provider == "alipay":
        return _alipay(settings)
    return None


def takes(provider: str, currency: str) -> bool:
    """Whether a provider takes a currency at all."""
    return currency in CURRENCIES.get(provider, {currency})


def payment_page(settings: Settings, provider: str, reference: str) -> str:
    """Where a payment is seen in the provider's own dashboard; "" where there is no such page."""
    if provider == "sandbox":
        return f"/sandbox/payments/{reference}"
    if provider == "stripe":
        rehearses = settings.stripe_secret_key.startswith("sk_test_")
        return f"https://dashboard.stripe.com/{'test/' if rehearses else ''}payments/{reference}"
    return ""


def form_targets(settings: Settings) -> tuple[str, ...]:
    """The origins of the provider's pages that a form of ours may end at."""
    return PAGES.get(settings.payment_provider, ())


def _stripe(settings: Settings) -> PaymentGateway:
    from app.gateways.payments.stripe.client import StripeGateway  # its SDK is loaded only where it is used

    return StripeGateway(settings.stripe_secret_key, settings.stripe_webhook_secrets)


def _alipay(settings: Settings) -> PaymentGateway:
    from app.gateways.payments.alipay.client import AlipayGateway  # its SDK is loaded only where it is used
    from app.gateways.payments.alipay.wire import Wire

    wire = Wire(settings.alipay_app_id, *settings.alipay_keys(), settings.alipay_gateway_url)
    return AlipayGateway(settings.base_url, wire, test_mode=settings.alipay_rehearses)
