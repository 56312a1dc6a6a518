"""Alerts for the administrators, and the switch that pauses a project."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core import alerts
from app.core.db import unit_of_work
from app.projects import pausing
from app.web.access import Rule, allow
from app.web.flashes import refusals_said
from app.web.loaders import load_any_project
from app.web.pausing import PauseForm
from app.web.signin import required_person
from app.web.text import _

admin_alerts = Blueprint("admin_alerts", __name__)


@admin_alerts.app_template_global()
def count_unseen_alerts() -> int:
    """How many alerts wait, for the administration's menu."""
    with unit_of_work() as session:
        return alerts.count_unseen(session)


@admin_alerts.get("/admin/alerts")
@allow(Rule.ADMIN)
def index() -> ResponseReturnValue:
    with unit_of_work() as session:
        unseen, seen = alerts.unseen(session), alerts.seen(session)
    return render_template("admin/alerts.html", unseen=unseen, seen=seen)


@admin_alerts.post("/admin/alerts/<int:alert_id>/seen")
@allow(Rule.ADMIN)
def mark_seen(alert_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        alerts.mark_seen(session, alert_id, required_person().id)
    return redirect(url_for("admin_alerts.index"), code=303)


@admin_alerts.get("/admin/projects/<project_code>")
@allow(Rule.ADMIN)
def project(project_code: str) -> ResponseReturnValue:
    return _page(project_code, PauseForm())


@admin_alerts.post("/admin/projects/<project_code>/pause")
@allow(Rule.ADMIN)
def pause(project_code: str) -> ResponseReturnValue:
    form = PauseForm()

    def step(session: Session) -> None:
        found = load_any_project(session, project_code)
        pausing.pause(session, found, required_person().id, form.reason.data or "")

    if not form.sent_and_done(step):
        return _page(project_code, form)
    flash(_("Paused. Nobody can give until somebody lets gifts in again."), "waiting")
    return redirect(url_for("admin_alerts.project", project_code=project_code), code=303)


@admin_alerts.post("/admin/projects/<project_code>/resume")
@allow(Rule.ADMIN)
def resume(project_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            pausing.resume(session, load_any_project(session, project_code), required_person().id)
        flash(_("The project can receive gifts again."), "good")
    return redirect(url_for("admin_alerts.project", project_code=project_code), code=303)


def _page(project_code: str, form: PauseForm) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = load_any_project(session, project_code)
    return render_template("admin/project.html", project=found, form=form)
