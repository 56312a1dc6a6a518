"""A project's life: draft, live, closed."""

from sqlalchemy.orm import Session

from app.core import audit, clock, tasks
from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.projects.drafting import subject
from app.projects.models import Project

# The only legal moves: (status now, verb) → status then.
MOVES = {("draft", "publish"): "live", ("live", "close"): "closed"}


def publish(session: Session, project: Project, person_id: int) -> None:
    """Let everybody see the project and give to it. Raises KindrelayError with the first thing in its way."""
    session.refresh(project, ["status", "starts_on", "ends_on", "story"], with_for_update=True)
    session.refresh(project.nonprofit, ["status"])
    found = in_the_way(project)
    if found:
        raise found[0]
    _move(session, project, "publish", person_id)
    project.published_at = clock.now()


def close(session: Session, project: Project, person_id: int) -> None:
    """End the project: its page stays, nobody can give to it. Raises KindrelayError unless it is live."""
    session.refresh(project, ["status"], with_for_update=True)
    _move(session, project, "close", person_id)
    project.closed_at = clock.now()
    tasks.defer(session, "donations.close_open", project_id=project.id)
    tasks.defer(session, "monthly.hold")


def in_the_way(project: Project) -> list[KindrelayError]:
    """What stands between a draft and its publication."""
    found: list[KindrelayError] = []
    if project.nonprofit.status != "verified":
        found.append(KindrelayError(N_("Your organisation must be verified first.")))
    if not project.story:
        found.append(KindrelayError(N_("Write the story: what the money is for, and for whom.")))
    if project.ends_on is not None and project.ends_on < clock.now().date():
        found.append(KindrelayError(N_("The last day is in the past.")))
    if project.nonprofit.country == "CN" and not project.filing_number:
        found.append(KindrelayError(N_("In mainland China the project needs its filing number.")))
    return found


def _move(session: Session, project: Project, verb: str, person_id: int) -> None:
    after = MOVES.get((project.status, verb))
    if after is None:
        raise KindrelayError(N_("This is not possible any more. Look at the page again."))
    project.status = after
    audit.record(session, f"project.{verb}", person_id, subject(project))
