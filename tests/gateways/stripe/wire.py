"""What stands in for the network under the real SDK: it answers by script and remembers what was asked."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stripe import APIConnectionError, HTTPClient

from app.gateways.payments.stripe.client import StripeGateway

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
SECRET = "whsec_0123456789abcdef0123456789abcdef"
ACCOUNT = "acct_1032D82eZvKYlo2C"


@dataclass(frozen=True)
class Call:
    """A request as it left the SDK."""

    method: str
    path: str
    sent: dict[str, str]  # of the query, or of the form
    headers: dict[str, str]


@dataclass
class Wire(HTTPClient):
    """Answers each method and path with what was put there, the last one again and again."""

    name = "wire"
    answers: defaultdict[tuple[str, str], list[tuple[int, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    calls: list[Call] = field(default_factory=list)
    broken: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def put(self, method: str, path: str, body: dict[str, Any], status: int = 200) -> None:
        address = f"/v1/{path}"
        told = body | {"url": address} if body.get("object") == "list" else body
        self.answers[method, address].append((status, told))

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        form = dict(parse_qsl(post_data or "", keep_blank_values=True))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        assert parts.netloc == "api.stripe.com"
        self.calls.append(Call(method.upper(), parts.path, query | form, dict(headers or {})))
        if self.broken:
            raise APIConnectionError("no route to host", should_retry=True)
        waiting = self.answers.get((method.upper(), parts.path))
        assert waiting, f"nobody expected {method.upper()} {parts.path}"
        status, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return json.dumps(body), status, {"request-id": "req_1"}

    def _sleep_time_seconds(self, num_retries: int) -> float:  # noqa: ARG002 (the SDK calls it so)
        return 0.0

    def close(self) -> None:
        pass

    @property
    def last(self) -> Call:
        return self.calls[-1]


def gateway(wire: Wire) -> StripeGateway:
    return StripeGateway(KEY, [SECRET], http=wire)


def listed(*objects: dict[str, Any], has_more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(objects), "has_more": has_more}


def refusal(kind: str, code: str, message: str = "No.") -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": message}}
