"""What a payment provider is to Kindrelay: a small Protocol, and the facts that pass through it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    REFUND_FAILED = "refund.failed"  # the money of a refund came back
    DISPUTE_OPENED = "dispute.opened"  # the provider holds the money back from now on
    DISPUTE_WON = "dispute.won"  # or withdrawn: the money is free again
    DISPUTE_LOST = "dispute.lost"
    RENEWED = "subscription.renewed"  # a further payment of a subscription has succeeded
    RENEWAL_FAILED = "subscription.payment_failed"
    SUBSCRIPTION_ENDED = "subscription.ended"
    CARD_GIVEN = (
        "subscription.card_given"  # by the donor, as `part`; the next payments still take the old one
    )
    FEE = "payment.fee"  # what a payment cost, where its success has not told it; `part` names the booking
    ACCOUNT_CHANGED = (
        "account.changed"  # about no payment: the provider's answer on the account is another now
    )


@dataclass(frozen=True)
class PaymentRequest:
    """A payment to be opened at the payee's own account. `key` asked again gives the same payment.

    A `monthly` one is paid now and again each month, until its subscription is ended.
    """

    account: str
    amount: Money
    description: str
    return_url: str
    key: str
    monthly: bool = False
    email: str = ""
    locale: str = "en"
    mobile: bool = False  # the donor holds a phone; only how the pay page looks

    def body(self) -> dict[str, Any]:
        """The request as JSON values, without its key."""
        return {
            "account": self.account,
            "amount_minor": self.amount.minor,
            "currency": self.amount.currency,
            "description": self.description,
            "return_url": self.return_url,
            "monthly": self.monthly,
        }


@dataclass(frozen=True)
class CardRequest:
    """Another card for a subscription, which its donor gives on a page of the provider.

    From there the donor comes back to `return_url`, or to `back_url` without having given one. `key` asked
    again gives the same page.
    """

    account: str
    subscription: str
    currency: str
    return_url: str
    back_url: str
    key: str
    locale: str = "en"


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

    `reference` is the payment as it was opened, or its `alias`: the name it got when it was captured, told by
    the event of its success. `part` is the refund or the dispute that the event is about; the `amount` of a
    refund without one is the total refunded so far. `fee_minor` is what this event cost, in its currency. A
    subscription's event names the `subscription`; one that is not about a payment has no `reference`, and the
    `part` of one that gives another card is what `take_card` knows that card by. `card`
    is the provider's fingerprint of the card.
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
    part: str = ""
    alias: str = ""
    subscription: str = ""
    card: str = ""
    reason: str = ""
    respond_by: datetime | None = None


@dataclass(frozen=True)
class Awaited:
    """A payment that may have news nobody was told: for providers that list nothing and must be asked.

    `refunds` are the keys of its refunds that were sent and have not been told of since.
    """

    account: str
    reference: str
    refunds: Sequence[str] = ()


@dataclass(frozen=True)
class PayoutLine:
    """What one payment, refund or dispute added to a payout; `amount_minor` is before fees.

    `marked` says that it carries this site's mark; what does not may be other business of the account.
    """

    kind: EventKind
    reference: str
    amount_minor: int
    fee_minor: int
    at: datetime
    marked: bool = True


@dataclass(frozen=True)
class SentPayout:
    """A payout as the provider has it in its books. `lines` add up to `amount`, fees taken off.

    `at` is when it was sent, `arrives_at` when the bank has it, or is to have it.
    """

    reference: str
    account: str
    amount: Money
    state: str  # in_transit, paid, failed
    at: datetime
    lines: Sequence[PayoutLine]
    arrives_at: datetime | None = None


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do. `currencies` is empty when it takes any.

    `lists_events`: `list_settled` is a list of its own, not answers about the payments that are awaited.
    `history` is how far back that list goes; None is to the beginning.
    """

    test_mode: bool
    partial_refunds: bool
    monthly: bool = False
    another_card: bool = False
    disputes: bool = False
    payouts: bool = False
    currencies: frozenset[str] = frozenset()
    lists_events: bool = True
    history: timedelta | None = None


@dataclass(frozen=True)
class OnboardingRequest:
    """An organisation that wants to receive at its own account, and is asked for at the provider.

    `account` is the provider's name for it where an earlier step has made one, else "". The provider sends
    the person back to `return_url`, with words of its own in the query and `state` as it was given; to
    `again_url` when its own page has become too old.
    """

    key: str
    name: str
    country: str
    email: str
    return_url: str
    again_url: str
    state: str
    account: str = ""


@dataclass(frozen=True)
class OnboardingStep:
    """What comes next: the page at the provider to go to, "" when nothing is left to do there.

    `account` is "" while the provider names it only on the way back.
    """

    account: str
    go_to: str = ""


@dataclass(frozen=True)
class AccountStatus:
    """Whether an account can receive; if not, what the provider still asks for, in the provider's words."""

    account: str
    ready: bool
    missing: Sequence[str] = ()


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


class NotOffered(KindrelayError):  # noqa: N818 (it names what the provider lacks)
    """The provider cannot do this at all; its capabilities say so."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(N_("The payment service of this site does not offer this."))
        self.detail = detail


class WebhookRefused(Exception):  # noqa: N818 (it names what we did)
    """The message does not prove whom it comes from, or makes no sense. Nothing is kept of it."""


class PaymentGateway(Protocol):
    """A payment provider. Methods that ask it something raise PaymentsUnavailable when it does not answer.

    `refund` gives a part or all of a payment back and returns the provider's name for the refund ("" if it
    has none); the event that follows is what books it. `close_payment` makes an open pay page unpayable.
    `ask_card` is the address of a page that takes another card for a subscription; once its event has told
    that one was given, `take_card` has it pay from then on, and taking it again is safe.
    `list_settled` is everything that happened since at these accounts, with the ids its webhooks have. A
    provider without a list of events asks for each of the `awaited` payments instead; others leave them.
    `start_onboarding` connects an account or goes on with one that is not ready; `finish_onboarding` takes
    the query that the person came back with. None of them is called inside a transaction.
    """

    name: str

    def open_payment(self, request: PaymentRequest) -> OpenedPayment: ...
    def fetch(self, account: str, reference: str) -> PaymentStatus: ...
    def refund(self, account: str, reference: str, amount: Money, key: str) -> str: ...
    def verify_webhook(self, raw_body: bytes, headers: Mapping[str, str]) -> list[VerifiedEvent]: ...
    def list_settled(
        self, since: datetime, accounts: Collection[str], awaited: Collection[Awaited] = ()
    ) -> list[VerifiedEvent]: ...
    def list_payouts(self, since: datetime, account: str) -> list[SentPayout]: ...
    def pause_monthly(self, account: str, subscription: str) -> None: ...
    def resume_monthly(self, account: str, subscription: str) -> None: ...
    def change_monthly(self, account: str, subscription: str, amount: Money) -> None: ...
    def end_monthly(self, account: str, subscription: str) -> None: ...
    def ask_card(self, request: CardRequest) -> str: ...
    def take_card(self, account: str, subscription: str, part: str) -> None: ...
    def close_payment(self, account: str, reference: str) -> None: ...
    def start_onboarding(self, request: OnboardingRequest) -> OnboardingStep: ...
    def finish_onboarding(self, account: str, answer: Mapping[str, str]) -> AccountStatus: ...
    def account_status(self, account: str) -> AccountStatus: ...
    def capabilities(self) -> Capabilities: ...
