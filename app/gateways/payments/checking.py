"""The live check: one step after another at the real provider, each with what came of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from app.core.errors import KindrelayError
from app.core.ids import new_code
from app.core.money import Money
from app.gateways.payments.contract import (
    PaymentGateway,
    PaymentRefused,
    PaymentRequest,
    PaymentsUnavailable,
)

TIMEOUT_SECONDS = 15.0
KEY_LENGTH = 22


@dataclass(frozen=True)
class Step:
    """What was looked at, whether it is in order, and what was found."""

    title: str
    is_good: bool
    found: str


def step(title: str, look: Callable[[], str]) -> Step:
    """Take a step; `look` says what it found, or raises what is wrong."""
    try:
        return Step(title, True, look())
    except (PaymentRefused, PaymentsUnavailable) as error:
        return Step(title, False, error.detail or str(error))
    except (KindrelayError, httpx.HTTPError) as error:
        return Step(title, False, str(error) or type(error).__name__)


def site(gateway: PaymentGateway, base_url: str, transport: httpx.BaseTransport | None) -> Iterator[Step]:
    """Whether this site's address for webhooks can be reached, and turns away what nobody has signed."""
    address = hook(gateway, base_url)
    yield step(f"{address} turns away what is not signed", lambda: _turned_away(address, transport))


def account(gateway: PaymentGateway, reference: str) -> Iterator[Step]:
    """Whether an organisation's account can receive."""

    def look() -> str:
        status = gateway.account_status(reference)
        if not status.ready:
            raise KindrelayError(f"not ready; asked for: {', '.join(status.missing) or 'nothing'}")
        return "can receive"

    yield step(f"The account {reference}", look)


def payment(gateway: PaymentGateway, reference: str, amount: Money, base_url: str) -> Iterator[Step]:
    """Open a payment of `amount` that nobody is to pay, and close it again. Of rehearsals alone."""
    if not gateway.capabilities().test_mode:
        yield Step("A payment page", False, "the keys are live; this step is for test keys")
        return
    asked = PaymentRequest(
        account=reference,
        amount=amount,
        description="Kindrelay: a check, not a gift",
        return_url=base_url,
        key=new_code(KEY_LENGTH),
    )
    opened: list[str] = []

    def begin() -> str:
        found = gateway.open_payment(asked)
        opened.append(found.reference)
        return f"{found.reference} at {found.pay_url}"

    yield step("A payment page opens", begin)
    if opened:
        yield step("It closes again", lambda: gateway.close_payment(reference, opened[0]) or opened[0])


def hook(gateway: PaymentGateway, base_url: str) -> str:
    """The address of this site that the provider tells its news to."""
    return f"{base_url.rstrip('/')}/hooks/{gateway.name}"


def _turned_away(address: str, transport: httpx.BaseTransport | None) -> str:
    with httpx.Client(timeout=TIMEOUT_SECONDS, transport=transport) as http:
        answer = http.post(address, content=b"{}")
    if answer.status_code == 404:
        raise KindrelayError("404: the site that answers there runs with another provider")
    if answer.status_code != 400:
        raise KindrelayError(f"{answer.status_code} where 400 was expected")
    return "it does"
