"""Finding projects: by code, by tag, by words. Drafts are nobody's to find here."""

from collections.abc import Sequence

from sqlalchemy import Select, case, cast, func, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session, joinedload

from app.core.errors import NotFound
from app.core.i18n import N_
from app.projects import search, tags
from app.projects.models import Project

PAGE = 24


def by_code(session: Session, code: str) -> Project:
    """A project that was published, with its organisation. Raises NotFound."""
    project = session.scalar(_published().where(Project.code == code))
    if project is None:
        raise NotFound(N_("There is no project at this address. It may not be published yet."))
    return project


def by_tag(session: Session, tag: str) -> Project:
    """The published project that carries a tag, in any spelling, with its organisation. Raises NotFound."""
    project = session.scalar(_published().where(Project.tag_key == tags.key(tag)))
    if project is None:
        raise NotFound(N_("No project has the tag #%(tag)s."), tag=tags.key(tag))
    return project


def live(session: Session, page: int = 1, limit: int = PAGE) -> Sequence[Project]:
    """A page of the projects that people can give to, newest first; pages count from 1."""
    return session.scalars(
        _live()
        .order_by(Project.published_at.desc(), Project.id.desc())
        .offset((page - 1) * limit)
        .limit(limit)
    ).all()


def find(session: Session, text: str, page: int = 1, limit: int = PAGE) -> Sequence[Project]:
    """Live projects by tag or words: the tag's own project first, then the best match; all for no words."""
    if not text.strip():
        return live(session, page, limit)
    key = tags.key(text)
    is_tag = Project.tag_key == key
    asked = search.query(text)
    matches = is_tag
    rank = case((is_tag, 1.0), else_=0.0)
    if asked:
        words = cast(asked, TSQUERY)
        matches = is_tag | Project.search.op("@@")(words)
        rank = rank + func.ts_rank(Project.search, words)
    return session.scalars(
        _live()
        .where(matches)
        .order_by(rank.desc(), Project.published_at.desc(), Project.id.desc())
        .offset((page - 1) * limit)
        .limit(limit)
    ).all()


def of_nonprofit(session: Session, nonprofit_id: int) -> Sequence[Project]:
    """All projects of an organisation, drafts too: for its own people. Newest first."""
    return session.scalars(
        select(Project).where(Project.nonprofit_id == nonprofit_id).order_by(Project.id.desc())
    ).all()


def published_of_nonprofit(session: Session, nonprofit_id: int) -> Sequence[Project]:
    """An organisation's projects as everybody may see them: live ones first, newest first."""
    return session.scalars(
        _published()
        .where(Project.nonprofit_id == nonprofit_id)
        .order_by(Project.status == "closed", Project.published_at.desc(), Project.id.desc())
    ).all()


def _published() -> Select[Project]:
    return select(Project).where(Project.status != "draft").options(joinedload(Project.nonprofit))


def _live() -> Select[Project]:
    return select(Project).where(Project.status == "live").options(joinedload(Project.nonprofit))
