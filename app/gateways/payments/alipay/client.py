"""Kindrelay's side of Alipay, as a PaymentGateway. A payment's reference is its key (out_trade_no)."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlencode, urlsplit

from app.core import clock
from app.core.money import Money
from app.gateways.payments.alipay import grants, notices, trades, words
from app.gateways.payments.alipay.trades import Trade
from app.gateways.payments.alipay.wire import BusinessFailed, Wire
from app.gateways.payments.contract import (
    AccountStatus,
    Awaited,
    Capabilities,
    NotOffered,
    OnboardingRequest,
    OnboardingStep,
    OpenedPayment,
    PaymentRefused,
    PaymentRequest,
    PaymentStatus,
    PaymentsUnavailable,
    VerifiedEvent,
)

# A page that nobody has opened is no trade yet and cannot be closed: so it lapses soon by itself.
PAY_WITHIN = timedelta(minutes=30)
PAGES = {
    False: ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
    True: ("alipay.trade.wap.pay", "QUICK_WAP_PAY"),
}
NO_TRADE = "ACQ.TRADE_NOT_EXIST"
NO_REFUND = frozenset({NO_TRADE, "ACQ.REFUND_NOT_EXIST", "TRADE_NOT_EXIST"})

Told = TypeVar("Told")


class AlipayGateway:
    """Alipay as a PaymentGateway, for accounts whose organisations have let this site act for them."""

    name = words.PROVIDER

    def __init__(self, base_url: str, wire: Wire, *, test_mode: bool = False) -> None:
        self._test_mode = test_mode
        self._base_url = base_url.rstrip("/")
        self._wire = wire

    def open_payment(self, request: PaymentRequest) -> OpenedPayment:
        """The signed address of a pay page. Alipay knows the payment once the donor has opened it."""
        if request.monthly:
            raise NotOffered("Alipay: monthly gifts")
        if request.amount.currency != words.CURRENCY:
            raise PaymentRefused(f"Alipay takes {words.CURRENCY} only")
        method, product = PAGES[request.mobile]
        content = {
            "out_trade_no": request.key,
            "product_code": product,
            "subject": words.subject(request.description),
            "total_amount": words.yuan(request.amount),
            "time_expire": words.beijing(clock.now() + PAY_WITHIN),
        }
        page = self._wire.page(
            method,
            content,
            grants.token_of(request.account),
            return_url=request.return_url,
            notify_url=f"{self._base_url}/hooks/{self.name}",
        )
        return OpenedPayment(request.key, page)

    def fetch(self, account: str, reference: str) -> PaymentStatus:
        """The trade as Alipay has it now; one that nobody has opened yet is open, of no amount.

        `refunded` is all or nothing: Alipay does not tell of parts unless asked for each by its key.
        """
        trade = self._query(account, reference)
        nothing = Money(0, words.CURRENCY)
        if trade is None:
            return PaymentStatus(reference, account, "open", nothing, nothing)
        if trade.status != trades.CLOSED:
            state = "paid" if trade.is_paid else "open"
            return PaymentStatus(reference, account, state, trade.amount, nothing)
        state, refunded = ("refunded", trade.amount) if trade.is_paid else ("expired", nothing)
        return PaymentStatus(reference, account, state, trade.amount, refunded)

    def refund(self, account: str, reference: str, amount: Money, key: str) -> str:
        """Give a part or all back. The same key again is the same refund, which is named by it."""
        if amount.currency != words.CURRENCY:
            raise PaymentRefused(f"Alipay takes {words.CURRENCY} only")
        asked = {"out_trade_no": reference, "refund_amount": words.yuan(amount), "out_request_no": key}
        self._wire.ask("alipay.trade.refund", asked, grants.token_of(account))
        return key

    def verify_webhook(self, raw_body: bytes, headers: Mapping[str, str]) -> list[VerifiedEvent]:  # noqa: ARG002 (the signature is in the body)
        """What a notification tells of: the payment, and the refund if it is about one.

        Alipay tells the total of all refunds; the amount of this one is asked of it, so that each is booked
        for itself whatever the order they come in. Raises WebhookRefused, and PaymentsUnavailable when
        Alipay cannot be asked: it notifies again then.
        """
        fields = notices.verified(self._wire, raw_body)
        trade = notices.trade(fields)
        request = notices.refund(fields)
        if request is None:
            return trade.events()
        refund = self._refund_of(trade, request)
        if refund is None:
            raise PaymentsUnavailable(f"Alipay tells of a refund {request} and does not know it yet")
        return [*trade.events(), refund]

    def list_settled(
        self,
        since: datetime,  # noqa: ARG002 (Alipay lists nothing; who asks knows what is open since when)
        accounts: Collection[str],  # noqa: ARG002 (see since)
        awaited: Collection[Awaited] = (),
    ) -> list[VerifiedEvent]:
        """What has happened to each of the awaited payments and to its refunds."""
        return [event for one in awaited for event in self._news_of(one)]

    def _no_monthly(self, *_asked: object, **_named: object) -> NoReturn:
        raise NotOffered("Alipay: monthly gifts")

    def list_payouts(self, *_asked: object, **_named: object) -> NoReturn:
        """Alipay settles into the organisation's own account and names no payouts. Raises NotOffered."""
        raise NotOffered("Alipay: payouts")

    pause_monthly = resume_monthly = change_monthly = end_monthly = _no_monthly
    ask_card = take_card = _no_monthly

    def close_payment(self, account: str, reference: str) -> None:
        """Close a trade that waits for its donor. Raises PaymentRefused for one that was paid.

        A page that nobody has opened is no trade yet; it lapses by itself.
        """
        try:
            self._wire.ask("alipay.trade.close", {"out_trade_no": reference}, grants.token_of(account))
        except BusinessFailed as error:
            trade = None if error.reason == NO_TRADE else self._query(account, reference)
            if trade is not None and (trade.is_paid or trade.status != trades.CLOSED):
                raise

    def start_onboarding(self, request: OnboardingRequest) -> OnboardingStep:
        """The page at Alipay where an organisation lets this site act for its account (app-to-app grant)."""
        site = urlsplit(self._wire.gateway_url)
        asked = {"app_id": self._wire.app_id, "redirect_uri": request.return_url, "state": request.state}
        host = site.netloc.replace("openapi", "openauth", 1)
        page = f"{site.scheme}://{host}/oauth2/appToAppAuth.htm?{urlencode(asked)}"
        return OnboardingStep(request.account, page)

    def finish_onboarding(self, account: str, answer: Mapping[str, str]) -> AccountStatus:  # noqa: ARG002 (Alipay names the account)
        """Take the code that the organisation came back with for its grant; Alipay names the account."""
        code = answer.get("app_auth_code", "")
        if not code or answer.get("app_id") != self._wire.app_id:
            raise PaymentRefused("Alipay's answer has no grant for this application")
        asked = {"grant_type": "authorization_code", "code": code}
        granted = self._wire.ask("alipay.open.auth.token.app", asked)
        seller_id, token = str(granted.get("user_id", "")), str(granted.get("app_auth_token", ""))
        if not seller_id or not token:
            raise PaymentsUnavailable("Alipay's answer names no account or no token")
        grants.keep(seller_id, token)
        return AccountStatus(seller_id, ready=True)

    def account_status(self, account: str) -> AccountStatus:
        """Whether the organisation's grant still stands; it can take it back at Alipay."""
        try:
            token = grants.token_of(account)
            answer = self._wire.ask("alipay.open.auth.token.app.query", {"app_auth_token": token})
        except PaymentRefused:
            return AccountStatus(account, ready=False, missing=("app_auth_token",))
        ready = answer.get("status") == "valid" and str(answer.get("user_id", account)) == account
        return AccountStatus(account, ready, () if ready else ("app_auth_token",))

    def capabilities(self) -> Capabilities:
        """Once, in yuan, with refunds in parts. What runs at Alipay's own sandbox moves no money."""
        return Capabilities(
            test_mode=self._test_mode,
            partial_refunds=True,
            lists_events=False,
            currencies=frozenset({words.CURRENCY}),
        )

    def _news_of(self, awaited: Awaited) -> list[VerifiedEvent]:
        trade = self._query(awaited.account, awaited.reference)
        if trade is None:
            return []
        refunds = [self._refund_of(trade, request) for request in awaited.refunds]
        return [*trade.events(), *(refund for refund in refunds if refund)]

    def _query(self, account: str, reference: str) -> Trade | None:
        """The trade, or None while Alipay has none of that name."""
        try:
            answer = self._wire.ask(
                "alipay.trade.query", {"out_trade_no": reference}, grants.token_of(account)
            )
        except BusinessFailed as error:
            if error.reason == NO_TRADE:
                return None
            raise
        return _read(answer, reference, lambda: trades.asked(account, answer, clock.now()))

    def _refund_of(self, trade: Trade, request: str) -> VerifiedEvent | None:
        """The event of one refund, once Alipay has made it."""
        asked = {
            "out_trade_no": trade.reference,
            "out_request_no": request,
            "query_options": ["gmt_refund_pay"],
        }
        try:
            answer = self._wire.ask(
                "alipay.trade.fastpay.refund.query", asked, grants.token_of(trade.account)
            )
        except BusinessFailed as error:
            if error.reason in NO_REFUND:
                return None
            raise
        if answer.get("refund_status") != "REFUND_SUCCESS":
            return None
        return _read(answer, trade.reference, lambda: _refunded(trade, request, answer))


def _refunded(trade: Trade, request: str, answer: dict[str, Any]) -> VerifiedEvent:
    at = answer.get("gmt_refund_pay")
    if str(answer["out_request_no"]) != request:
        raise ValueError("another refund than the one that was asked for")
    return trade.refunded(
        request, words.money(str(answer["refund_amount"])), words.moment(str(at)) if at else trade.told_at
    )


def _read(answer: dict[str, Any], reference: str, read: Callable[[], Told]) -> Told:
    """What an answer about `reference` says; one about something else, or without sense, proves nothing."""
    try:
        if str(answer["out_trade_no"]) != reference:
            raise ValueError("another trade than the one that was asked for")
        return read()
    except (KeyError, ValueError) as error:
        raise PaymentsUnavailable(f"Alipay's answer makes no sense: {error}") from error
