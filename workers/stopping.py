"""What a worker's process knows of being told to stop, and the one place where it is interrupted for it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


class Stopped(BaseException):
    """Raised in the middle of slow work whose process was told to stop; for the runner alone to catch."""


@dataclass
class _Stop:
    asked: bool = False
    interrupts: bool = False


_stop = _Stop()


def ask() -> None:
    """Note the wish to stop; what is under way is finished first."""
    _stop.asked = True


def interrupt() -> None:
    """Note the wish to stop, and raise Stopped in the middle of what is interruptible, once.

    For a signal handler: it runs in the main thread, between two steps of the work.
    """
    first = not _stop.asked
    ask()
    if first and _stop.interrupts:
        raise Stopped


def asked() -> bool:
    """Whether this process was told to stop."""
    return _stop.asked


@contextmanager
def interruptible() -> Generator[None]:
    """Work that may be cut off anywhere: whatever it holds, it lets go of on its way out."""
    _stop.interrupts = True
    try:
        if _stop.asked:
            raise Stopped
        yield
    finally:
        _stop.interrupts = False
