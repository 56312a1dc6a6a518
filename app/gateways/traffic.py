"""How requests to the outside travel: over the network, unless a test routes them into an application."""

from collections.abc import Generator
from contextlib import contextmanager

import httpx

_routes: list[httpx.BaseTransport] = []


def transport() -> httpx.BaseTransport | None:
    """What carries this process's requests now; None is the network."""
    return _routes[-1] if _routes else None


@contextmanager
def routed(through: httpx.BaseTransport) -> Generator[None]:
    """Carry every request of this block through `through`."""
    _routes.append(through)
    try:
        yield
    finally:
        _routes.remove(through)
