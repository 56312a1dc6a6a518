"""A video as pages show it: its files' addresses and how far its project is."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.money import Money
from app.projects.models import Project
from app.reports import totals
from app.reports.totals import Raised
from app.videos import renditions
from app.videos.feed import Showing
from app.web.shown import media_url


@dataclass(frozen=True)
class Stage:
    """What the player and the card beside it need; addresses are None until there is something to play."""

    showing: Showing
    poster: str | None
    mp4: str | None
    playlist: str | None
    cover: str | None
    raised: Raised | None

    @property
    def goal(self) -> Money | None:
        """What the project needs."""
        project = self.showing.project
        return Money(project.goal_minor, project.currency) if project else None

    @property
    def is_wide(self) -> bool:
        """Whether the clip is wider than the upright box it is shown in."""
        video = self.showing.video
        return (video.width or 0) > (video.height or 0)


def stages(session: Session, showings: Sequence[Showing]) -> list[Stage]:
    """The showings with their addresses and totals; one query however many there are."""
    projects: dict[int, Project] = {one.project.id: one.project for one in showings if one.project}
    raised = totals.of_projects(session, projects.values()) if projects else {}
    return [_stage(one, raised.get(one.project.id) if one.project else None) for one in showings]


def _stage(showing: Showing, raised: Raised | None) -> Stage:
    files = renditions.published(showing.video)
    project = showing.project
    return Stage(
        showing,
        media_url(files.poster) if files else None,
        media_url(files.mp4) if files else None,
        media_url(files.playlist) if files else None,
        media_url(project.cover_key) if project and project.cover_key else None,
        raised,
    )
