"""Reports of a nonprofit: what creators, videos and projects brought, along their time, and who came back."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core import clock
from app.core.db import unit_of_work
from app.credit import disputes, ranking
from app.nonprofits.models import Nonprofit
from app.reports import cohorts as returning
from app.reports import queries, series, shaped, shapes, tables
from app.reports.queries import Order, Report
from app.web.access import allow
from app.web.loaders import load_nonprofit
from app.web.reports import asking, cohort_table, days, lines, times
from app.web.reports.asking import Asked
from app.web.reports.rows import Rows, Words
from app.web.text import _

desk_reports = Blueprint("desk_reports", __name__)
RANKED = ("creators", "videos")  # the tables in whose order a gift can be held


@desk_reports.get("/desk/<nonprofit_code>/reports")
@allow(Action.REPORT_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    return _lines(nonprofit_code, "creators")


@desk_reports.get("/desk/<nonprofit_code>/reports/videos")
@allow(Action.REPORT_READ)
def videos(nonprofit_code: str) -> ResponseReturnValue:
    return _lines(nonprofit_code, "videos")


@desk_reports.get("/desk/<nonprofit_code>/reports/projects")
@allow(Action.REPORT_READ)
def projects(nonprofit_code: str) -> ResponseReturnValue:
    return _lines(nonprofit_code, "projects")


@desk_reports.get("/desk/<nonprofit_code>/reports/time")
@allow(Action.REPORT_READ)
def over_time(nonprofit_code: str) -> ResponseReturnValue:
    """Step by step, of everything or of one creator, video or project."""
    which = asking.which()
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        asked = asking.asked(nonprofit)
        now = series.over_time(session, nonprofit.id, asked.period, asked.step, which)
        before = series.over_time(session, nonprofit.id, asked.period.previous(), asked.step, which)
        report = queries.report(session, nonprofit.id, asked.period, only=shapes.tables_about(which))
        frame = _frame(session, nonprofit, "time", asked, report)
    line = shaped.about(report, which)
    return render_template(
        "reports/time.html",
        **frame,
        times=times.times(now, before, asked.step),
        groups=lines.GROUPS,
        words=Words(),
        steps=asking.STEPS,
        step_name=partial(times.step_name, asked.step),
        line=line,
        about_whom=lines.name_of(line) if line else "",
    )


@desk_reports.get("/desk/<nonprofit_code>/reports/cohorts")
@allow(Action.REPORT_READ)
def cohorts(nonprofit_code: str) -> ResponseReturnValue:
    """Donors by the month of their first gift."""
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        found = returning.of(session, nonprofit.id)
        frame = _frame(session, nonprofit, "cohorts", asking.asked(nonprofit), None)
    shows = "money" if request.args.get("show") == "money" else "donors"
    return render_template("reports/cohorts.html", **frame, tables=cohort_table.tables(found), shows=shows)


@desk_reports.get("/desk/<nonprofit_code>/reports.json")
@allow(Action.REPORT_READ)
def as_json(nonprofit_code: str) -> ResponseReturnValue:
    """For programs: the table that files are made of, by the names of its columns, in no language."""
    if wrong := asking.misread():
        return jsonify(
            error=_("This address says what means nothing here: %(names)s.", names=", ".join(wrong))
        ), 400
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        period = asking.asked(nonprofit).period
        table = shaped.table(session, nonprofit.id, period, shapes.shape(request.args), str)
    rows = [dict(zip(table.names, map(tables.plain, row), strict=True)) for row in table.rows]
    return jsonify(columns=table.names, rows=rows)


def _lines(nonprofit_code: str, current: str) -> str:
    """A page with a line for each creator, video or project."""
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        asked = asking.asked(nonprofit)
        period = asked.period
        held: Mapping[ranking.Key, int] = {}
        if current in RANKED:
            held = ranking.held(session, nonprofit.id, period.starts_at, period.ends_at)
        order = Order(
            asked.sort, asked.is_upward, held, None if asked.every_line else lines.MOST_LINES, lines.MOST_BARS
        )
        report = queries.report(session, nonprofit.id, period, only=(current, "totals"), order=order)
        frame = _frame(session, nonprofit, current, asked, report)
    return render_template(
        "reports/index.html",
        **frame,
        held=ranking.amounts(held),
        sections=lines.sections(report, current, every_line=asked.every_line),
        groups=lines.GROUPS,
        rows=Rows(nonprofit.code, asked),
    )


def _frame(
    session: Session, nonprofit: Nonprofit, current: str, asked: Asked, report: Report | None
) -> dict[str, Any]:
    """What every page of the reports says beside its figures."""
    return {
        "nonprofit": nonprofit,
        "current": current,
        "asked": asked,
        "about": asking.about() if current == "time" else {},
        "spans": days.WORDS,
        "as_of": asked.as_of if report else clock.now(),
        "rule": report.rule if report else "",
        "donors_as_of": report.donors_as_of if report else None,
        "questions": disputes.count_open(session, nonprofit.id),
    }
