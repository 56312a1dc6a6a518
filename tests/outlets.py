"""Leads out of a network namespace: `python -m tests.outlets NAMESPACE PORT…` listens on loopback ports in
there, and relays them to the same ports of ours.

No cable is laid for it: a network interface that comes or goes on this machine breaks off whatever the
browsers of other tests are loading.
"""

import asyncio
import ctypes
import socket
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from app.embedded import relay

LOOPBACK = "127.0.0.1"
NAMES = Path("/run/netns")  # where `ip netns` keeps its namespaces
CLONE_NEWNET = 0x40000000


@contextmanager
def inside(namespace: str) -> Generator[None]:
    """Let this thread's new sockets belong to a network namespace. Raises OSError where it must not."""
    with Path("/proc/thread-self/ns/net").open() as ours, (NAMES / namespace).open() as theirs:
        _enter(theirs.fileno())
        try:
            yield
        finally:
            _enter(ours.fileno())


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "this network namespace could not be entered")


async def lead_out(namespace: str, ports: Iterable[int]) -> None:
    """Relay until cancelled."""
    with inside(namespace):
        listeners = {port: socket.create_server((LOOPBACK, port)) for port in ports}
    servers = [
        await asyncio.start_server(relay.to(port), sock=listener) for port, listener in listeners.items()
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(lead_out(sys.argv[1], [int(port) for port in sys.argv[2:]]))
