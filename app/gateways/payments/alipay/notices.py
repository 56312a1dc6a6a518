"""Alipay's asynchronous notifications: a form whose fields Alipay has signed with its own key (RSA2)."""

from urllib.parse import parse_qsl

from app.core.money import Money
from app.gateways.payments.alipay import trades, words
from app.gateways.payments.alipay.trades import Trade
from app.gateways.payments.alipay.wire import Wire
from app.gateways.payments.contract import WebhookRefused

CHARSET = "utf-8"
KIND = "trade_status_sync"
MAX_FIELDS = 100


def verified(wire: Wire, raw_body: bytes) -> dict[str, str]:
    """The fields of a notification that Alipay has signed for this very application.

    What is signed are the decoded values, so a value is decoded once and never touched: `+` is a space,
    `%2B` is the plus of a signature. Raises WebhookRefused.
    """
    fields = _fields(raw_body)
    if fields.get("charset", CHARSET).lower() != CHARSET:
        raise WebhookRefused("another charset than the one that was asked for")
    if not wire.has_signed(fields):
        raise WebhookRefused("signature missing or does not match")
    if fields.get("app_id") != wire.app_id:
        raise WebhookRefused("a notification for another application")
    if fields.get("notify_type") != KIND or not fields.get("notify_id"):
        raise WebhookRefused("not a notification of a trade")
    return fields


def trade(fields: dict[str, str]) -> Trade:
    """The trade that a checked notification tells of. Raises WebhookRefused when it makes no sense."""
    try:
        return trades.told(fields)
    except (KeyError, ValueError) as error:
        raise WebhookRefused(f"not a trade: {error}") from None


def refund(fields: dict[str, str]) -> str | None:
    """The request number of the refund that a checked notification tells of, None when it tells of none.

    `refund_fee` is the total of all refunds so far, so it is never this refund's amount. A refund that was
    asked for without a number of its own has the trade's. Raises WebhookRefused when it makes no sense.
    """
    try:
        total = words.money(fields.get("refund_fee") or "0")
    except ValueError as error:
        raise WebhookRefused(f"not a refund: {error}") from None
    if total == Money(0, words.CURRENCY):
        return None
    return fields.get("out_biz_no") or fields["out_trade_no"]


def _fields(raw_body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw_body.decode("ascii"),  # whatever is not ASCII is percent-encoded in a form
            keep_blank_values=True,
            strict_parsing=True,
            encoding=CHARSET,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise WebhookRefused(f"not a form: {type(error).__name__}") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise WebhookRefused("a field that comes twice")
    return fields
