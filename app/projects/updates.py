"""News from the work that a project pays for."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core import audit, text
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.projects.drafting import subject
from app.projects.models import Project, ProjectUpdate

MAX_TITLE_LENGTH = 120
MAX_BODY_LENGTH = 10_000


def post(session: Session, project: Project, person_id: int, title: str, body: str) -> ProjectUpdate:
    """Tell the donors what happened. Raises Invalid for a field, KindrelayError for a draft."""
    if project.status == "draft":
        raise KindrelayError(N_("Publish the project first; then there is somebody to tell."))
    checked_title, checked_body = _checked(title, body)
    update = ProjectUpdate(project_id=project.id, title=checked_title, body=checked_body, author_id=person_id)
    session.add(update)
    session.flush()
    audit.record(session, "project.update_posted", person_id, subject(project), update=update.code)
    return update


def edit(
    session: Session, project: Project, update: ProjectUpdate, person_id: int, title: str, body: str
) -> None:
    """Correct an update. Raises Invalid for the field that cannot be taken."""
    update.title, update.body = _checked(title, body)
    audit.record(session, "project.update_edited", person_id, subject(project), update=update.code)


def of(session: Session, project: Project, limit: int = 50) -> Sequence[ProjectUpdate]:
    """The updates of a project with their authors, newest first."""
    return session.scalars(
        select(ProjectUpdate)
        .where(ProjectUpdate.project_id == project.id)
        .options(joinedload(ProjectUpdate.author))
        .order_by(ProjectUpdate.id.desc())
        .limit(limit)
    ).all()


def one(session: Session, project: Project, code: str) -> ProjectUpdate:
    """An update of this project. Raises NotFound."""
    update = session.scalar(
        select(ProjectUpdate).where(ProjectUpdate.code == code, ProjectUpdate.project_id == project.id)
    )
    if update is None:
        raise NotFound(N_("There is no such update here."))
    return update


def _checked(title: str, body: str) -> tuple[str, str]:
    checked_body = text.paragraphs("body", body, MAX_BODY_LENGTH)
    if not checked_body:
        raise Invalid("body", N_("Please fill this in."))
    return text.line("title", title, MAX_TITLE_LENGTH), checked_body
