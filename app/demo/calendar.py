"""The demo's days: all of it happened so long before today, whatever day it is loaded on."""

from datetime import UTC, datetime, time, timedelta

BEGINNING = 205  # days ago: the first people join
HOUR = 2  # UTC, at which organisations, projects and films come out: a morning in Asia, before anybody gives


def ago(days: float, hour: float = HOUR) -> datetime:
    """An hour (UTC) of the day so many days before today. The day 1 is yesterday."""
    return midnight() - timedelta(days=days) + timedelta(hours=hour)


def midnight() -> datetime:
    """When today began (UTC), by the real clock and not by one that is set."""
    return datetime.combine(datetime.now(UTC).date(), time(), UTC)
