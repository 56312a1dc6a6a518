import pytest

from app.gateways.payments.stripe.client import StripeGateway
from tests.gateways.stripe.wire import Wire, gateway


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def stripe(wire: Wire) -> StripeGateway:
    return gateway(wire)
