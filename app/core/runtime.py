"""What a process needs before it does anything: settings, database and queue, connected once."""

from sqlalchemy import Engine

from app.core import db, logs, wakeups
from app.core.settings import Settings

_settings: list[Settings] = []


def start(settings: Settings) -> Engine:
    """Connect this process to its database and Redis and set up its logs; returns the pool, still empty."""
    logs.configure()
    engine = db.connect(settings)
    wakeups.connect(settings)
    _settings[:] = [settings]
    return engine


def settings() -> Settings:
    """The settings this process was started with."""
    [started_with] = _settings
    return started_with
