"""The other side of Alipay: a server that checks our signatures and signs its answers with its own key.

It shares no code with the SDK: signatures are made and checked with OpenSSL's own functions, over strings
put together as Alipay's public reference says. Amounts, states and error codes are those of the reference.
"""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

APP_ID = "2021000000000001"
SELLER = "2088000000000001"
TOKEN = "202611BBtokenofpaperlanterns"
PAID_AT = "2026-11-20 18:30:00"


def key_pair() -> tuple[rsa.RSAPrivateKey, str, str]:
    """A key, with its private and its public half in PEM."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return key, private.decode(), public.decode()


def signed(key: rsa.RSAPrivateKey, text: str) -> str:
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def joined(fields: dict[str, str]) -> str:
    """What is signed: the decoded values in the order of their names."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


@dataclass
class Trade:
    """A trade in the books of the other side."""

    reference: str
    amount: str
    number: str
    seller: str = SELLER
    status: str = "WAIT_BUYER_PAY"
    paid_at: str = ""
    refunds: dict[str, str] = field(default_factory=dict)

    @property
    def refunded(self) -> Decimal:
        return sum((Decimal(amount) for amount in self.refunds.values()), Decimal(0))


class Refused(Exception):  # noqa: N818 (it names what Alipay did)
    """A business error: its sub_code."""


class AlipaySide:
    """Alipay's books and keys. `mood` is how it answers: well, silent, unsigned, forged, busy, garbled."""

    def __init__(self) -> None:
        self.key, _, self.public_pem = key_pair()
        app, self.app_private_pem, _ = key_pair()
        self.app_public = app.public_key()
        self.forger = key_pair()[0]
        self.trades: dict[str, Trade] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.tokens = {TOKEN: SELLER}
        self.mood = "well"
        self.url = ""

    def begin_anew(self) -> None:
        self.trades.clear()
        self.asked.clear()
        self.tokens = {TOKEN: SELLER}
        self.mood = "well"

    def open(self, pay_url: str) -> dict[str, str]:
        """What a donor's browser does: Alipay checks our signature and makes the trade."""
        fields = self.checked(urlsplit(pay_url).query)
        content = json.loads(fields["biz_content"])
        reference = content["out_trade_no"]
        number = f"20261121{len(self.trades) + 1:020d}"
        seller = self.tokens[fields["app_auth_token"]]
        self.trades.setdefault(reference, Trade(reference, content["total_amount"], number, seller))
        return {**fields, **content}

    def pay(self, reference: str) -> None:
        trade = self.trades[reference]
        trade.status, trade.paid_at = "TRADE_SUCCESS", PAID_AT

    def notice(self, reference: str, **changes: str) -> dict[str, str]:
        """The fields of a notification about a trade as it is now, not signed yet."""
        trade = self.trades[reference]
        fields = {
            "notify_time": "2026-11-20 18:30:05",
            "notify_type": "trade_status_sync",
            "notify_id": f"notice-{trade.number}-{trade.status}-{trade.refunded}",
            "charset": "utf-8",
            "version": "1.0",
            "app_id": APP_ID,
            "auth_app_id": "2021000000000099",
            "trade_no": trade.number,
            "out_trade_no": trade.reference,
            "seller_id": trade.seller,
            "buyer_logon_id": "dor***@example.org",
            "trade_status": trade.status,
            "total_amount": trade.amount,
            "receipt_amount": trade.amount,
            "subject": "为孩子们的纸灯笼 + 100%",
            "fund_bill_list": '[{"amount":"' + trade.amount + '","fundChannel":"ALIPAYACCOUNT"}]',
            "gmt_create": "2026-11-20 18:29:00",
        }
        if trade.paid_at:
            fields["gmt_payment"] = trade.paid_at
        if trade.refunds:
            fields["refund_fee"] = f"{trade.refunded:.2f}"
            fields["out_biz_no"] = list(trade.refunds)[-1]
            fields["gmt_refund"] = "2026-11-20 19:00:00.123"
        return {**fields, **changes}

    def posted(self, fields: dict[str, str], key: rsa.RSAPrivateKey | None = None) -> bytes:
        """The very bytes of a notification that is signed with Alipay's key, or with another."""
        sign = signed(key or self.key, joined(fields))
        return urlencode({**fields, "sign_type": "RSA2", "sign": sign}).encode()

    def checked(self, query: str) -> dict[str, str]:
        """The fields of one of our requests, its RSA2 signature checked with our public key."""
        fields = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
        sign = base64.b64decode(fields.pop("sign"))
        self.app_public.verify(sign, joined(fields).encode(), padding.PKCS1v15(), hashes.SHA256())
        assert (fields["app_id"], fields["sign_type"], fields["charset"]) == (APP_ID, "RSA2", "utf-8")
        return fields

    def answer(self, query: str) -> bytes:
        try:
            fields = self.checked(query)
        except (InvalidSignature, KeyError):
            return json.dumps(
                {"error_response": {"code": "40002", "sub_code": "isv.invalid-signature"}}
            ).encode()
        method, content = fields["method"], json.loads(fields["biz_content"])
        self.asked.append((method, content))
        try:
            said = {"code": "10000", "msg": "Success", **self._do(method, content, fields)}
        except Refused as error:
            said = {"code": "40004", "msg": "Business Failed", "sub_code": str(error)}
        if self.mood == "busy":
            said = {
                "code": "20000",
                "msg": "Service Currently Unavailable",
                "sub_code": "aop.ACQ.SYSTEM_ERROR",
            }
        plain = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        name = method.replace(".", "_") + "_response"
        sign = signed(self.forger if self.mood == "forged" else self.key, plain)
        tail = "" if self.mood == "unsigned" else f',"sign":"{sign}"'
        return f'{{"{name}":{plain}{tail}}}'.encode()

    def _do(self, method: str, content: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
        if method == "alipay.open.auth.token.app":
            return self._granted(content)
        if method == "alipay.open.auth.token.app.query":
            seller = self.tokens.get(content["app_auth_token"])
            return {"status": "valid", "user_id": seller} if seller else {"status": "invalid"}
        seller = self.tokens[fields["app_auth_token"]]
        trade = self.trades.get(content["out_trade_no"])
        if trade is None or trade.seller != seller:
            raise Refused("ACQ.TRADE_NOT_EXIST")
        about = {"out_trade_no": trade.reference, "trade_no": trade.number}
        if method == "alipay.trade.query":
            paid = {"send_pay_date": trade.paid_at} if trade.paid_at else {}
            return {**about, "trade_status": trade.status, "total_amount": trade.amount, **paid}
        if method == "alipay.trade.close":
            if trade.status != "WAIT_BUYER_PAY":
                raise Refused("ACQ.TRADE_STATUS_ERROR")
            trade.status = "TRADE_CLOSED"
            return about
        if method == "alipay.trade.refund":
            return {**about, **self._refunded(trade, content)}
        assert method == "alipay.trade.fastpay.refund.query"
        return {**about, **self._refund_asked(trade, content["out_request_no"])}

    def _granted(self, content: dict[str, Any]) -> dict[str, str]:
        if content != {"grant_type": "authorization_code", "code": "good-code"}:
            raise Refused("isv.code-invalid")
        return {"app_auth_token": TOKEN, "user_id": SELLER, "auth_app_id": "2021000000000099"}

    def _refunded(self, trade: Trade, content: dict[str, Any]) -> dict[str, str]:
        request, amount = content["out_request_no"], content["refund_amount"]
        if not trade.paid_at:
            raise Refused("ACQ.TRADE_STATUS_ERROR")
        again = request in trade.refunds
        if not again and trade.refunded + Decimal(amount) > Decimal(trade.amount):
            raise Refused("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        trade.refunds.setdefault(request, amount)
        if trade.refunded == Decimal(trade.amount):
            trade.status = "TRADE_CLOSED"
        return {"fund_change": "N" if again else "Y", "refund_fee": f"{trade.refunded:.2f}"}

    def _refund_asked(self, trade: Trade, request: str) -> dict[str, str]:
        if request not in trade.refunds:
            return {}
        return {
            "out_request_no": request,
            "refund_status": "REFUND_SUCCESS",
            "refund_amount": trade.refunds[request],
            "total_amount": trade.amount,
            "gmt_refund_pay": "2026-11-20 19:00:00",
        }


def grant_url_parts(address: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query))


def altered(raw_body: bytes, name: str, value: str) -> bytes:
    """The same bytes with another value for one field, and the signature as it was."""
    pairs = [(key, value if key == name else old) for key, old in parse_qsl(raw_body.decode())]
    return "&".join(f"{key}={quote_plus(one)}" for key, one in pairs).encode()


@contextmanager
def serving(side: AlipaySide) -> Iterator[AlipaySide]:
    """Answer at `side.url` for as long as the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            silent = side.mood == "silent"
            body = b"<html>" if side.mood == "garbled" else side.answer(urlsplit(self.path).query)
            self.send_response(502 if silent else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        side.url = f"http://127.0.0.1:{server.server_address[1]}/gateway.do"
        try:
            yield side
        finally:
            server.shutdown()
            thread.join()
