"""Requests to Alipay through its SDK. An answer counts only when Alipay has signed it."""

import http.client
from collections.abc import Mapping
from typing import Any, cast

from alipay import AliPay, AliPayConfig
from alipay.exceptions import AliPayException, AliPayValidationError

from app.core import clock
from app.gateways.payments.alipay import words
from app.gateways.payments.contract import PaymentRefused, PaymentsUnavailable

TIMEOUT_SECONDS = 10
DONE = "10000"
AWAY = frozenset({"20000", "10003"})  # the service is not there; the outcome is not known yet
AWAY_TOO = ("aop.", "isp.", "ACQ.SYSTEM_ERROR", "SYSTEM_ERROR")
SIGNED_WITH = "RSA2"

# What an answer that proves nothing makes the SDK raise: no connection, no JSON, no signature, a wrong one.
UNPROVEN = (
    OSError,
    http.client.HTTPException,
    ValueError,
    TypeError,
    AttributeError,
    AliPayException,
    AliPayValidationError,
)


class BusinessFailed(PaymentRefused):
    """Alipay has said no, and signed it; `reason` is its own word for why (sub_code)."""

    def __init__(self, method: str, answer: Mapping[str, Any]) -> None:
        self.reason = str(answer.get("sub_code", ""))
        super().__init__(f"{method}: {answer.get('code')} {self.reason} {answer.get('sub_msg', '')}")


class Wire:
    """The application at Alipay: its id, its own key, and Alipay's public key, each in PEM."""

    def __init__(self, app_id: str, private_key: str, public_key: str, gateway_url: str) -> None:
        self.app_id = app_id
        self.gateway_url = gateway_url
        self._sdk: Any = AliPay(
            appid=app_id,
            app_private_key_string=private_key,
            alipay_public_key_string=public_key,
            sign_type=SIGNED_WITH,
            config=AliPayConfig(timeout=TIMEOUT_SECONDS),
        )
        self._sdk._gateway = gateway_url  # the SDK itself knows two addresses of Alipay, one of them old

    def page(self, method: str, content: dict[str, Any], token: str, **addresses: str) -> str:
        """The signed address of a pay page; nothing is asked of Alipay until somebody opens it."""
        return f"{self.gateway_url}?{self._sdk.client_api(method, content, **addresses, **_extras(token))}"

    def ask(self, method: str, content: dict[str, Any], token: str = "") -> dict[str, Any]:
        """What Alipay answers, its signature checked.

        Raises PaymentsUnavailable when it does not answer or proves nothing, BusinessFailed when it says no.
        """
        try:
            answer = cast("dict[str, Any]", self._sdk.server_api(method, content, **_extras(token)))
        except UNPROVEN as error:
            raise PaymentsUnavailable(f"{method}: {type(error).__name__}: {str(error)[:500]}") from error
        code, reason = str(answer.get("code", "")), str(answer.get("sub_code", ""))
        if code in AWAY or reason.startswith(AWAY_TOO):
            raise PaymentsUnavailable(f"{method}: {code} {reason}")
        if code != DONE:
            raise BusinessFailed(method, answer)
        return answer

    def has_signed(self, fields: Mapping[str, str]) -> bool:
        """Whether Alipay has signed the fields of a notification; its `sign` and `sign_type` are not part."""
        if fields.get("sign_type") != SIGNED_WITH:
            return False
        signed = {name: value for name, value in fields.items() if name != "sign"}
        try:
            return bool(self._sdk.verify(signed, fields.get("sign", "")))
        except ValueError:
            return False


def _extras(token: str) -> dict[str, str]:
    """Alipay's clock is Beijing's; the SDK would send the machine's. The token names the organisation."""
    extras = {"timestamp": words.beijing(clock.now())}
    return {**extras, "app_auth_token": token} if token else extras
