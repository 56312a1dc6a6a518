"""News of a project, written by its people."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.projects import updates
from app.web.access import allow
from app.web.desk.forms import UpdateForm
from app.web.loaders import load_project
from app.web.signin import required_person
from app.web.text import _

desk_updates = Blueprint("desk_updates", __name__)


@desk_updates.route("/desk/projects/<project_code>/updates/new", methods=["GET", "POST"])
@allow(Action.PROJECT_EDIT)
def new(project_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        project = load_project(session, project_code, Action.PROJECT_EDIT)
    form = UpdateForm()

    def step(session: Session) -> None:
        told = load_project(session, project_code, Action.PROJECT_EDIT)
        updates.post(session, told, required_person().id, *form.words())

    if form.sent_and_done(step):
        flash(_("Your update is on the project's page."), "good")
        return redirect(url_for("desk_projects.show", project_code=project_code), code=303)
    return render_template("desk/update_form.html", nonprofit=project.nonprofit, project=project, form=form)


@desk_updates.route("/desk/projects/<project_code>/updates/<update_code>", methods=["GET", "POST"])
@allow(Action.PROJECT_EDIT)
def edit(project_code: str, update_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        project = load_project(session, project_code, Action.PROJECT_EDIT)
        update = updates.one(session, project, update_code)
    form = UpdateForm(update)

    def step(session: Session) -> None:
        told = load_project(session, project_code, Action.PROJECT_EDIT)
        found = updates.one(session, told, update_code)
        updates.edit(session, told, found, required_person().id, *form.words())

    if form.sent_and_done(step):
        flash(_("Saved."), "good")
        return redirect(url_for("desk_projects.show", project_code=project_code), code=303)
    return render_template("desk/update_form.html", nonprofit=project.nonprofit, project=project, form=form)
