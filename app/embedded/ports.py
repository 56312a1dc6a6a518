"""Free ports for the engines, kept from run to run while they stay free."""

import random
import socket
from collections.abc import Iterable

from app.embedded.errors import EmbeddedError

# Below the kernel's own range for outgoing connections (32768 and up) even with GRPC_OFFSET added.
LOWEST, HIGHEST = 15_000, 22_000
GRPC_OFFSET = 10_000


def choose(names: Iterable[str], remembered: dict[str, int], with_grpc: Iterable[str] = ()) -> dict[str, int]:
    """A port for each name: the remembered one when it is free, else a new free one.

    A name in `with_grpc` also needs its port plus GRPC_OFFSET free.
    Raises EmbeddedError when this machine has no free port in the range.
    """
    chosen: dict[str, int] = {}
    paired = set(with_grpc)
    for name in names:
        candidates = [remembered[name]] if name in remembered else []
        candidates += random.sample(range(LOWEST, HIGHEST), 200)  # spread, so that two homes rarely meet
        for port in candidates:
            needed = [port, port + GRPC_OFFSET] if name in paired else [port]
            if port not in chosen.values() and all(is_free(number) for number in needed):
                chosen[name] = port
                break
        else:
            raise EmbeddedError(f"No free port between {LOWEST} and {HIGHEST} was found for {name}.")
    return chosen


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """True when this process could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """True when something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
