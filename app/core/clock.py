"""The one clock. All times are aware UTC."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_set: ContextVar[datetime | None] = ContextVar("clock_set_to", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _set.get() or datetime.now(UTC)


@contextmanager
def set_to(moment: datetime) -> Generator[None]:
    """Let it be `moment` in this thread as long as the block runs: for a history that is played."""
    token = _set.set(moment)
    try:
        yield
    finally:
        _set.reset(token)
