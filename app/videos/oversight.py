"""Every video of the platform, for the administrators who answer for what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, contains_eager

from app.accounts.models import Person
from app.videos.models import Video

PAGE = 30


@dataclass(frozen=True)
class Found:
    """A page of videos with their creators, newest first, and whether there are more."""

    videos: Sequence[Video]
    more: bool


def find(session: Session, words: str, page: int = 1, *, taken_down: bool = False) -> Found:
    """Videos whose code or link is `words`, or whose title, creator or creator's address has them.

    Without words all of them; with `taken_down` only those. Pages count from 1.
    """
    query = (
        select(Video)
        .join(Person, Person.id == Video.creator_id)
        .where(Video.state != "removed")
        .options(contains_eager(Video.creator))
        .order_by(Video.id.desc())
    )
    if words.strip():
        query = query.where(_matches(words.strip()))
    if taken_down:
        query = query.where(Video.publishing == "taken_down")
    videos = session.scalars(query.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    return Found(videos[:PAGE], len(videos) > PAGE)


def _matches(words: str) -> ColumnElement[bool]:
    """Whoever reports a video sends its link; its last part is the code."""
    code = words.split("?")[0].rstrip("/").rpartition("/")[2]
    return or_(
        Video.code == code,
        Video.title.icontains(words, autoescape=True),
        Person.name.icontains(words, autoescape=True),
        Person.email.icontains(words, autoescape=True),
    )
