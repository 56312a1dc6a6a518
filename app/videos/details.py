"""What a creator writes about a video, and the creator's own list."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, exists, select
from sqlalchemy.orm import Session, contains_eager

from app.core.errors import Invalid
from app.core.i18n import N_
from app.projects.models import Project
from app.videos import links
from app.videos.models import DonationLink, Upload, Video
from app.videos.uploads import TITLE_LENGTH

DESCRIPTION_LENGTH = 2000
PAGE = 24


@dataclass(frozen=True)
class OwnVideo:
    """A video with what its creator sees beside it: the link it carries, and its upload."""

    video: Video
    link: DonationLink | None
    upload: Upload | None

    @property
    def project(self) -> Project | None:
        """The project that the video carries now."""
        return self.link.project if self.link else None


def edit(session: Session, video: Video, *, title: str, description: str, tag: str) -> None:
    """Write what a video is called and which project it carries.

    Without a tag of its own the video carries the first live project whose #tag stands in its words, or none.
    Raises Invalid for "title", "description" or "tag".
    """
    title, description = title.strip(), description.strip()
    if not title:
        raise Invalid("title", N_("Please give the video a title."))
    if len(title) > TITLE_LENGTH:
        raise Invalid("title", N_("A title has up to %(most)s characters."), most=TITLE_LENGTH)
    if len(description) > DESCRIPTION_LENGTH:
        raise Invalid(
            "description", N_("A description has up to %(most)s characters."), most=DESCRIPTION_LENGTH
        )
    carried = tag.strip() or links.tag_in(session, f"{title} {description}")
    if carried:
        links.attach(session, video, carried)
    else:
        links.detach(session, video)
    video.title, video.description = title, description
    session.flush()


def of_creator(session: Session, creator_id: int, page: int = 1) -> tuple[Sequence[OwnVideo], bool]:
    """A page of a creator's videos, newest first, and whether there are more; pages count from 1."""
    query = _own().where(Video.creator_id == creator_id, Video.state != "removed").order_by(Video.id.desc())
    rows = session.execute(query.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    found = [OwnVideo(video, link, upload) for video, link, upload in rows]
    return found[:PAGE], len(found) > PAGE


def has_any(session: Session, creator_id: int) -> bool:
    """Whether somebody has videos."""
    own = exists().where(Video.creator_id == creator_id, Video.state != "removed")
    return bool(session.scalar(select(own)))


def of_video(session: Session, video: Video) -> OwnVideo:
    """One video with its project and upload."""
    row = session.execute(_own().where(Video.id == video.id)).one()
    return OwnVideo(row[0], row[1], row[2])


def with_codes(session: Session, creator_id: int, codes: Sequence[str]) -> Sequence[Video]:
    """Those of a creator's videos that have one of `codes`."""
    return session.scalars(select(Video).where(Video.creator_id == creator_id, Video.code.in_(codes))).all()


def _own() -> Select[Video, DonationLink, Upload]:
    return (
        select(Video, DonationLink, Upload)
        .outerjoin(DonationLink, and_(DonationLink.video_id == Video.id, DonationLink.retired_at.is_(None)))
        .outerjoin(Project, Project.id == DonationLink.project_id)
        .outerjoin(Upload, Upload.video_id == Video.id)
        .options(contains_eager(DonationLink.project))
    )
