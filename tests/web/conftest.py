"""The application inside the test's own transaction."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.settings import Settings
from app.web import create_app
from app.web.limits import limiter
from tests.engines import Engines


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The application; forms need no token in it (tests/web/test_forms.py turns that on again)."""
    made = create_app(settings)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture
def client(app: Flask, session: Session, engines: Engines) -> Iterator[FlaskClient]:
    """A browser without a person; what it does happens in the test's transaction. Rate limits begin anew."""
    engines.empty_redis(engines.worker)
    limiter.enabled = True
    with app.test_client() as browser:
        yield browser


def sign_in_as(client: FlaskClient, person: Person | None) -> FlaskClient:
    """Make `person` the one behind the browser; None signs out."""
    with client.session_transaction() as cookie:
        cookie.clear()
        if person is not None:
            cookie["_user_id"] = f"{person.code}.{person.session_epoch}"
            cookie["_fresh"] = True
    return client
