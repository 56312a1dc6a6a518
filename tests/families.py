"""A process and all it started. Any of them may end while we look at them, or because another one did."""

import contextlib
import signal
from collections.abc import Iterable

import psutil


def family(pid: int) -> list[psutil.Process]:
    """The process and its descendants, parents first; none once it has been waited for."""
    with contextlib.suppress(psutil.NoSuchProcess):
        head = psutil.Process(pid)
        return [head, *head.children(recursive=True)]
    return []


def tell(members: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send the signal to each that is still there."""
    for member in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.send_signal(number)
