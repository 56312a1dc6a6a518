"""`kindrelay reconcile` against the simulated provider: what it repairs, what stands, and its exit code."""

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from httpx import WSGITransport
from sqlalchemy.orm import Session

from app.cli import main
from app.donations.models import Donation
from app.finance import differences
from app.finance.differences import Found
from app.gateways import traffic
from app.gateways.payments.sandbox.scripts import CARDS, Script
from app.projects.models import Project
from tests import factories
from tests.web.conftest import app  # noqa: F401 (a fixture)
from workers.runner import run_due

LOST = next(card for card, script in CARDS.items() if script is Script.LOST)


@pytest.fixture
def lost(session: Session, project: Project) -> Donation:
    """A gift that was paid, and whose webhook never came."""
    return factories.paid_there(session, project, LOST)


def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Result:  # noqa: F811 (the fixture)
    monkeypatch.setattr("app.cli.reconciling.boot", lambda: app.extensions["settings"])
    with traffic.routed(WSGITransport(app)):
        return CliRunner().invoke(main, ["reconcile"])


def test_it_repairs_what_no_webhook_told(
    session: Session,
    app: Flask,  # noqa: F811 (the fixture)
    lost: Donation,
    monkeypatch: pytest.MonkeyPatch,
):
    done = run(app, monkeypatch)
    assert done.exit_code == 0, done.output
    assert f"payment.succeeded, 10.00 EUR, payment {lost.reference}" in done.output
    assert done.output.splitlines()[-2:] == [
        "Repaired: 1, which the workers settle now.",
        "Differences that stand: 0.",
    ]
    run_due("money")
    assert lost.state == "paid"
    assert run(app, monkeypatch).output.splitlines()[-2:] == ["Repaired: 0.", "Differences that stand: 0."]


@pytest.mark.usefixtures("lost")
def test_it_names_what_stands_and_exits_with_1(
    session: Session,
    app: Flask,  # noqa: F811 (the fixture)
    monkeypatch: pytest.MonkeyPatch,
):
    differences.note(session, [Found("payout_sum", "po-9", None, None, {})])
    done = run(app, monkeypatch)
    assert done.exit_code == 1, done.output
    assert "differs   payout_sum: po-9 (not found any more, and not settled)" in done.output
    assert done.output.endswith("Differences that stand: 1.\n")
