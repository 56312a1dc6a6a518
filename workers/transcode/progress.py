"""Tells the row how far a transcode is, at most once a second, and learns from it whether to go on."""

import time

from app.core.db import unit_of_work
from app.core.tasks import LeaseLost
from app.videos import lifecycle
from workers.lease import Lease

SECONDS_BETWEEN = 1.0


class SupersededError(Exception):
    """The video has left the state this work is for: removed, or taken on by somebody else."""


class Reporter:
    """Called with the share done, 0 to 1. Raises SupersededError and LeaseLost, which end the encoding."""

    def __init__(self, video_id: int, state: str, lease: Lease) -> None:
        self._video_id = video_id
        self._state = state
        self._lease = lease
        self._percent = 0
        self._next = 0.0

    def __call__(self, share: float) -> None:
        self._percent = round(share * 100)
        if time.monotonic() >= self._next:
            self.still_wanted()

    def still_wanted(self) -> None:
        """Write the percent and check that the video still waits for this work."""
        self._next = time.monotonic() + SECONDS_BETWEEN
        if self._lease.lost.is_set():
            raise LeaseLost(f"video {self._video_id}")
        with unit_of_work() as session:
            if not lifecycle.progress(session, self._video_id, self._state, self._percent):
                raise SupersededError
