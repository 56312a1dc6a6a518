"""Stripe as a PaymentGateway: the official SDK, asked on behalf of one connected account at a time."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import stripe
from stripe import HTTPClient, RequestsClient, StripeClient

from app.core.money import Money
from app.gateways.payments.contract import (
    AccountStatus,
    Awaited,
    Capabilities,
    CardRequest,
    OnboardingRequest,
    OnboardingStep,
    OpenedPayment,
    PaymentRefused,
    PaymentRequest,
    PaymentStatus,
    SentPayout,
    VerifiedEvent,
    WebhookRefused,
)
from app.gateways.payments.stripe import accounts, amounts, events, payouts, requests, signature
from app.gateways.payments.stripe.asking import asking, code_of
from app.gateways.payments.stripe.lookups import Lookups
from app.gateways.payments.stripe.shapes import inside, is_ours, named

TIMEOUT_SECONDS = 10
RETRIES = 2
HISTORY = timedelta(days=30)  # how long Stripe lists an event
PAGE = 100


class StripeGateway:
    """Direct charges: the payment, its fee and its disputes are the nonprofit's own, and so is the money."""

    name = events.PROVIDER

    def __init__(self, key: str, webhook_secrets: Sequence[str], http: HTTPClient | None = None) -> None:
        self._live = is_live(key)
        self._secrets = webhook_secrets
        self.client = StripeClient(
            key,
            http_client=http or RequestsClient(timeout=TIMEOUT_SECONDS),
            max_network_retries=RETRIES,
        )

    def open_payment(self, request: PaymentRequest) -> OpenedPayment:
        """Open a payment page, or find the one that was opened with the same key."""
        page = requests.checkout(request)
        with asking():
            opened = self.client.v1.checkout.sessions.create(page, _at(request.account, request.key))
        return OpenedPayment(opened.id, opened.url or "")

    def fetch(self, account: str, reference: str) -> PaymentStatus:
        """The payment as Stripe has it in its books now."""
        with asking():
            intent = self._intent(account, reference)
            page = self._page(account, reference) if reference.startswith("cs_") else None
        return _status(account, reference, page, intent)

    def refund(self, account: str, reference: str, amount: Money, key: str) -> str:
        """Give a part or all of a payment back; the event that follows is what books it."""
        with asking():
            intent = self._intent(account, reference)
            if intent is None:
                raise PaymentRefused(f"{reference} was not paid")
            refund = self.client.v1.refunds.create(
                {
                    "payment_intent": intent["id"],
                    "amount": amounts.to_stripe(amount),
                    "metadata": requests.ours(key),
                },
                _at(account, key),
            )
        return refund.id

    def verify_webhook(self, raw_body: bytes, headers: Mapping[str, str]) -> list[VerifiedEvent]:
        """The events in a webhook. Raises WebhookRefused unless Stripe signed these bytes just now.

        Where the event leaves out what is needed, Stripe is asked; PaymentsUnavailable makes it tell again.
        """
        given = {name.lower(): value for name, value in headers.items()}
        header = given.get(signature.HEADER.lower(), "")
        event = signature.open_event(raw_body, header, self._secrets, live=self._live)
        try:
            with asking():
                return events.decode(event, Lookups(self.client, event["account"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise WebhookRefused(f"not a {event['type']}: {type(error).__name__}") from error

    def list_settled(
        self,
        since: datetime,
        accounts: Collection[str],
        awaited: Collection[Awaited] = (),  # noqa: ARG002 (Stripe lists its events)
    ) -> list[VerifiedEvent]:
        """Everything that happened since (30 days at most), with the ids that its webhooks have.

        Raises PaymentRefused when one of the accounts was taken back from us.
        """
        with asking():
            return [event for account in accounts for event in self._since(since, account)]

    def list_payouts(self, since: datetime, account: str) -> list[SentPayout]:
        """What was sent to the account's bank since, oldest first."""
        with asking():
            return payouts.list_payouts(self.client, since, account)

    def pause_monthly(self, account: str, subscription: str) -> None:
        """Let the months pass unpaid until it is resumed; none of them is asked for later."""
        with asking():
            self.client.v1.subscriptions.update(
                subscription, {"pause_collection": {"behavior": "void"}}, _at(account)
            )

    def resume_monthly(self, account: str, subscription: str) -> None:
        """Go on with the next month."""
        with asking():
            self.client.v1.subscriptions.update(subscription, {"pause_collection": ""}, _at(account))

    def change_monthly(self, account: str, subscription: str, amount: Money) -> None:
        """Take another amount from the next month on; nothing is charged or given back for this one."""
        with asking():
            change = requests.another_amount(self._subscription(account, subscription), amount)
            self.client.v1.subscriptions.update(subscription, change, _at(account))

    def end_monthly(self, account: str, subscription: str) -> None:
        """End a subscription; one that has ended stays so."""
        with asking():
            found = self.client.v1.subscriptions.retrieve(subscription, None, _at(account))
            if found.status not in ("canceled", "incomplete_expired"):
                self.client.v1.subscriptions.cancel(subscription, None, _at(account))

    def ask_card(self, request: CardRequest) -> str:
        """The page on which the donor gives another card; nothing is charged there."""
        with asking():
            found = self._subscription(request.account, request.subscription)
            page = requests.another_card(request, found)
            opened = self.client.v1.checkout.sessions.create(page, _at(request.account, request.key))
        return opened.url or ""

    def take_card(self, account: str, subscription: str, part: str) -> None:
        """Take the next payments, and what is still unpaid, from the card that a setup intent has saved."""
        with asking():
            setup = self.client.v1.setup_intents.retrieve(part, None, _at(account)).to_dict()
            found = self._subscription(account, subscription)
            change = requests.pay_with(setup, found)
            self.client.v1.subscriptions.update(subscription, change, _at(account))

    def close_payment(self, account: str, reference: str) -> None:
        """Let nobody pay at an open payment page any more. Raises PaymentRefused once it was paid."""
        with asking():
            page = self._page(account, reference)
            if page["status"] == "open":
                self.client.v1.checkout.sessions.expire(reference, None, _at(account))
            elif page["status"] == "complete":
                raise PaymentRefused(f"{reference} is complete")

    def start_onboarding(self, request: OnboardingRequest) -> OnboardingStep:
        """Make the organisation's account, once for a key, and a link to where Stripe asks about it."""
        with asking():
            account = request.account
            if not account:
                made = self.client.v1.accounts.create(
                    accounts.new_account(request), {"idempotency_key": f"account-{request.key}"}
                )
                account = made.id
            back = f"{request.return_url}?{urlencode({'state': request.state})}"
            link = self.client.v1.account_links.create(
                {
                    "account": account,
                    "type": "account_onboarding",
                    "return_url": back,
                    "refresh_url": request.again_url,
                }
            )
        return OnboardingStep(account, link.url)

    def finish_onboarding(self, account: str, answer: Mapping[str, str]) -> AccountStatus:  # noqa: ARG002 (Stripe tells nothing on the way back)
        """How far the account is. Raises PaymentRefused when none was made."""
        if not account:
            raise PaymentRefused("no account was made")
        return self.account_status(account)

    def account_status(self, account: str) -> AccountStatus:
        """Whether the account can take charges now; one that was taken back from us cannot."""
        with asking():
            try:
                found = self.client.v1.accounts.retrieve(account)
            except stripe.PermissionError as error:
                if (
                    code_of(error) != "account_invalid"
                ):  # our key may not ask; that says nothing of the account
                    raise
                return AccountStatus(account, ready=False, missing=(accounts.TAKEN_BACK,))
        return accounts.status(found.to_dict())

    def capabilities(self) -> Capabilities:
        """What Stripe can do."""
        return Capabilities(
            test_mode=not self._live,
            partial_refunds=True,
            monthly=True,
            another_card=True,
            disputes=True,
            payouts=True,
            currencies=amounts.CURRENCIES,
            history=HISTORY,
        )

    def _since(self, since: datetime, account: str) -> list[VerifiedEvent]:
        """The events of an account with what each means, and what its payments cost, oldest first."""
        lookups, at = Lookups(self.client, account), _at(account)
        window: Any = {"gte": int(since.timestamp())}
        listed = self.client.v1.events.list({"created": window, "types": events.LISTED, "limit": PAGE}, at)
        found = [one.to_dict() for one in listed.auto_paging_iter()]
        for event in found:
            lookups.learn(event)
        ours = [one for event in found for one in events.decode({"account": account, **event}, lookups)]
        bookings = self.client.v1.balance_transactions.list(
            {"created": window, "limit": PAGE, "expand": ["data.source"]}, at
        )
        ours += [one for line in bookings.auto_paging_iter() for one in _fee(line.to_dict(), lookups)]
        return sorted(ours, key=lambda event: event.occurred_at)

    def _page(self, account: str, reference: str) -> dict[str, Any]:
        return self.client.v1.checkout.sessions.retrieve(reference, None, _at(account)).to_dict()

    def _subscription(self, account: str, name: str) -> dict[str, Any]:
        return self.client.v1.subscriptions.retrieve(name, None, _at(account)).to_dict()

    def _intent(self, account: str, reference: str) -> dict[str, Any] | None:
        """The payment intent of a payment page, or of that name, with its charge; None before it is paid."""
        intent = reference
        if reference.startswith("cs_"):
            page = self._page(account, reference)
            intent = named(page.get("payment_intent"))
            if not intent and (invoice := named(page.get("invoice"))):
                intent = Lookups(self.client, account).intent_of_invoice(invoice)
        if not intent:
            return None
        asked: Any = {"expand": ["latest_charge"]}
        return self.client.v1.payment_intents.retrieve(intent, asked, _at(account)).to_dict()


def is_live(key: str) -> bool:
    """Whether a key moves real money."""
    return key.startswith(("sk_live_", "rk_live_"))


def _at(account: str, key: str = "") -> Any:
    """In whose books to do something, and the key by which it is done once."""
    return {"stripe_account": account, **({"idempotency_key": key} if key else {})}


def _fee(booking: dict[str, Any], lookups: Lookups) -> Iterator[VerifiedEvent]:
    charge = inside(booking, "source")
    intent = named(charge.get("payment_intent"))
    if not intent or booking["type"] not in ("charge", "payment"):
        return
    if not (is_ours(charge) or lookups.is_ours(intent)):
        return
    told = events.fee(booking, charge, lookups.account)
    if told is not None:
        yield told


def _status(
    account: str, reference: str, page: dict[str, Any] | None, intent: dict[str, Any] | None
) -> PaymentStatus:
    about = page or intent or {}
    minor, currency = about.get("amount_total") or about.get("amount") or 0, about.get("currency") or ""
    charge = inside(intent or {}, "latest_charge")
    amount = amounts.from_stripe(minor, currency)
    refunded = amounts.from_stripe(charge.get("amount_refunded") or 0, currency)
    if amount is None or refunded is None:
        raise PaymentRefused(f"{reference} is in {currency}")
    paid = page["payment_status"] == "paid" if page else about.get("status") == "succeeded"
    closed = page is not None and page["status"] == "expired"
    state = "paid" if paid else "cancelled" if closed else "open"
    return PaymentStatus(reference, account, state, amount, refunded)
