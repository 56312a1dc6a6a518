"""The switch of those who work on a project: no gifts for a while, and gifts again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.projects import pausing
from app.web.access import allow
from app.web.flashes import refusals_said
from app.web.loaders import load_project
from app.web.pausing import PauseForm
from app.web.signin import required_person
from app.web.text import _

desk_pausing = Blueprint("desk_pausing", __name__)


@desk_pausing.route("/desk/projects/<project_code>/pause", methods=["GET", "POST"])
@allow(Action.PROJECT_PAUSE)
def pause(project_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        project = load_project(session, project_code, Action.PROJECT_PAUSE)
    form = PauseForm()

    def step(session: Session) -> None:
        paused = load_project(session, project_code, Action.PROJECT_PAUSE)
        pausing.pause(session, paused, required_person().id, form.reason.data or "")

    if form.sent_and_done(step):
        flash(_("Paused. Nobody can give until you let gifts in again."), "waiting")
        return redirect(url_for("desk_projects.show", project_code=project_code), code=303)
    return render_template("desk/pause.html", nonprofit=project.nonprofit, project=project, form=form)


@desk_pausing.post("/desk/projects/<project_code>/resume")
@allow(Action.PROJECT_PAUSE)
def resume(project_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            project = load_project(session, project_code, Action.PROJECT_PAUSE)
            pausing.resume(session, project, required_person().id)
        flash(_("The project can receive gifts again."), "good")
    return redirect(url_for("desk_projects.show", project_code=project_code), code=303)
