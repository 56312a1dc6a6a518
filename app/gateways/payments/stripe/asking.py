"""The SDK's errors as the contract has them."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import stripe
import structlog

from app.gateways.payments.contract import PaymentRefused, PaymentsUnavailable
from app.gateways.payments.stripe.shapes import inside

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


def code_of(error: stripe.StripeError) -> str:
    """Stripe's own word for what went wrong, "" when it gives none."""
    body: Any = error.json_body
    return str(inside(body, "error").get("code") or "") if body else ""


def _detail(error: stripe.StripeError) -> str:
    if isinstance(error, stripe.APIConnectionError):
        return f"no connection to Stripe: {error.__cause__ or error.user_message}"[:300]
    said = " ".join(str(error.user_message or error).split())
    return f"{type(error).__name__} {code_of(error)}: {said}"[:500]
