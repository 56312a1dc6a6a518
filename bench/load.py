"""A provider and some readers, in a process of their own: signed webhooks at a rate, pages beside them."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection

from app.gateways.payments.sandbox import messages, signature
from tests.many import AMOUNT, CURRENCY, FEE

CONNECTIONS, READERS = 32, 4
TRIES = 5


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


def run(plan: Plan) -> Seen:
    """Send everything from another process, and say what came of it."""
    fork = get_context("fork")
    here, there = fork.Pipe()
    process = fork.Process(target=_send_all, args=(plan, there))
    process.start()
    seen: Seen = here.recv()
    process.join()
    return seen


def _send_all(plan: Plan, result: Connection) -> None:
    result.send(asyncio.run(_both(plan)))


async def _both(plan: Plan) -> Seen:
    seen = Seen()
    began = time.monotonic() + 0.2
    count = int(plan.reads * len(plan.payments) / plan.rate)
    page = f"GET {plan.page} HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\n\r\n".encode()
    webhooks = _Stream(
        plan, began, plan.rate, iter(range(len(plan.payments))), lambda one: _webhook(plan, one)
    )
    pages = _Stream(plan, began, plan.reads, iter(range(count)), lambda _: page)
    readers = [asyncio.ensure_future(pages.keep_sending(seen.pages)) for _ in range(READERS)]
    await asyncio.gather(*[webhooks.keep_sending(seen.webhooks) for _ in range(CONNECTIONS)])
    seen.seconds = time.monotonic() - began
    await asyncio.gather(*readers)
    seen.refused = webhooks.refused + pages.refused
    return seen


@dataclass
class _Stream:
    """Requests that are due one after the other, whoever of the senders is free."""

    plan: Plan
    began: float
    rate: float
    numbers: Iterator[int]
    request: Callable[[int], bytes]
    refused: int = 0

    async def keep_sending(self, took: list[float]) -> None:
        """Send on one connection, kept alive, until nothing is left; a lost answer is asked for again."""
        wire = None
        for number in self.numbers:
            due = self.began + number / self.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            for _ in range(TRIES):
                try:
                    wire = wire or await asyncio.open_connection("127.0.0.1", self.plan.port)
                    status = await _ask(*wire, self.request(number))
                except (OSError, asyncio.IncompleteReadError):
                    wire = None
                    continue
                if status == 200:
                    took.append(time.monotonic() - due)
                    break
                self.refused += 1
        if wire is not None:
            wire[1].close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return int(head.split(b" ", 2)[1])


def _webhook(plan: Plan, number: int) -> bytes:
    at = datetime.now(UTC)
    body = messages.encode(
        {
            "id": f"event-{plan.payments[number]}",
            "kind": "payment.succeeded",
            "created": int(at.timestamp()),
            "test": True,
            "account": plan.account,
            "payment": plan.payments[number],
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
