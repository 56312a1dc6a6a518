"""Opens the store's S3 port alone to other devices: `python -m app.embedded.relay HOST PORT S3_PORT`.

The store itself would open its inner ports as well, which ask for no password. Bytes pass unchanged, so a
signature made for this address holds.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable

CHUNK = 256 * 1024
Relay = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serve(host: str, port: int, target: int) -> None:
    """Relay every connection on `host`:`port` to the loopback port `target`, until cancelled."""
    server = await asyncio.start_server(to(target), host, port)
    await server.serve_forever()


def to(target: int) -> Relay:
    """Relays a connection to the loopback port `target`."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                store_reader, store_writer = await asyncio.open_connection("127.0.0.1", target)
                await asyncio.gather(_copy(reader, store_writer), _copy(store_reader, writer))
        finally:
            writer.close()

    return relay


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
    except OSError:
        pass
    finally:
        target.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
