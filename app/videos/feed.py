"""What viewers are shown: the feed, one video by its link, the videos that carry a project."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_
from sqlalchemy.orm import Session, contains_eager

from app.accounts.models import Person
from app.core.errors import NotFound
from app.core.i18n import N_
from app.nonprofits.models import Nonprofit
from app.projects.models import Project
from app.videos.models import DonationLink, Video

PLAYABLE = ("playable", "ready")
PREPARING = ("uploaded", "probing", "preparing")


class TakenDown(NotFound):
    """The video was taken down by an administrator; `project` is what it raised money for, if anything."""

    def __init__(self, project: Project | None) -> None:
        super().__init__(N_("This video was taken down. It cannot be watched any more."))
        self.project = project


@dataclass(frozen=True)
class Showing:
    """A video with its creator, and the project it raises money for (None when it carries no tag)."""

    video: Video
    creator: Person
    project: Project | None

    @property
    def playable(self) -> bool:
        """Whether there is something to play; else it is still being prepared."""
        return self.video.state in PLAYABLE


def newest(session: Session, limit: int, after: str | None = None) -> list[Showing]:
    """Published, playable videos, newest first; `after` is the code of the last one already shown."""
    query = _showings().where(*on_show())
    last = session.scalar(select(Video).where(Video.code == after)) if after else None
    if last is not None and last.published_at is not None:
        query = query.where(tuple_(Video.published_at, Video.id) < (last.published_at, last.id))
    return _read(session, query.order_by(Video.published_at.desc(), Video.id.desc()).limit(limit))


def by_code(session: Session, code: str, viewer_id: int | None = None) -> Showing:
    """A video by its link: published or unlisted, playable or being prepared; its creator sees drafts too.

    Raises TakenDown, also to its creator, and NotFound for every other one: it says no more than that.
    """
    visible = and_(
        Video.publishing.in_(("published", "unlisted")),
        Video.state.in_(PLAYABLE + PREPARING),
    )
    own = and_(
        Video.creator_id == viewer_id,
        Video.publishing != "taken_down",
        Video.state.in_(PLAYABLE + PREPARING),
    )
    found = _read(session, _showings().where(Video.code == code, or_(visible, own)))
    if not found:
        _say_if_taken_down(session, code)
        raise NotFound(N_("This video is not here. It may have been taken back by the person who made it."))
    return found[0]


def carrying(session: Session, project_id: int, limit: int, except_id: int | None = None) -> list[Showing]:
    """Published, playable videos that carry a project's tag, newest first."""
    query = _showings().where(*on_show(), DonationLink.project_id == project_id)
    if except_id is not None:
        query = query.where(Video.id != except_id)
    return _read(session, query.order_by(Video.published_at.desc(), Video.id.desc()).limit(limit))


def _say_if_taken_down(session: Session, code: str) -> None:
    gone = _read(session, _showings().where(Video.code == code, Video.publishing == "taken_down"))
    if gone and gone[0].video.state != "removed":
        project = gone[0].project
        raise TakenDown(None if project is None or project.status == "draft" else project)


def on_show() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What makes a video one that everybody finds."""
    return Video.publishing == "published", Video.state.in_(PLAYABLE)


def _showings() -> Select[Video, Person, Project]:
    return (
        select(Video, Person, Project)
        .join(Person, Person.id == Video.creator_id)
        .outerjoin(DonationLink, and_(DonationLink.video_id == Video.id, DonationLink.retired_at.is_(None)))
        .outerjoin(Project, Project.id == DonationLink.project_id)
        .outerjoin(Nonprofit, Nonprofit.id == Project.nonprofit_id)
        .options(contains_eager(Project.nonprofit))
    )


def _read(session: Session, query: Select[Video, Person, Project]) -> list[Showing]:
    return [Showing(video, creator, project) for video, creator, project in session.execute(query)]
