import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.gateways.models import KeptMail
from app.nonprofits import team
from app.nonprofits.models import Nonprofit
from tests.factories import member, nonprofit, person
from tests.web.conftest import sign_in_as
from workers.runner import run_due


@pytest.fixture
def at(session: Session) -> Nonprofit:
    return nonprofit(session)


def _owner(session: Session, at: Nonprofit) -> object:
    return team.members(session, at)[0].person


def test_an_invited_person_joins_by_the_mailed_link(
    client: FlaskClient, session: Session, at: Nonprofit
) -> None:
    sign_in_as(client, _owner(session, at))
    typed = {"email": "new@example.org", "role": "finance"}
    page = client.post(f"/desk/{at.code}/team", data=typed, follow_redirects=True).text
    assert "An invitation is on its way to new@example.org." in page
    run_due("outbound")
    mail = session.scalars(select(KeptMail).where(KeptMail.to == "new@example.org")).one()
    [invitation] = team.invitations(session, at)
    path = f"/desk/invitations/{invitation.code}"
    assert f"http://127.0.0.1:8000{path}" in mail.text

    newcomer = person(session, email="new@example.org")
    assert "Paper Lanterns" in sign_in_as(client, newcomer).get(path).text
    assert client.post(path).location == f"/desk/{at.code}"
    assert {found.person_id: found.role for found in team.members(session, at)}[newcomer.id] == "finance"
    assert client.get(path).status_code == 404


def test_an_invitation_leads_strangers_to_sign_in_and_back(
    client: FlaskClient, session: Session, at: Nonprofit
) -> None:
    invitation = team.invite(session, at, _owner(session, at).id, "new@example.org", "viewer")
    path = f"/desk/invitations/{invitation.code}"
    answer = client.get(path)
    assert (answer.status_code, answer.location) == (303, f"/sign-in?next={path}")
    assert f"/sign-up?next={path}" in client.get(answer.location).text


def test_an_invitation_to_somebody_else_is_not_shown(
    client: FlaskClient, session: Session, at: Nonprofit
) -> None:
    invitation = team.invite(session, at, _owner(session, at).id, "new@example.org", "viewer")
    answer = sign_in_as(client, person(session)).get(f"/desk/invitations/{invitation.code}")
    assert answer.status_code == 404
    assert "sent to another address" in answer.text
    assert "Paper Lanterns" not in answer.text


def test_a_bad_address_is_told_beside_its_field(client: FlaskClient, session: Session, at: Nonprofit) -> None:
    sign_in_as(client, _owner(session, at))
    page = client.post(f"/desk/{at.code}/team", data={"email": "nobody", "role": "viewer"}).text
    assert 'id="email-error"' in page
    assert 'value="nobody"' in page


def test_roles_change_and_people_go(client: FlaskClient, session: Session, at: Nonprofit) -> None:
    other = person(session, "Wei")
    member(session, at, other, "viewer")
    sign_in_as(client, _owner(session, at))
    client.post(f"/desk/{at.code}/team/{other.code}/role", data={"role": "editor"})
    assert {found.role for found in team.members(session, at)} == {"owner", "editor"}
    client.post(f"/desk/{at.code}/team/{other.code}/remove")
    assert len(team.members(session, at)) == 1


def test_the_last_owner_is_told_why_not(client: FlaskClient, session: Session, at: Nonprofit) -> None:
    owner = _owner(session, at)
    sign_in_as(client, owner)
    for path, data in (("role", {"role": "viewer"}), ("remove", {})):
        client.post(f"/desk/{at.code}/team/{owner.code}/{path}", data=data)
        assert "needs an owner" in client.get(f"/desk/{at.code}/team").text
    assert team.members(session, at)[0].role == "owner"


def test_who_leaves_is_led_back_to_the_list(client: FlaskClient, session: Session, at: Nonprofit) -> None:
    second = person(session)
    member(session, at, second, "owner")
    answer = sign_in_as(client, second).post(f"/desk/{at.code}/team/{second.code}/remove")
    assert answer.location == "/desk"
    assert client.get(f"/desk/{at.code}").status_code == 404


def test_an_open_invitation_is_withdrawn(client: FlaskClient, session: Session, at: Nonprofit) -> None:
    invitation = team.invite(session, at, _owner(session, at).id, "new@example.org", "viewer")
    sign_in_as(client, _owner(session, at))
    assert "new@example.org" in client.get(f"/desk/{at.code}/team").text
    client.post(f"/desk/{at.code}/invitations/{invitation.code}/withdraw")
    assert "new@example.org" not in client.get(f"/desk/{at.code}/team").text


def test_a_viewer_sees_names_and_neither_addresses_nor_buttons(
    client: FlaskClient, session: Session, at: Nonprofit
) -> None:
    viewer = person(session, "Vera Viewer")
    member(session, at, viewer, "viewer")
    page = sign_in_as(client, viewer).get(f"/desk/{at.code}/team").text
    assert "Vera Viewer" in page
    assert "@example.org" not in page
    assert "Invite somebody" not in page
    assert "/remove" not in page
