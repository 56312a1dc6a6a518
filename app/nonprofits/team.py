"""The people of an organisation: invitations, roles, and never without an owner."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import Person
from app.accounts.people import checked_email
from app.core import audit, clock, tasks
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.nonprofits.models import ROLES, Invitation, Membership, Nonprofit
from app.nonprofits.registration import subject

INVITATION_DAYS = 14
MAX_OPEN_INVITATIONS = 50


def invite(session: Session, nonprofit: Nonprofit, by_id: int, email: str, role: str) -> Invitation:
    """Invite an address to the team by mail; an earlier open invitation to it is replaced.

    Raises Invalid("email") for a member's address, Invalid("role").
    """
    address = checked_email(email)
    _check_role(role)
    _lock(session, nonprofit)
    _refuse_member(session, nonprofit, address)
    _withdraw(session, and_(Invitation.nonprofit_id == nonprofit.id, _same_address(address)))
    if len(invitations(session, nonprofit)) >= MAX_OPEN_INVITATIONS:
        raise KindrelayError(N_("Too many invitations are open. Withdraw one first."))
    invitation = Invitation(
        nonprofit_id=nonprofit.id,
        email=address,
        role=role,
        invited_by_id=by_id,
        expires_at=clock.now() + timedelta(days=INVITATION_DAYS),
    )
    session.add(invitation)
    session.flush()
    audit.record(session, "team.invited", by_id, subject(nonprofit), role=role)
    tasks.defer(session, "mail.send", mail="team_invitation", invitation_id=invitation.id)
    return invitation


def open_invitation(session: Session, code: str, person_id: int) -> Invitation:
    """The invitation behind a mailed link, with its organisation, for the person it was sent to.

    Raises NotFound when it was used, withdrawn, is too old or was never made, and for anybody else.
    """
    invitation = session.scalar(
        select(Invitation)
        .where(Invitation.code == code, _open())
        .options(joinedload(Invitation.nonprofit))
        .with_for_update(of=Invitation)
    )
    if invitation is None:
        raise NotFound(N_("This invitation has been used, withdrawn, or is too old. Ask for a new one."))
    email = session.scalar(select(Person.email).where(Person.id == person_id))
    if email is None or email.lower() != invitation.email.lower():
        raise NotFound(N_("This invitation was sent to another address. Sign in with that one to accept it."))
    return invitation


def accept(session: Session, code: str, person_id: int) -> Nonprofit:
    """Join the team by an invitation; returns the organisation. Raises as `open_invitation` does."""
    invitation = open_invitation(session, code, person_id)
    nonprofit = invitation.nonprofit
    _lock(session, nonprofit)
    invitation.accepted_at = clock.now()
    if _find(session, nonprofit, Membership.person_id == person_id) is None:
        session.add(Membership(nonprofit_id=nonprofit.id, person_id=person_id, role=invitation.role))
        audit.record(session, "team.joined", person_id, subject(nonprofit), role=invitation.role)
    return nonprofit


def withdraw(session: Session, nonprofit: Nonprofit, code: str, by_id: int) -> None:
    """Take an open invitation back. Raises NotFound when there is none."""
    if not _withdraw(session, and_(Invitation.nonprofit_id == nonprofit.id, Invitation.code == code)):
        raise NotFound(N_("This invitation is not open any more."))
    audit.record(session, "team.invitation_withdrawn", by_id, subject(nonprofit))


def change_role(session: Session, nonprofit: Nonprofit, person_code: str, role: str, by_id: int) -> None:
    """Give a member another role. Raises NotFound, Invalid("role"), KindrelayError for the last owner."""
    _check_role(role)
    _lock(session, nonprofit)
    member = _member(session, nonprofit, person_code)
    if member.role == "owner" and role != "owner":
        _require_another_owner(session, nonprofit)
    audit.record(
        session,
        "team.role_changed",
        by_id,
        subject(nonprofit),
        member=person_code,
        before=member.role,
        after=role,
    )
    member.role = role


def remove(session: Session, nonprofit: Nonprofit, person_code: str, by_id: int) -> None:
    """Take a member out of the team. Raises NotFound, KindrelayError for the last owner."""
    _lock(session, nonprofit)
    member = _member(session, nonprofit, person_code)
    if member.role == "owner":
        _require_another_owner(session, nonprofit)
    session.delete(member)
    audit.record(session, "team.removed", by_id, subject(nonprofit), member=person_code, role=member.role)


def members(session: Session, nonprofit: Nonprofit) -> Sequence[Membership]:
    """The team with its people, longest first."""
    return session.scalars(
        select(Membership)
        .where(Membership.nonprofit_id == nonprofit.id)
        .options(joinedload(Membership.person))
        .order_by(Membership.id)
    ).all()


def memberships(session: Session, person_id: int) -> Sequence[Membership]:
    """Where a person works, with the organisations, by name."""
    return session.scalars(
        select(Membership)
        .where(Membership.person_id == person_id)
        .join(Membership.nonprofit)
        .options(joinedload(Membership.nonprofit))
        .order_by(Nonprofit.name, Nonprofit.id)
    ).all()


def invitations(session: Session, nonprofit: Nonprofit) -> Sequence[Invitation]:
    """The invitations that can still be accepted, newest first."""
    return session.scalars(
        select(Invitation)
        .where(Invitation.nonprofit_id == nonprofit.id, _open())
        .order_by(Invitation.id.desc())
    ).all()


def _open() -> ColumnElement[bool]:
    return and_(
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > clock.now(),
    )


def _same_address(address: str) -> ColumnElement[bool]:
    return func.lower(Invitation.email) == address.lower()


def _withdraw(session: Session, which: ColumnElement[bool]) -> bool:
    withdrawn = session.scalars(
        update(Invitation).where(which, _open()).values(withdrawn_at=clock.now()).returning(Invitation.id)
    ).all()
    return bool(withdrawn)


def _lock(session: Session, nonprofit: Nonprofit) -> None:
    """Let one change of the team happen at a time, so that two owners cannot leave at once."""
    session.execute(select(Nonprofit.id).where(Nonprofit.id == nonprofit.id).with_for_update())


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise Invalid("role", N_("Choose one from the list."))


def _refuse_member(session: Session, nonprofit: Nonprofit, address: str) -> None:
    is_member = func.lower(Person.email) == address.lower()
    if session.scalar(
        select(Membership.id)
        .join(Membership.person)
        .where(Membership.nonprofit_id == nonprofit.id, is_member)
    ):
        raise Invalid("email", N_("This person is in your team already."))


def _find(session: Session, nonprofit: Nonprofit, which: ColumnElement[bool]) -> Membership | None:
    return session.scalar(
        select(Membership)
        .join(Membership.person)
        .where(Membership.nonprofit_id == nonprofit.id, which)
        .execution_options(populate_existing=True)
    )


def _member(session: Session, nonprofit: Nonprofit, person_code: str) -> Membership:
    member = _find(session, nonprofit, Person.code == person_code)
    if member is None:
        raise NotFound(N_("This person is not in your team any more."))
    return member


def _require_another_owner(session: Session, nonprofit: Nonprofit) -> None:
    owners = session.scalar(
        select(func.count())
        .select_from(Membership)
        .where(Membership.nonprofit_id == nonprofit.id, Membership.role == "owner")
    )
    if (owners or 0) < 2:
        raise KindrelayError(N_("An organisation needs an owner. Make somebody else an owner first."))
