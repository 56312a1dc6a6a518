"""What a donor should know before giving, beside the button: who receives, and how fresh their news is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import clock
from app.projects.models import Project

STALE_AFTER = timedelta(days=92)  # three months


@dataclass(frozen=True)
class Honesty:
    """The last word from the project, and whether that was too long ago."""

    last_news: datetime | None
    is_stale: bool


def of(project: Project, last_news: datetime | None) -> Honesty:
    """Silence counts from the last update, else from publication; a closed project may rest."""
    since = last_news or project.published_at
    stale = project.status == "live" and since is not None and clock.now() - since > STALE_AFTER
    return Honesty(last_news, stale)
