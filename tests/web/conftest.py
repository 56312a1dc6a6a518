"""The application inside the test's own transaction."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from httpx import WSGITransport
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import runtime
from app.core.settings import Settings
from app.gateways import traffic
from app.nonprofits.models import Nonprofit
from app.web import create_app
from tests import factories
from tests.engines import Engines
from tests.gateways.stripe import wire as wire_to_stripe
from tests.gateways.stripe.wire import Wire


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The application; forms need no token in it."""
    made = create_app(settings)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture(scope="session")
def at_stripe(settings: Settings) -> Flask:
    """The application as it receives through Stripe."""
    keys = {"stripe_secret_key": wire_to_stripe.KEY, "stripe_webhook_secret": wire_to_stripe.SECRET}
    made = create_app(settings.model_copy(update={"payment_provider": "stripe", **keys}))
    made.config["WTF_CSRF_ENABLED"] = False
    runtime.start(settings)
    return made


@pytest.fixture
def wire(at_stripe: Flask) -> Wire:
    """What stands in for the network under that application's SDK."""
    made = Wire()
    at_stripe.extensions["payments"] = wire_to_stripe.gateway(made)
    return made


@pytest.fixture
def client(app: Flask, session: Session, engines: Engines) -> FlaskClient:
    """A browser without a person; what it does happens in the test's transaction. Rate limits begin anew."""
    engines.empty_redis(engines.worker)
    return app.test_client()


def sign_in_as(client: FlaskClient, person: Person | None) -> FlaskClient:
    """Make `person` the one behind the browser; None signs out."""
    with client.session_transaction() as cookie:
        cookie.clear()
        if person is not None:
            cookie["_user_id"] = f"{person.code}.{person.session_epoch}"
            cookie["_fresh"] = True
    return client


@pytest.fixture
def hooks(app: Flask) -> Iterator[None]:
    """What the simulated provider tells reaches the application."""
    with traffic.routed(WSGITransport(app)):
        yield


@pytest.fixture
def creator(session: Session) -> Person:
    """Somebody with videos, or soon."""
    return factories.person(session)


@pytest.fixture
def studio(client: FlaskClient, creator: Person) -> FlaskClient:
    """The browser of `creator`."""
    return sign_in_as(client, creator)


@pytest.fixture
def owner(session: Session) -> Person:
    """Who founded `nonprofit`."""
    return factories.person(session, "Omar Owner")


@pytest.fixture
def nonprofit(session: Session, owner: Person) -> Nonprofit:
    """A verified organisation that receives."""
    return factories.nonprofit(session, owner)


@pytest.fixture
def ada(session: Session) -> Person:
    """An administrator."""
    return factories.admin(session)


@pytest.fixture
def office(client: FlaskClient, ada: Person) -> FlaskClient:
    """The browser of `ada`."""
    return sign_in_as(client, ada)
