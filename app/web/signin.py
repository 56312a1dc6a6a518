"""The person behind a request, over Flask-Login."""

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, session
from flask_login import (  # pyright: ignore[reportMissingTypeStubs]
    LoginManager,
    UserMixin,
    current_user,  # pyright: ignore[reportUnknownVariableType] (untyped in Flask-Login)
    login_user,  # pyright: ignore[reportUnknownVariableType]
    logout_user,  # pyright: ignore[reportUnknownVariableType]
)
from sqlalchemy import select

from app.accounts.models import Person
from app.core.db import unit_of_work
from app.credit import flags, touches
from app.web import visitors


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """Who is signed in, as plain values; the domain gets `id` and never sees this object."""

    id: int
    code: str
    name: str
    email: str
    locale: str
    is_admin: bool
    epoch: int

    def get_id(self) -> str:
        return f"{self.code}.{self.epoch}"


def install(app: Flask) -> None:
    """Read the signed-in person of each request from the session cookie."""
    manager = LoginManager(app)
    manager.user_loader(_load)  # pyright: ignore[reportUnknownMemberType]


def current_person() -> SignedIn | None:
    """The person behind this request; None for a visitor."""
    person = cast("Any", current_user)
    return cast("SignedIn", person._get_current_object()) if person.is_authenticated else None


def required_person() -> SignedIn:
    """The person behind a request that only signed-in people reach."""
    person = current_person()
    if person is None:
        raise RuntimeError("a view for signed-in people was reached without one; is its @allow rule right?")
    return person


def sign_in(person: Person) -> None:
    """Sign a person in, in a fresh session (an old one could have been planted)."""
    language = session.get("language")
    session.clear()
    session["language"] = language or person.locale
    session.permanent = True
    login_user(_signed_in(person))
    if known_by := visitors.code():
        note_visitor(person.id, known_by)


def note_visitor(person_id: int, visitor: str) -> None:
    """Note for reviews of gifts that a person has used the browser of a visitor who agreed to be known."""
    with unit_of_work() as db_session:
        if touches.link(db_session, visitor, person_id):
            flags.follow_sign_in(db_session, visitor)


def sign_out() -> None:
    """End the session."""
    logout_user()
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language


def _load(user_id: str) -> SignedIn | None:
    code, _, epoch = user_id.partition(".")
    with unit_of_work() as db_session:
        person = db_session.scalar(select(Person).where(Person.code == code))
        if person is None or str(person.session_epoch) != epoch:
            return None
        return _signed_in(person)


def _signed_in(person: Person) -> SignedIn:
    return SignedIn(
        person.id,
        person.code,
        person.name,
        person.email,
        person.locale,
        person.is_admin,
        person.session_epoch,
    )
