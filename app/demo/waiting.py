"""Waiting for what the workers do."""

import time
from collections.abc import Callable
from typing import TypeVar

from app.demo.errors import DemoError

PAUSE_SECONDS = 0.2

T = TypeVar("T")


def wait_while(waiting: Callable[[], T], said: Callable[[T], str], seconds: float) -> None:
    """Wait while something is waiting; raises DemoError, with what is `said` of it, after so many seconds."""
    deadline = time.monotonic() + seconds
    while left := waiting():
        if time.monotonic() > deadline:
            raise DemoError(said(left))
        time.sleep(PAUSE_SECONDS)
