import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import passwords, people
from app.accounts.permissions import ROLE_ACTIONS, Action, permits
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.models import Task
from app.nonprofits.models import ROLES
from tests.conftest import OWN_HASHER
from tests.factories import PASSWORD, person

SECRET = "a secret of the tests"


def test_a_person_joins_and_is_known_by_address_and_password(session: Session) -> None:
    joined = people.join(
        session, email=" Mei.Lin@Example.ORG ", name=" Mei   Lin ", password=PASSWORD, locale="zh_Hans"
    )
    assert (joined.email, joined.name, joined.locale) == ("Mei.Lin@example.org", "Mei Lin", "zh_Hans")
    assert joined.password_hash.startswith("$argon2id$")
    assert people.authenticate(session, "mei.lin@EXAMPLE.org", PASSWORD) is joined


def test_guessing_a_password_takes_much_memory_and_time_outside_of_tests() -> None:
    least = {"memory_cost": 19 * 1024, "time_cost": 2}  # what OWASP asks of argon2id, in KiB and rounds
    assert {name: getattr(OWN_HASHER, name) >= value for name, value in least.items()} == dict.fromkeys(
        least, True
    )
    assert OWN_HASHER.hash(PASSWORD).startswith("$argon2id$")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 201}, "password"),
    ],
)
def test_a_bad_field_is_named(session: Session, values: dict[str, str], field: str) -> None:
    good = {"email": "a@example.org", "name": "A", "password": PASSWORD, "locale": "en"}
    with pytest.raises(Invalid) as refused:
        people.join(session, **{**good, **values})
    assert refused.value.field == field


def test_one_address_joins_once_in_any_letter_case(session: Session) -> None:
    known = person(session)
    with pytest.raises(Invalid, match="already an account") as refused:
        people.join(session, email=known.email.upper(), name="B", password=PASSWORD, locale="en")
    assert refused.value.field == "email"


def test_a_wrong_password_and_an_unknown_address_sound_the_same(session: Session) -> None:
    known = person(session)
    said: set[str] = set()
    for email in (known.email, "nobody@example.org"):
        with pytest.raises(KindrelayError) as refused:
            people.authenticate(session, email, "not the password")
        said.add(str(refused.value))
    assert len(said) == 1


def test_an_unknown_address_takes_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords.matches(None, "warm up")
    checked: list[str] = []

    class Counting:
        def verify(self, password_hash: str, _password: str) -> bool:
            checked.append(password_hash)
            return True

    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert passwords.matches(None, "anything") is False
    assert len(checked) == 1


def test_asking_for_a_new_password_mails_known_addresses_only(session: Session) -> None:
    known = person(session)
    people.ask_for_reset(session, "nobody@example.org")
    people.ask_for_reset(session, known.email.upper())
    [task] = session.scalars(select(Task))
    assert task.args == {"mail": "password_reset", "person_id": known.id}


def test_a_reset_link_works_once(session: Session) -> None:
    known = person(session)
    token = passwords.reset_token(known, SECRET)
    people.set_password(session, token, SECRET, "another few words")
    assert known.session_epoch == 2
    assert people.authenticate(session, known.email, "another few words") is known
    with pytest.raises(NotFound, match="has been used"):
        people.set_password(session, token, SECRET, "a third password")


@pytest.mark.parametrize("token", ["", "forged", "a.b.c"])
def test_a_forged_link_does_nothing(session: Session, token: str) -> None:
    with pytest.raises(NotFound):
        people.set_password(session, token, SECRET, PASSWORD)


def test_a_link_signed_with_another_secret_does_nothing(session: Session) -> None:
    with pytest.raises(NotFound):
        people.set_password(session, passwords.reset_token(person(session), "other"), SECRET, PASSWORD)


def test_an_old_link_does_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    token = passwords.reset_token(person(session), SECRET)
    monkeypatch.setattr(passwords, "RESET_SECONDS", -1)
    with pytest.raises(NotFound, match="too old"):
        people.set_password(session, token, SECRET, PASSWORD)


def test_a_weak_new_password_leaves_the_link_good(session: Session) -> None:
    known = person(session)
    token = passwords.reset_token(known, SECRET)
    with pytest.raises(Invalid):
        people.set_password(session, token, SECRET, "short")
    people.set_password(session, token, SECRET, "another few words")


def test_an_administrator_is_made_by_address(session: Session) -> None:
    known = person(session)
    assert people.make_admin(session, known.email).is_admin
    with pytest.raises(NotFound, match=r"nobody@example\.org"):
        people.make_admin(session, "nobody@example.org")


def test_every_role_has_its_actions_and_nobody_has_none() -> None:
    assert set(ROLE_ACTIONS) == set(ROLES)
    assert not any(permits(None, action) for action in Action)
    assert all(permits("owner", action) for action in Action)
    assert not permits("editor", Action.PAYMENTS_MANAGE)
    assert not permits("viewer", Action.DONOR_READ)
    assert not permits("editor", Action.DONOR_READ)
