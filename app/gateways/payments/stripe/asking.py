"""The SDK's errors as the contract has them."""

from collections.abc import Generator
from contextlib import contextmanager

import stripe
import structlog

from app.gateways.payments.contract import PaymentRefused, PaymentsUnavailable

log = structlog.get_logger()


@contextmanager
def asking() -> Generator[None]:
    """Turn what the SDK raises into what the contract promises."""
    try:
        yield
    except (
        stripe.APIConnectionError,
        stripe.APIError,
        stripe.RateLimitError,
        stripe.AuthenticationError,  # the operator's to mend; nobody else can do anything
    ) as error:
        log.error("stripe does not answer", detail=_detail(error))
        raise PaymentsUnavailable(_detail(error)) from error
    except stripe.StripeError as error:
        raise PaymentRefused(_detail(error)) from error


def _detail(error: stripe.StripeError) -> str:
    return f"{type(error).__name__} {error.code or ''}: {error.user_message or error}"[:500]
