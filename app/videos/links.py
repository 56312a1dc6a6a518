"""Donation links: what a charity tag attaches to a video."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from app.core import clock
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.projects import queries, tags
from app.projects.models import Project
from app.videos.models import DonationLink, Video


def attach(session: Session, video: Video, tag: str) -> DonationLink:
    """Let `video` carry the live project of `tag`, in any spelling; the link it had before is retired.

    Attaching the same project again keeps the link, even when the project has closed since.
    Raises Invalid("tag") when no live project has the tag.
    """
    current = live_link(session, video)
    if current is not None and current.project.tag_key == tags.key(tag):
        return current
    project = live_project(session, tag)
    _retire(session, current)
    link = DonationLink(video_id=video.id, project_id=project.id)
    session.add(link)
    session.flush()
    return link


def detach(session: Session, video: Video) -> None:
    """Let `video` carry no project from now on; what it moved so far stays on record."""
    _retire(session, live_link(session, video))


def live_link(session: Session, video: Video) -> DonationLink | None:
    """The link that the video carries now, with its project."""
    return session.scalar(
        select(DonationLink)
        .where(DonationLink.video_id == video.id, DonationLink.retired_at.is_(None))
        .options(joinedload(DonationLink.project))
    )


def stood_at(moment: InstrumentedAttribute[datetime] | datetime) -> ColumnElement[bool]:
    """Whether a link was carried at a moment, which may be a column."""
    return and_(
        DonationLink.created_at <= moment,
        or_(DonationLink.retired_at.is_(None), DonationLink.retired_at >= moment),
    )


def live_project(session: Session, tag: str) -> Project:
    """The live project that carries `tag`. Raises Invalid("tag") in words a creator can act on."""
    try:
        project = queries.by_tag(session, tag)
    except NotFound as error:
        raise Invalid("tag", error.message, **error.params) from error
    if project.status != "live":
        raise Invalid("tag", N_("This project is closed. Please choose another one."))
    return project


def tag_in(session: Session, text: str) -> str | None:
    """The first tag written in `text` that a live project carries."""
    for key in tags.find(text):
        try:
            return live_project(session, key).tag
        except Invalid:
            continue
    return None


def _retire(session: Session, link: DonationLink | None) -> None:
    if link is not None:
        link.retired_at = clock.now()
        session.flush()
