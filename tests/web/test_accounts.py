"""Joining, signing in and out, a new password, rate limits, the language."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import people
from app.core.settings import Settings
from app.gateways.models import KeptMail
from app.web import create_app
from tests.factories import PASSWORD, admin, nonprofit, person, video
from tests.web.conftest import sign_in_as
from workers.runner import run_due

JOINING = {"name": "Mei Lin", "email": "mei@example.org", "password": PASSWORD}


def _is_signed_in(client: FlaskClient) -> bool:
    return client.get("/desk").status_code == 200


def test_who_joins_is_signed_in(client: FlaskClient, session: Session) -> None:
    answer = client.post("/sign-up", data=JOINING)
    assert (answer.status_code, answer.location) == (303, "/studio")
    assert _is_signed_in(client)
    assert people.by_email(session, "mei@example.org") is not None


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Please fill this in."),
        ("email", "nobody", "This does not look like an email address."),
        ("password", "short", "Use at least 10 characters."),
    ],
)
def test_a_bad_field_is_told_beside_it_and_the_rest_is_kept(
    client: FlaskClient, field: str, typed: str, said: str
) -> None:
    page = client.post("/sign-up", data={**JOINING, field: typed}).text
    assert f'id="{field}-error"' in page
    assert said in page
    assert ("mei@example.org" in page) is (field != "email")
    assert PASSWORD not in page
    assert "short" not in page


def test_signing_in_leads_back_to_where_one_was_going(client: FlaskClient, session: Session) -> None:
    known = person(session)
    asked = client.get("/desk/register")
    assert (asked.status_code, asked.location) == (303, "/sign-in?next=/desk/register")
    typed = {"email": known.email.upper(), "password": PASSWORD, "next": "/desk/register"}
    assert client.post("/sign-in", data=typed).location == "/desk/register"


def test_signing_in_leads_to_where_a_person_works(client: FlaskClient, session: Session) -> None:
    looker, creator, founder, of_two = (person(session) for _ in range(4))
    codes = [nonprofit(session, who).code for who in (founder, of_two, of_two)]
    for who in (creator, founder):
        video(session, who)
    places = {
        looker: "/",
        creator: "/studio",
        founder: f"/desk/{codes[0]}",
        of_two: "/desk",
        admin(session): "/admin",
    }
    for who, place in places.items():
        assert client.post("/sign-in", data={"email": who.email, "password": PASSWORD}).location == place
        assert client.get(place).status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "/%0d%0a//x",
    ],
)
def test_nobody_is_led_to_another_site(client: FlaskClient, session: Session, elsewhere: str) -> None:
    known = person(session)
    answer = client.post("/sign-in", data={"email": known.email, "password": PASSWORD, "next": elsewhere})
    assert answer.status_code == 303
    assert answer.location in ("/", "/%0d%0a//x")


def test_known_and_unknown_people_get_the_same_answers(client: FlaskClient, session: Session) -> None:
    known = person(session)

    def answers(email: str) -> list[tuple[int, str]]:
        wrong = client.post("/sign-in", data={"email": email, "password": "not the password"})
        asked = client.post("/reset", data={"email": email})
        return [_without_the_changing(answer.status_code, answer.text, email) for answer in (wrong, asked)]

    assert answers(known.email) == answers("nobody@example.org")


def _without_the_changing(status: int, page: str, email: str) -> tuple[int, str]:
    return status, re.sub(r'name="csrf_token" value="[^"]*"', "", page).replace(email, "EMAIL")


def test_signing_out_ends_the_session(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, person(session))
    assert _is_signed_in(client)
    client.post("/sign-out")
    assert not _is_signed_in(client)


def test_signing_in_begins_a_fresh_session(client: FlaskClient, session: Session) -> None:
    known = person(session)
    with client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
    client.post("/sign-in", data={"email": known.email, "password": PASSWORD})
    with client.session_transaction() as kept:
        assert "planted" not in kept


def test_a_mailed_link_sets_a_new_password_and_signs_every_device_out(
    client: FlaskClient, app: Flask, session: Session
) -> None:
    known = person(session)
    video(session, known)
    other_device = sign_in_as(app.test_client(), known)
    assert _is_signed_in(other_device)
    client.post("/reset", data={"email": known.email})
    run_due("outbound")
    mail = session.scalars(select(KeptMail).where(KeptMail.to == known.email)).one()
    [path] = set(re.findall(r"http://127\.0\.0\.1:8000(/reset/\S+)", mail.text))
    assert "Choose a new password" in client.get(path).text
    assert "Use at least 10 characters." in client.post(path, data={"password": "short"}).text
    done = client.post(path, data={"password": "another few words"})
    assert (done.status_code, done.location) == (303, "/studio")
    assert _is_signed_in(client)
    assert not _is_signed_in(other_device)
    used = client.post(path, data={"password": "a third password"}).text
    assert "This link has been used or is too old." in used
    assert "Ask for a new link" in used


def test_guessing_a_password_is_slowed_down(client: FlaskClient, session: Session) -> None:
    known = person(session)
    typed = {"email": known.email, "password": "not the password"}
    statuses = [client.post("/sign-in", data=typed).status_code for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    assert client.post("/sign-in", data={**typed, "password": PASSWORD}).status_code == 429
    assert client.get("/sign-in").status_code == 200
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    typed["password"] = PASSWORD
    assert client.post("/sign-in", data=typed, environ_overrides=elsewhere).status_code == 303


def test_asking_for_resets_is_slowed_down(client: FlaskClient) -> None:
    statuses = [client.post("/reset", data={"email": "a@example.org"}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


@pytest.fixture
def client_without_valkey(settings: Settings, session: Session) -> Iterator[FlaskClient]:
    """A browser on the application while its Valkey does not answer."""
    lonely = create_app(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    lonely.config["WTF_CSRF_ENABLED"] = False
    yield lonely.test_client()
    create_app(settings)  # the limits and wake-up calls of this process count in the real one again


def test_nobody_signs_in_while_guesses_cannot_be_counted(
    client_without_valkey: FlaskClient, session: Session
) -> None:
    typed = {"email": person(session).email, "password": PASSWORD}
    assert client_without_valkey.post("/sign-in", data=typed).status_code == 503
    assert client_without_valkey.get("/sign-in").status_code == 200
    assert client_without_valkey.get("/projects").status_code == 200


def test_a_refused_form_can_be_come_back_to(office: FlaskClient) -> None:
    marked = "data-comes-back"
    assert marked not in office.get("/sign-in").text
    assert marked in office.post("/sign-in", data={"email": "nobody"}).text
    nowhere = office.post("/sandbox/payments/none/refund")  # there is no page at an address that only takes
    assert (nowhere.status_code, marked in nowhere.text) == (404, False)


def test_a_form_without_its_token_is_refused(app: Flask, client: FlaskClient, session: Session) -> None:
    known = person(session)
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        typed = {"email": known.email, "password": PASSWORD}
        assert client.post("/sign-in", data=typed).status_code == 400
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
        assert token is not None
        assert client.post("/sign-in", data={**typed, "csrf_token": token[1]}).status_code == 303
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_the_browsers_language_is_spoken_until_one_is_chosen(client: FlaskClient) -> None:
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    assert '<html lang="zh-Hans"' in client.get("/sign-in", headers=chinese).text
    client.post("/language", data={"language": "en", "next": "/sign-in"})
    assert '<html lang="en"' in client.get("/sign-in", headers=chinese).text
    client.post("/language", data={"language": "xx"})
    assert '<html lang="en"' in client.get("/sign-in", headers=chinese).text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient, session: Session) -> None:
    known = person(session)
    answer = client.post("/sign-in", data={"email": known.email, "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
