"""Objects for views, with permission. A view gets a row from here or not at all.

Whoever may not see that something exists is told that it does not (NotFound); whoever may see it but not
do this to it is told so (NotAllowed).
"""

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.accounts.permissions import ROLE_ACTIONS, Action, permits
from app.core.errors import NotAllowed, NotFound
from app.core.i18n import N_
from app.nonprofits.models import Membership, Nonprofit
from app.projects.models import Project
from app.videos.models import Upload, Video
from app.web.signin import required_person


def load_nonprofit(session: Session, code: str, action: Action) -> Nonprofit:
    """A nonprofit of the signed-in person, whose role there permits `action`."""
    nonprofit = session.scalar(select(Nonprofit).where(Nonprofit.code == code))
    _check(session, nonprofit.id if nonprofit else None, action)
    assert nonprofit is not None  # noqa: S101 (`_check` refuses a missing one)
    g.zone = nonprofit.time_zone  # its moments are told by its own clock
    return nonprofit


def load_any_nonprofit(session: Session, code: str) -> Nonprofit:
    """Any nonprofit, for administrators."""
    if not required_person().is_admin:
        raise NotAllowed(N_("Only administrators can see this."))
    nonprofit = session.scalar(select(Nonprofit).where(Nonprofit.code == code))
    if nonprofit is None:
        raise NotFound(N_("There is no organisation at this address."))
    return nonprofit


def load_project(session: Session, code: str, action: Action) -> Project:
    """A project, with its nonprofit, where the signed-in person's role permits `action`."""
    project = session.scalar(
        select(Project).where(Project.code == code).options(joinedload(Project.nonprofit))
    )
    _check(session, project.nonprofit_id if project else None, action)
    assert project is not None  # noqa: S101 (`_check` refuses a missing one)
    return project


def load_any_project(session: Session, code: str) -> Project:
    """Any project with its nonprofit, for administrators."""
    if not required_person().is_admin:
        raise NotAllowed(N_("Only administrators can see this."))
    project = session.scalar(
        select(Project).where(Project.code == code).options(joinedload(Project.nonprofit))
    )
    if project is None:
        raise NotFound(N_("There is no project at this address."))
    return project


def load_own_video(session: Session, code: str) -> Video:
    """A video of the signed-in creator, unless it was removed."""
    video = session.scalar(
        select(Video).where(
            Video.code == code, Video.creator_id == required_person().id, Video.state != "removed"
        )
    )
    if video is None:
        raise NotFound(N_("You have no video at this address."))
    return video


def load_any_video(session: Session, code: str) -> Video:
    """Any video with its creator, for administrators, unless it was removed."""
    if not required_person().is_admin:
        raise NotAllowed(N_("Only administrators can see this."))
    video = session.scalar(
        select(Video).where(Video.code == code, Video.state != "removed").options(joinedload(Video.creator))
    )
    if video is None:
        raise NotFound(N_("There is no video at this address."))
    return video


def load_own_upload(session: Session, code: str) -> Upload:
    """An upload of the signed-in creator, with its video, unless that was removed."""
    upload = session.scalar(
        select(Upload)
        .join(Video)
        .where(Upload.code == code, Video.creator_id == required_person().id, Video.state != "removed")
        .options(contains_eager(Upload.video))
    )
    if upload is None:
        raise NotFound(N_("This upload is not here. It may have been given up."))
    return upload


def role_in(session: Session, nonprofit_id: int) -> str | None:
    """The signed-in person's role in a nonprofit."""
    return session.scalar(
        select(Membership.role).where(
            Membership.nonprofit_id == nonprofit_id, Membership.person_id == required_person().id
        )
    )


def may(session: Session, nonprofit_id: int) -> frozenset[Action]:
    """What the signed-in person's role in a nonprofit permits: for showing only what will work."""
    role = role_in(session, nonprofit_id)
    return ROLE_ACTIONS[role] if role is not None else frozenset()


def _check(session: Session, nonprofit_id: int | None, action: Action) -> None:
    role = role_in(session, nonprofit_id) if nonprofit_id is not None else None
    g.desk_actions = ROLE_ACTIONS[role] if role is not None else frozenset()
    if role is None:
        raise NotFound(N_("There is nothing at this address that you work on."))
    if not permits(role, action):
        raise NotAllowed(N_("Your role in this organisation does not include this."))
