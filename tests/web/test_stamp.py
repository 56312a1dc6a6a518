"""The line under a report: when it is from, whose days it counts, and which rules credited its gifts."""

import pytest
from flask import Flask, get_template_attribute
from markupsafe import Markup

from app.core import clock
from app.credit import moving
from app.credit.rules import RULES
from app.reports.rollups import rule_of
from app.web.desk.forms import RULE_NAMES


def stamp(app: Flask, rule: str) -> str:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        said = get_template_attribute("reports/stamp.html", "stamp")(clock.now(), "Asia/Shanghai", rule)
        assert isinstance(said, Markup)
        return said


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_called_what_the_form_of_a_project_calls_it(app: Flask, name: str) -> None:
    said = stamp(app, rule_of(name, 3))
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert f"Credit rule: {RULE_NAMES[name]}, version 3." in said
    assert rule_of(name, 3) not in said


def test_several_rules_are_all_said(app: Flask) -> None:
    said = stamp(app, f"{rule_of(moving.DECIDED, 1)}, {rule_of('last', 2)}")
    assert "Credit rules: Decided by the organisation, version 1 · All to the video" in said


def test_nothing_is_said_of_rules_where_nothing_was_credited(app: Flask) -> None:
    assert "Credit rule" not in stamp(app, "")
