"""Requests at a rate, from a process of their own: each is due at its moment, and late ones count as slow."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

T = TypeVar("T")
TRIES = 5
ANSWERED = (200, 204)


def away(work: Callable[[], T]) -> T:
    """Do work in another process, and return what came of it."""
    fork = get_context("fork")
    here, there = fork.Pipe()
    process = fork.Process(target=_tell, args=(work, there))
    process.start()
    made: T = here.recv()
    process.join()
    return made


def _tell(work: Callable[[], object], result: Connection) -> None:
    result.send(work())


@dataclass
class Requests:
    """Requests that are due one after the other, whoever of the senders is free."""

    port: int
    began: float
    rate: float
    numbers: Iterator[int]
    request: Callable[[int], bytes]
    refused: int = 0

    async def keep_sending(self, took: list[float]) -> None:
        """Send on one connection, kept alive, until nothing is left; a lost answer is asked for again.

        Seconds from when each was due to its answer go to `took`.
        """
        wire = None
        for number in self.numbers:
            due = self.began + number / self.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            for _ in range(TRIES):
                try:
                    wire = wire or await asyncio.open_connection("127.0.0.1", self.port)
                    status = await _ask(*wire, self.request(number))
                except (OSError, asyncio.IncompleteReadError):
                    wire = None
                    continue
                if status in ANSWERED:
                    took.append(time.monotonic() - due)
                    break
                self.refused += 1
        if wire is not None:
            wire[1].close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length or 0))
    return int(head.split(b" ", 2)[1])
