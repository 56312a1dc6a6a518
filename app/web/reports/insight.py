"""Insight: what models say of a project's videos, beside what its rule gave them. Estimates, never credit."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.insight import asking, telling
from app.insight.asking import Stage
from app.nonprofits.models import Nonprofit
from app.projects import queries
from app.projects.models import Project
from app.web.access import allow
from app.web.flashes import refusals_said
from app.web.loaders import load_nonprofit
from app.web.reports import days
from app.web.signin import required_person

desk_insight = Blueprint("desk_insight", __name__)


@desk_insight.get("/desk/<nonprofit_code>/reports/insight")
@allow(Action.REPORT_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        projects = _projects(session, nonprofit)
        project, period = _named(projects, request.args), days.period(nonprofit, request.args)
        estimate = asking.find(session, project.id, period.first, period.until) if project else None
        stage = asking.stage(session, estimate)
        told = telling.tell(session, project, estimate) if project and estimate else None
    return render_template(
        "reports/insight.html",
        nonprofit=nonprofit,
        projects=projects,
        project=project,
        period=period,
        choices=days.choices(nonprofit),
        stage=stage.value,
        told=told,
    )


@desk_insight.get("/desk/<nonprofit_code>/reports/insight/state")
@allow(Action.REPORT_READ)
def state(nonprofit_code: str) -> ResponseReturnValue:
    """Whether what was asked for has ended, for a page that waits."""
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        project = _named(_projects(session, nonprofit), request.args)
        period = days.period(nonprofit, request.args)
        estimate = asking.find(session, project.id, period.first, period.until) if project else None
        stage = asking.stage(session, estimate)
    return jsonify(settled=stage is not Stage.WAITING)


@desk_insight.post("/desk/<nonprofit_code>/reports/insight")
@allow(Action.REPORT_READ)
def ask(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        project = _named(_projects(session, nonprofit), request.form)
        period = days.period(nonprofit, request.form)
    named: dict[str, Any] = {"first": period.first.isoformat(), "last": period.last.isoformat()}
    if project is not None:
        named["project"] = project.code
        with refusals_said(), unit_of_work() as session:
            asking.ask(session, project, period.first, period.until, period.zone, required_person().id)
    return redirect(url_for("desk_insight.index", nonprofit_code=nonprofit_code, **named), code=303)


def _projects(session: Session, nonprofit: Nonprofit) -> list[Project]:
    """The nonprofit's projects that could have received gifts."""
    return [one for one in queries.of_nonprofit(session, nonprofit.id) if one.status != "draft"]


def _named(projects: Sequence[Project], named: Mapping[str, str]) -> Project | None:
    """The project of the address; the newest when it names none of them."""
    code = named.get("project", "")
    return next((one for one in projects if one.code == code), projects[0] if projects else None)
