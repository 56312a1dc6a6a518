"""The lease of running tasks, and what a task may say about its end."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from app.core import db, tasks
from app.core.tasks import Claim

RETRY_SECONDS = 1.0

Finisher = Callable[[Session], None]

log = structlog.get_logger()


def nothing(_session: Session) -> None:
    """The finisher of a task that has nothing (more) to write but its own mark."""


class GiveUp(Exception):  # noqa: N818 (it is an instruction to the runner, said by raising)
    """The task can never succeed; it goes to the dead tasks at once, with this message."""


class Lease:
    """Keeps the leases of `claims` alive from a thread; `lost` is set when another worker has taken them."""

    def __init__(self, claims: Sequence[Claim], length: timedelta) -> None:
        self._claims = claims
        self._length = length
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self.lost = threading.Event()

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        calm = self._length.total_seconds() / 3
        pause = calm
        while not self._stop.wait(pause):
            try:
                with db.unit_of_work() as session:
                    held = tasks.extend(session, self._claims, self._length)
            except Exception as error:  # the database may be restarting; a lease outlives two missed beats
                log.warning("lease not extended", error=str(error))
                pause = RETRY_SECONDS
                continue
            pause = calm
            if not held:
                self.lost.set()
