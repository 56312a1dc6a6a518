"""The command's answers to a provider that can, or cannot, be asked."""

import json

import pytest

from app.core.db import unit_of_work
from app.finance import books
from app.gateways.payments.sandbox.client import SandboxGateway
from tests import factories


@pytest.mark.usefixtures("live_database")
def test_the_command_says_when_the_provider_was_not_asked():
    with unit_of_work() as session:
        factories.nonprofit(session)
    said: list[str] = []
    nobody = SandboxGateway("http://127.0.0.1:9", "secret")
    assert books.run(said.append, nobody, as_json=False, offline=True) == books.AGREE
    assert said[-2:] == ["The provider's own list is left out: as asked for.", "The books agree to the cent."]
    assert books.run(said.append, nobody, as_json=True, offline=False) == books.NOT_PROVED
    told = json.loads(said[-1])
    assert (told["right"], "refused" in told["provider_left_out"]) == (True, True)
