"""What a payment provider is to Kindrelay: a small Protocol, and the facts that pass through it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from app.core.errors import KindrelayError, Unavailable
from app.core.i18n import N_
from app.core.money import Money


class EventKind(StrEnum):
    """What can happen to a payment, in Kindrelay's words."""

    SUCCEEDED = "payment.succeeded"
    FAILED = "payment.failed"
    EXPIRED = "payment.expired"
    REFUNDED = "refund.succeeded"


@dataclass(frozen=True)
class PaymentRequest:
    """A payment to be opened at the payee's own account. `key` asked again gives the same payment."""

    account: str
    amount: Money
    description: str
    return_url: str
    key: str

    def body(self) -> dict[str, Any]:
        """The request as JSON values, without its key."""
        return {
            "account": self.account,
            "amount_minor": self.amount.minor,
            "currency": self.amount.currency,
            "description": self.description,
            "return_url": self.return_url,
        }


@dataclass(frozen=True)
class OpenedPayment:
    """A payment the provider waits for: its name there, and where the donor goes to pay."""

    reference: str
    pay_url: str


@dataclass(frozen=True)
class PaymentStatus:
    """A payment as the provider has it in its books now."""

    reference: str
    account: str
    state: str
    amount: Money
    refunded: Money


@dataclass(frozen=True)
class VerifiedEvent:
    """Something the provider says has happened, after its signature or its connection was checked.

    `amount` of a refund is the total refunded so far; `fee_minor` is in the same currency.
    """

    provider: str
    event_id: str
    kind: EventKind
    account: str
    reference: str
    amount: Money
    fee_minor: int
    occurred_at: datetime
    payload: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do."""

    test_mode: bool
    partial_refunds: bool


class PaymentsUnavailable(Unavailable):
    """The provider did not answer; asking again with the same key is safe."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            N_("The payment service does not answer right now. Nothing was charged. Please try again.")
        )
        self.detail = detail


class PaymentRefused(KindrelayError):  # noqa: N818 (it names what the provider did)
    """The provider will not do this; asking again will not help."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(N_("The payment service refused this payment. Nothing was charged."))
        self.detail = detail


class WebhookRefused(Exception):  # noqa: N818 (it names what we did)
    """The message does not prove whom it comes from, or makes no sense. Nothing is kept of it."""


class PaymentGateway(Protocol):
    """A payment provider. Methods that ask it something raise PaymentsUnavailable when it does not answer."""

    name: str

    def open_payment(self, request: PaymentRequest) -> OpenedPayment: ...
    def fetch(self, reference: str) -> PaymentStatus: ...
    def refund(self, reference: str, amount: Money, key: str) -> PaymentStatus: ...
    def verify_webhook(self, raw_body: bytes, headers: Mapping[str, str]) -> list[VerifiedEvent]: ...
    def list_settled(self, since: datetime) -> list[VerifiedEvent]: ...
    def capabilities(self) -> Capabilities: ...
