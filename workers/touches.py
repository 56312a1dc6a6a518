"""Touches: from the stream to the database all the time, and away when they are old."""

from datetime import timedelta
from functools import cache

from sqlalchemy.orm import Session

from app.core import clock, runtime
from app.credit import months, touch_rows, touches
from app.gateways.touch_stream import TouchStream

DAYS_OF_MONTH = 31


def write() -> int:
    """Write what pages have told since; returns how many touches were new."""
    return touches.drain(_stream(runtime.settings().redis_url))


@cache
def _stream(redis_url: str) -> TouchStream:
    """One connection for the life of the process."""
    return TouchStream(redis_url)


def forget(session: Session) -> None:
    """Drop the touches of months that are longer ago than the settings keep them."""
    kept = timedelta(days=DAYS_OF_MONTH * runtime.settings().touch_months)
    months.forget_before(session, (clock.now() - kept).date())
    touch_rows.forget_old_entries(session)
