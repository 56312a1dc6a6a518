"""Every route × everybody × every method answers as the rule beside its view says."""

from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.routing import Rule as Route
from werkzeug.test import TestResponse

from app.accounts.permissions import Action, permits
from app.core.settings import Settings
from app.web import blueprints, create_app
from app.web.access import Access, Rule, allow
from tests.architecture import people
from tests.architecture.people import OWNER_OF_OWN, PERSONAS, ROLE_OF, World
from tests.conftest import undone
from tests.web.conftest import sign_in_as

# What stands behind `<code>` in the short public addresses.
SHORT = {"/n/": "nonprofit_code", "/p/": "project_code", "/v/": "video_code"}


def routes() -> Iterator[tuple[Route, str, Access | None]]:
    """Every route of the blueprints with each of its methods and its rule."""
    bare = Flask("routes", static_folder=None)
    for blueprint in blueprints.ALL:
        bare.register_blueprint(blueprint)
    for route in sorted(bare.url_map.iter_rules(), key=lambda route: route.rule):
        rule = getattr(bare.view_functions[route.endpoint], "access_rule", None)
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            yield route, method, rule


ROUTES = list(routes())


def test_every_route_states_its_rule() -> None:
    assert [route.rule for route, _, rule in ROUTES if rule is None] == []


@pytest.fixture(scope="module")
def session(database: Engine, settings: Settings) -> Iterator[Session]:
    """One session for all: what each request changes is undone after it."""
    with undone(database) as session:
        yield session


@pytest.fixture(scope="module")
def world(session: Session, app: Flask, settings: Settings) -> World:
    with app.app_context():
        return people.build(session, settings)


@pytest.mark.parametrize(
    ("route", "method", "rule"), ROUTES, ids=[f"{method} {route.rule}" for route, method, _ in ROUTES]
)
def test_everybody_gets_what_the_rule_says(
    client: FlaskClient, session: Session, world: World, route: Route, method: str, rule: Access
) -> None:
    address = filled(route, world)
    found = [
        problem(rule, persona, bool(route.arguments), knock(client, session, world, persona, method, address))
        for persona in PERSONAS
    ]
    assert [words for words in found if words] == []


def filled(route: Route, world: World) -> str:
    """The address with a real value in the place of every parameter."""
    address = route.rule.replace("<int:", "<").replace("<path:", "<")
    for start, name in SHORT.items():
        if address.startswith(start):
            address = address.replace("<code>", world.values[name])
    for name, value in world.values.items():
        address = address.replace(f"<{name}>", value)
    assert "<" not in address, f"people.py has no value for a parameter of {address}"
    return address


def knock(
    client: FlaskClient, session: Session, world: World, persona: str, method: str, address: str
) -> TestResponse:
    """One request by one persona; what it changed is undone."""
    sign_in_as(client, world.people[persona])
    step = session.begin_nested()
    try:
        return client.open(address, method=method)
    finally:
        step.rollback()


def problem(rule: Access, persona: str, of_an_object: bool, answer: TestResponse) -> str | None:
    """What is wrong with the answer that `persona` got; None when it is as the rule says."""
    to_sign_in = answer.status_code == 303 and answer.location.startswith("/sign-in")
    got = "sign in first" if to_sign_in else str(answer.status_code)
    expected = expectation(rule, persona, of_an_object)
    if answer.status_code >= 500:
        right = False
    elif expected == "served":
        right = got not in ("sign in first", "401", "403", "404")
    elif expected == "not refused":
        right = got not in ("sign in first", "403")
    else:
        right = got == expected
    return None if right else f"{persona}: expected {expected}, got {got}"


def expectation(rule: Access, persona: str, of_an_object: bool) -> str:
    """The answer of a route with this rule: a status, "sign in first", "served" or "not refused"."""
    if rule in (Rule.EVERYONE, Rule.PROVIDER):
        return "not refused"
    if persona == "anonymous":
        return "sign in first"
    if rule is Rule.ADMIN:
        return "served" if persona == "admin" else "403"
    if rule is Rule.OWN:
        return "served" if persona == OWNER_OF_OWN or not of_an_object else "404"
    if rule is Rule.SIGNED_IN:
        return "served"
    assert isinstance(rule, Action)
    role = ROLE_OF.get(persona)
    if role is None:
        return "404"
    return "served" if permits(role, rule) else "403"


def planted(settings: Settings, rule: Access | None) -> Flask:
    """An application with a view too many: it hands out a nonprofit's secret to whoever asks."""
    leak = Blueprint("planted", __name__)

    def view(nonprofit_code: str) -> str:
        return f"the secret of {nonprofit_code}"

    leak.get("/planted/<nonprofit_code>")(allow(rule)(view) if rule else view)
    app = create_app(settings)
    app.register_blueprint(leak)
    return app


def test_a_view_without_a_rule_is_caught_and_answers_nobody(
    settings: Settings, session: Session, world: World
) -> None:
    app = planted(settings, None)
    assert getattr(app.view_functions["planted.view"], "access_rule", None) is None
    answer = sign_in_as(app.test_client(), world.people["admin"]).get("/planted/x")
    assert answer.status_code == 403


def test_a_view_that_forgets_its_loader_is_caught(settings: Settings, session: Session, world: World) -> None:
    browser = planted(settings, Action.TEAM_MANAGE).test_client()
    address = f"/planted/{world.values['nonprofit_code']}"
    caught = {
        persona
        for persona in PERSONAS
        if problem(Action.TEAM_MANAGE, persona, True, knock(browser, session, world, persona, "GET", address))
    }
    assert caught == set(PERSONAS) - {"anonymous", "owner"}
