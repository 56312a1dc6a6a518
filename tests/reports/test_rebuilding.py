"""`kindrelay rollups rebuild`: what differs from the rows is named, and put right."""

import json
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.cli import main
from app.core.db import unit_of_work
from app.nonprofits.models import Nonprofit
from app.reports import rebuilding
from tests import factories
from workers import credit
from workers.runner import run_due


def told(code: str = "", *, check: bool) -> tuple[int, dict[str, Any]]:
    lines: list[str] = []
    answer = rebuilding.run(lines.append, code, check=check, as_json=True)
    return answer, json.loads(lines[0])


@pytest.mark.usefixtures("live_database")
def test_what_differs_is_named_and_then_put_right(monkeypatch: pytest.MonkeyPatch) -> None:
    with unit_of_work() as session:
        video = factories.video(session, carries=factories.project(session))
        donation = factories.donation(session, video)
        giving = session.get_one(Nonprofit, donation.nonprofit_id).code
        code = factories.nonprofit(session, receives=False).code
        credit.settle(session, event_ids=[factories.event(session, donation).id])
    run_due("money", "reports")
    assert told(check=True)[0] == rebuilding.EQUAL
    with unit_of_work() as session:
        session.execute(text("UPDATE day_rollup SET gifts = 7"))
        session.execute(text("UPDATE month_cohort SET gross_minor = 8"))
    answer, found = told(check=True)
    assert answer == rebuilding.DIFFERENT
    named = {one["rollup"]: one["differences"] for one in found["rollups"] if one["count"]}
    assert "gifts 7" in " ".join(named["money"])
    assert "gross_minor 8" in " ".join(named["people"])
    assert told(code, check=True)[0] == rebuilding.EQUAL  # nothing is wrong with the other organisation
    monkeypatch.setattr("app.cli.rollups.boot", lambda: None)  # this process is connected already
    done = CliRunner().invoke(main, ["rollups", "rebuild"])
    assert done.exit_code == 0, done.output
    assert "whole site  money  compared" in done.output
    assert f"{giving}  money  rebuilt" in done.output
    assert told(check=True)[0] == rebuilding.EQUAL
    assert CliRunner().invoke(main, ["rollups", "rebuild", "--nonprofit", "nobody"]).exit_code == 1
