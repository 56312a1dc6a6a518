"""The relay passes bytes both ways unchanged, and outlives connections that fail."""

import asyncio

import pytest

from app.embedded import ports
from app.embedded.relay import serve

LARGE = bytes(range(256)) * 8192  # 2 MiB, more than any buffer on the way


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()


async def _through(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = asyncio.ensure_future(reader.readexactly(len(sent)))
    writer.write(sent)
    await writer.drain()
    got = await received
    writer.close()
    await writer.wait_closed()
    return got


def test_bytes_pass_both_ways_unchanged() -> None:
    async def run() -> None:
        chosen = ports.choose(["relay", "target"], {})
        server = await asyncio.start_server(_echo, "127.0.0.1", chosen["target"])
        relay = asyncio.create_task(serve("127.0.0.1", chosen["relay"], chosen["target"]))
        await asyncio.sleep(0.1)
        assert await asyncio.gather(*(_through(chosen["relay"], LARGE) for _ in range(3))) == [LARGE] * 3
        server.close()
        relay.cancel()
        with pytest.raises(asyncio.CancelledError):
            await relay

    asyncio.run(run())


def test_a_dead_target_closes_the_connection_and_not_the_relay() -> None:
    async def run() -> None:
        chosen = ports.choose(["relay", "target"], {})
        relay = asyncio.create_task(serve("127.0.0.1", chosen["relay"], chosen["target"]))
        await asyncio.sleep(0.1)
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", chosen["relay"])
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
        relay.cancel()
        with pytest.raises(asyncio.CancelledError):
            await relay

    asyncio.run(run())
