import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import unit_of_work
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.models import Task
from app.core.settings import Settings
from app.nonprofits import team
from app.nonprofits.models import Invitation, Membership, Nonprofit
from tests.factories import member, nonprofit, person


def _invite(session: Session, email: str = "new@example.org", role: str = "editor") -> Invitation:
    owner = person(session)
    return team.invite(session, nonprofit(session, owner), owner.id, email, role)


def test_an_invitation_is_mailed_and_makes_a_member(session: Session) -> None:
    invitation = _invite(session, "New.Person@Example.org")
    [task] = [task for task in session.scalars(select(Task)) if task.args.get("mail") == "team_invitation"]
    assert task.args["invitation_id"] == invitation.id
    newcomer = person(session, email="new.person@example.org")
    joined = team.accept(session, invitation.code, newcomer.id)
    roles = {found.person_id: found.role for found in team.members(session, joined)}
    assert roles[newcomer.id] == "editor"
    assert team.invitations(session, joined) == []


def test_an_invitation_is_used_once(session: Session) -> None:
    invitation = _invite(session)
    newcomer = person(session, email="new@example.org")
    team.accept(session, invitation.code, newcomer.id)
    with pytest.raises(NotFound, match="used"):
        team.accept(session, invitation.code, newcomer.id)


def test_an_invitation_is_for_its_address_alone(session: Session) -> None:
    with pytest.raises(NotFound, match="another address"):
        team.accept(session, _invite(session).code, person(session).id)


def test_an_old_invitation_is_over(session: Session) -> None:
    invitation = _invite(session)
    assert invitation.expires_at - clock.now() > timedelta(days=team.INVITATION_DAYS - 1)
    invitation.expires_at = clock.now()
    session.flush()
    with pytest.raises(NotFound, match="too old"):
        team.accept(session, invitation.code, person(session, email="new@example.org").id)


def test_a_withdrawn_invitation_is_over(session: Session) -> None:
    invitation = _invite(session)
    at = _of(session, invitation)
    team.withdraw(session, at, invitation.code, person(session).id)
    with pytest.raises(NotFound):
        team.accept(session, invitation.code, person(session, email="new@example.org").id)
    with pytest.raises(NotFound, match="not open any more"):
        team.withdraw(session, at, invitation.code, person(session).id)


def test_nobody_withdraws_another_organisations_invitation(session: Session) -> None:
    invitation = _invite(session)
    with pytest.raises(NotFound):
        team.withdraw(session, nonprofit(session), invitation.code, person(session).id)


def test_inviting_again_replaces_the_earlier_invitation(session: Session) -> None:
    owner = person(session)
    at = nonprofit(session, owner)
    team.invite(session, at, owner.id, "new@example.org", "viewer")
    second = team.invite(session, at, owner.id, "NEW@example.org", "finance")
    assert [found.code for found in team.invitations(session, at)] == [second.code]


def test_a_member_is_not_invited_again(session: Session) -> None:
    owner = person(session)
    with pytest.raises(Invalid, match="in your team already") as refused:
        team.invite(session, nonprofit(session, owner), owner.id, owner.email.upper(), "viewer")
    assert refused.value.field == "email"


@pytest.mark.parametrize(
    ("email", "role", "field"), [("nobody", "viewer", "email"), ("a@example.org", "king", "role")]
)
def test_a_bad_invitation_names_its_field(session: Session, email: str, role: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        _invite(session, email, role)
    assert refused.value.field == field


def test_a_role_is_changed_and_a_member_removed(session: Session) -> None:
    owner, other = person(session), person(session)
    at = nonprofit(session, owner)
    member(session, at, other, "viewer")
    team.change_role(session, at, other.code, "finance", owner.id)
    assert {found.role for found in team.members(session, at)} == {"owner", "finance"}
    team.remove(session, at, other.code, owner.id)
    assert [found.person for found in team.members(session, at)] == [owner]
    with pytest.raises(NotFound):
        team.remove(session, at, other.code, owner.id)


def test_the_last_owner_stays(session: Session) -> None:
    owner, other = person(session), person(session)
    at = nonprofit(session, owner)
    member(session, at, other, "finance")
    with pytest.raises(KindrelayError, match="needs an owner"):
        team.remove(session, at, owner.code, owner.id)
    with pytest.raises(KindrelayError, match="needs an owner"):
        team.change_role(session, at, owner.code, "viewer", owner.id)
    team.change_role(session, at, other.code, "owner", owner.id)
    team.remove(session, at, owner.code, owner.id)


def test_two_owners_who_leave_at_once_do_not_both_go(live_database: Settings) -> None:
    with unit_of_work() as session:
        first, second = person(session), person(session)
        at = nonprofit(session, first)
        member(session, at, second, "owner")
    together = threading.Barrier(2)
    refused: list[KindrelayError] = []

    def leave(code: str) -> None:
        with unit_of_work() as session:
            here = session.get_one(Nonprofit, at.id)
            together.wait()
            try:
                team.remove(session, here, code, here.id)
            except KindrelayError as error:
                refused.append(error)

    threads = [threading.Thread(target=leave, args=(who.code,)) for who in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with unit_of_work() as session:
        assert len(session.scalars(select(Membership)).all()) == 1
    assert len(refused) == 1


def _of(session: Session, invitation: Invitation) -> Nonprofit:
    return session.get_one(Nonprofit, invitation.nonprofit_id)
