"""Free ports for the engines, kept from run to run while they stay free."""

import os
import random
import socket
from collections.abc import Collection, Iterable, Mapping

from app.embedded.errors import EmbeddedError

RANGE = "15000-21999"
RANGE_VARIABLE = "KINDRELAY_ENGINE_PORTS"
GRPC_OFFSET = 10_000
# Below the kernel's own range for outgoing connections (32768 and up) even with GRPC_OFFSET added.
LOWEST, HIGHEST = 1_024, 22_767


def choose(
    names: Iterable[str],
    remembered: Mapping[str, int],
    with_grpc: Iterable[str] = (),
    promised: Collection[int] = (),
) -> dict[str, int]:
    """A port for each name: the remembered one when it is free and allowed, else a new free one.

    A name in `with_grpc` also needs its port plus GRPC_OFFSET free. What is `promised` to others is not given
    away, though it may still be free.
    Raises EmbeddedError when no allowed port is free, or RANGE_VARIABLE names none.
    """
    chosen: dict[str, int] = {}
    paired = set(with_grpc)
    span = allowed()
    for name in names:
        candidates = random.sample(span, min(200, len(span)))  # spread, so that two homes rarely meet
        if remembered.get(name) in span:
            candidates.insert(0, remembered[name])
        for port in candidates:
            needed = {port, port + GRPC_OFFSET} if name in paired else {port}
            if needed.isdisjoint([*chosen.values(), *promised]) and all(map(is_free, needed)):
                chosen[name] = port
                break
        else:
            raise EmbeddedError(
                f"No free port between {span[0]} and {span[-1]} was found for {name}. "
                f"Stop what uses them, or choose others with {RANGE_VARIABLE}."
            )
    return chosen


def allowed() -> range:
    """The ports to choose from, those that stand in RANGE_VARIABLE if it is set."""
    written = os.environ.get(RANGE_VARIABLE) or RANGE
    lowest, _, highest = written.partition("-")
    try:
        span = range(int(lowest), int(highest) + 1)
    except ValueError:
        span = range(0)
    if not span or span[0] < LOWEST or span[-1] > HIGHEST:
        raise EmbeddedError(
            f"{RANGE_VARIABLE} is {written!r}. Write the first and the last port, such as {RANGE}, "
            f"between {LOWEST} and {HIGHEST}."
        )
    return span


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
