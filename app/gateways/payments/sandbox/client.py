"""Kindrelay's side of the simulated provider: its HTTP API and its signed webhooks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import httpx

from app.core import clock
from app.core.money import Money
from app.gateways.payments.contract import (
    AccountStatus,
    Awaited,
    Capabilities,
    CardRequest,
    EventKind,
    OnboardingRequest,
    OnboardingStep,
    OpenedPayment,
    PaymentRefused,
    PaymentRequest,
    PaymentStatus,
    PaymentsUnavailable,
    PayoutLine,
    SentPayout,
    VerifiedEvent,
)
from app.gateways.payments.sandbox import messages, signature

TIMEOUT_SECONDS = 10.0
ACCOUNTS_ASKED = 50  # at once: they stand in the address


class SandboxGateway:
    """The simulated provider as a PaymentGateway."""

    name = messages.PROVIDER

    def __init__(self, base_url: str, secret: str, transport: httpx.BaseTransport | None = None) -> None:
        self._secret = secret
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/sandbox/api",
            headers={"Authorization": f"Bearer {secret}", "Accept": "application/json"},
            timeout=TIMEOUT_SECONDS,
            transport=transport,
        )

    def open_payment(self, request: PaymentRequest) -> OpenedPayment:
        """Open a payment, or find the one that was opened with the same key."""
        answer = self._ask("POST", "/payments", json=request.body(), key=request.key)
        return OpenedPayment(answer["code"], answer["pay_url"])

    def fetch(self, account: str, reference: str) -> PaymentStatus:
        """The payment as the provider has it in its books now."""
        return _status(self._ask("GET", f"/payments/{reference}", account=account))

    def refund(self, account: str, reference: str, amount: Money, key: str) -> str:
        """Give a part or all of a payment back; the event that follows is what books it."""
        path = f"/payments/{reference}/refunds"
        return self._ask("POST", path, account=account, key=key, json=_amount(amount))["refund"]

    def close_payment(self, account: str, reference: str) -> None:
        """Make an open pay page unpayable; a payment that is paid stays paid."""
        self._ask("POST", f"/payments/{reference}/close", account=account)

    def pause_monthly(self, account: str, subscription: str) -> None:
        """Charge nothing until it is resumed."""
        self._ask("POST", f"/subscriptions/{subscription}/pause", account=account)

    def resume_monthly(self, account: str, subscription: str) -> None:
        """Charge again from the next month on that is still to come."""
        self._ask("POST", f"/subscriptions/{subscription}/resume", account=account)

    def change_monthly(self, account: str, subscription: str, amount: Money) -> None:
        """Charge another amount, in the same currency, from the next month on."""
        self._ask("POST", f"/subscriptions/{subscription}/amount", account=account, json=_amount(amount))

    def end_monthly(self, account: str, subscription: str) -> None:
        """Charge nothing any more; the event that follows is what ends it here."""
        self._ask("POST", f"/subscriptions/{subscription}/end", account=account)

    def ask_card(self, request: CardRequest) -> str:
        """The page on which the donor gives another card; nothing is charged there."""
        pages = {"return_url": request.return_url, "back_url": request.back_url}
        path = f"/subscriptions/{request.subscription}/cards"
        return self._ask("POST", path, account=request.account, key=request.key, json=pages)["page_url"]

    def take_card(self, account: str, subscription: str, part: str) -> None:
        """Take the next payments from the card that was given on a page."""
        self._ask("POST", f"/subscriptions/{subscription}/cards/{part}", account=account)

    def verify_webhook(self, raw_body: bytes, headers: Mapping[str, str]) -> list[VerifiedEvent]:
        """The events in a webhook. Raises WebhookRefused unless the provider signed these bytes just now."""
        signature.check(self._secret, raw_body, headers.get(signature.HEADER, ""), clock.now())
        return [messages.decode(raw_body)]

    def list_settled(
        self,
        since: datetime,
        accounts: Collection[str],
        awaited: Collection[Awaited] = (),  # noqa: ARG002 (this one lists its events)
    ) -> list[VerifiedEvent]:
        """Everything that happened since at these accounts, with the ids that its webhooks have."""
        named = sorted(accounts)
        batches = (named[at : at + ACCOUNTS_ASKED] for at in range(0, len(named), ACCOUNTS_ASKED))
        return [event for batch in batches for event in self._events(since, batch)]

    def list_payouts(self, since: datetime, account: str) -> list[SentPayout]:
        """What was sent on to the account's bank since, oldest first."""
        asked = {"since": since.isoformat()}
        answer = self._ask("GET", "/payouts", account=account, params=asked)
        return [_payout(one) for one in answer["payouts"]]

    def start_onboarding(self, request: OnboardingRequest) -> OnboardingStep:
        """Give the organisation an account at once: the same one for the same key."""
        return OnboardingStep(request.account or f"sandbox-{request.key}")

    def finish_onboarding(self, account: str, answer: Mapping[str, str]) -> AccountStatus:  # noqa: ARG002 (see fetch)
        """The account as it is; nobody is asked anything on the way."""
        return self.account_status(account)

    def account_status(self, account: str) -> AccountStatus:
        """Every account here can receive."""
        return AccountStatus(account, ready=True)

    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        return Capabilities(
            test_mode=True,
            partial_refunds=True,
            monthly=True,
            another_card=True,
            disputes=True,
            payouts=True,
        )

    def _events(self, since: datetime, accounts: Sequence[str]) -> list[VerifiedEvent]:
        events: list[VerifiedEvent] = []
        while True:
            last = events[-1].event_id if events else ""
            asked = {"since": since.isoformat(), "after": last, "account": accounts}
            page = self._ask("GET", "/events", params=asked)["events"]
            if not page:
                return events
            events += [messages.decode(messages.encode(body)) for body in page]

    def _ask(
        self, method: str, path: str, *, account: str = "", key: str = "", **options: Any
    ) -> dict[str, Any]:
        said = {messages.ACCOUNT_HEADER: account, "Idempotency-Key": key}
        headers = {name: value for name, value in said.items() if value}
        try:
            response = self._http.request(method, path, headers=headers, **options)
        except httpx.HTTPError as error:
            raise PaymentsUnavailable(str(error)) from error
        if response.status_code >= 500 or response.status_code == 429:
            raise PaymentsUnavailable(f"{method} {path}: {response.status_code}")
        if response.status_code >= 400:
            raise PaymentRefused(f"{method} {path}: {response.status_code} {response.text[:500]}")
        return cast("dict[str, Any]", response.json())


def _status(answer: dict[str, Any]) -> PaymentStatus:
    currency = answer["currency"]
    return PaymentStatus(
        reference=answer["code"],
        account=answer["account"],
        state=answer["state"],
        amount=Money(answer["amount_minor"], currency),
        refunded=Money(answer["refunded_minor"], currency),
    )


def _amount(amount: Money) -> dict[str, Any]:
    return {"amount_minor": amount.minor, "currency": amount.currency}


def _payout(answer: dict[str, Any]) -> SentPayout:
    return SentPayout(
        reference=answer["code"],
        account=answer["account"],
        amount=Money(answer["amount_minor"], answer["currency"]),
        state=answer["state"],
        at=datetime.fromisoformat(answer["at"]),
        lines=[
            PayoutLine(
                EventKind(line["kind"]),
                line["reference"],
                line["amount_minor"],
                line["fee_minor"],
                datetime.fromisoformat(line["at"]),
            )
            for line in answer["lines"]
        ],
        arrives_at=datetime.fromisoformat(answer["at"]),
    )
