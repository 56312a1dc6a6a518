"""A provider and some readers, in a process of their own: signed webhooks at a rate, pages beside them."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.gateways.payments.sandbox import messages, signature
from bench.sending import Requests, away
from tests.many import AMOUNT, CURRENCY, FEE

CONNECTIONS, READERS = 32, 4


@dataclass(frozen=True)
class Plan:
    """What is sent: one webhook for each payment, `rate` of them a second, and `reads` pages a second."""

    port: int
    secret: str
    account: str
    payments: list[str]
    rate: float
    page: str
    reads: float


@dataclass
class Seen:
    """Seconds from when each request was due to its answer, of those that were answered by 200."""

    webhooks: list[float] = field(default_factory=list[float])
    pages: list[float] = field(default_factory=list[float])
    refused: int = 0
    seconds: float = 0.0
    cpu: float = 0.0  # seconds that the sender and the readers took themselves, of the same cores


def run(plan: Plan) -> Seen:
    """Send everything from another process, and say what came of it."""
    return away(lambda: asyncio.run(_both(plan)))


async def _both(plan: Plan) -> Seen:
    seen = Seen()
    signed = [_webhook(plan, name) for name in plan.payments]  # not on the clock: it is the provider's work
    count = int(plan.reads * len(plan.payments) / plan.rate)
    page = f"GET {plan.page} HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\n\r\n".encode()
    began, used = time.monotonic() + 0.2, time.process_time()
    webhooks = Requests(plan.port, began, plan.rate, iter(range(len(signed))), signed.__getitem__)
    pages = Requests(plan.port, began, plan.reads, iter(range(count)), lambda _: page)
    readers = [asyncio.ensure_future(pages.keep_sending(seen.pages)) for _ in range(READERS)]
    await asyncio.gather(*[webhooks.keep_sending(seen.webhooks) for _ in range(CONNECTIONS)])
    seen.seconds = time.monotonic() - began
    await asyncio.gather(*readers)
    seen.cpu = time.process_time() - used
    seen.refused = webhooks.refused + pages.refused
    return seen


def _webhook(plan: Plan, name: str) -> bytes:
    at = datetime.now(UTC)
    body = messages.encode(
        {
            "id": f"event-{name}",
            "kind": "payment.succeeded",
            "created": int(at.timestamp()),
            "test": True,
            "account": plan.account,
            "payment": name,
            "amount_minor": AMOUNT,
            "fee_minor": FEE,
            "currency": CURRENCY,
        }
    )
    head = (
        f"POST /hooks/sandbox HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\nContent-Type: application/json\r\n"
        f"{signature.HEADER}: {signature.sign(plan.secret, body, at)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
