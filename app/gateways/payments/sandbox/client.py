"""Kindrelay's side of the simulated provider: its HTTP API and its signed webhooks."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

import httpx

from app.core import clock
from app.core.money import Money
from app.gateways.payments.contract import (
    AccountStatus,
    Awaited,
    Capabilities,
    OnboardingRequest,
    OnboardingStep,
    OpenedPayment,
    PaymentRefused,
    PaymentRequest,
    PaymentStatus,
    PaymentsUnavailable,
    VerifiedEvent,
)
from app.gateways.payments.sandbox import messages, signature

TIMEOUT_SECONDS = 10.0


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

    def fetch(self, account: str, reference: str) -> PaymentStatus:  # noqa: ARG002 (other providers ask by it)
        """The payment as the provider has it in its books now."""
        return _status(self._ask("GET", f"/payments/{reference}"))

    def refund(self, account: str, reference: str, amount: Money, key: str) -> str:  # noqa: ARG002 (see fetch)
        """Give a part or all of a payment back; the event that follows is what books it."""
        body = {"amount_minor": amount.minor, "currency": amount.currency}
        return self._ask("POST", f"/payments/{reference}/refunds", json=body, key=key)["refund"]

    def verify_webhook(self, raw_body: bytes, headers: Mapping[str, str]) -> list[VerifiedEvent]:
        """The events in a webhook. Raises WebhookRefused unless the provider signed these bytes just now."""
        signature.check(self._secret, raw_body, headers.get(signature.HEADER, ""), clock.now())
        return [messages.decode(raw_body)]

    def list_settled(
        self,
        since: datetime,
        accounts: Collection[str],  # noqa: ARG002 (other providers ask by it)
        awaited: Collection[Awaited] = (),  # noqa: ARG002 (this one lists its events)
    ) -> list[VerifiedEvent]:
        """Everything that happened since, with the ids that its webhooks have (or should have had)."""
        events: list[VerifiedEvent] = []
        while True:
            asked = {"since": since.isoformat(), "after": events[-1].event_id if events else ""}
            page = self._ask("GET", "/events", params=asked)["events"]
            if not page:
                return events
            events += [messages.decode(messages.encode(body)) for body in page]

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
        return Capabilities(test_mode=True, partial_refunds=True)

    def _ask(self, method: str, path: str, *, key: str = "", **options: Any) -> dict[str, Any]:
        headers = {"Idempotency-Key": key} if key else {}
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
