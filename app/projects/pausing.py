"""The switch that stops gifts to a project for a while; its page stays, and says so."""

from sqlalchemy.orm import Session

from app.core import audit, clock, tasks
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.projects.drafting import subject
from app.projects.models import Project

MAX_REASON_LENGTH = 300


def pause(session: Session, project: Project, person_id: int, reason: str) -> None:
    """Stop gifts to a live project, and close the pay pages that are open. Nothing for one that is paused.

    Raises Invalid without a reason, KindrelayError for a project that receives nothing anyway.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid("reason", N_("Write why, for those who work on the project with you."))
    if len(reason) > MAX_REASON_LENGTH:
        raise Invalid("reason", N_("Use at most %(length)s characters."), length=MAX_REASON_LENGTH)
    session.refresh(project, ["status", "paused_at"], with_for_update=True)
    if project.status != "live":
        raise KindrelayError(N_("Only a project that is live can be paused."))
    if project.paused_at is None:
        project.paused_at, project.pause_reason = clock.now(), reason
        audit.record(session, "project.pause", person_id, subject(project), reason=reason)
        tasks.defer(session, "donations.close_open", project_id=project.id)


def resume(session: Session, project: Project, person_id: int) -> None:
    """Let the project receive again; nothing for one that is not paused."""
    session.refresh(project, ["paused_at"], with_for_update=True)
    if project.paused_at is not None:
        project.paused_at, project.pause_reason = None, ""
        audit.record(session, "project.resume", person_id, subject(project))
