"""The projects of an organisation: writing, publishing, closing."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.core.money import Money
from app.donations import offers
from app.donations import queries as donation_queries
from app.nonprofits import payees
from app.projects import covers, drafting, lifecycle, queries, updates
from app.reports import totals
from app.web.access import allow
from app.web.desk.forms import CoverForm, ProjectForm, currency_of
from app.web.flashes import refusals_said
from app.web.forms import said
from app.web.loaders import load_nonprofit, load_project, may
from app.web.outside import object_store, settings
from app.web.signin import required_person
from app.web.text import _

desk_projects = Blueprint("desk_projects", __name__)


@desk_projects.get("/desk/<nonprofit_code>/projects")
@allow(Action.NONPROFIT_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_READ)
        projects = queries.of_nonprofit(session, nonprofit.id)
        page = {"may": may(session, nonprofit.id), "raised": totals.of_projects(session, projects)}
    goals = {project.id: Money(project.goal_minor, project.currency) for project in projects}
    return render_template("desk/projects.html", nonprofit=nonprofit, projects=projects, goals=goals, **page)


@desk_projects.route("/desk/<nonprofit_code>/projects/new", methods=["GET", "POST"])
@allow(Action.PROJECT_EDIT)
def new(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.PROJECT_EDIT)
    form = ProjectForm(currency=currency_of(nonprofit.country))
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                author = load_nonprofit(session, nonprofit_code, Action.PROJECT_EDIT)
                code = drafting.create(session, author, required_person().id, form.draft()).code
        except KindrelayError as error:
            form.refuse(error)
        else:
            flash(_("Saved as a draft. Nobody sees it until you publish it."), "good")
            return redirect(url_for("desk_projects.show", project_code=code), code=303)
    return render_template("desk/project_form.html", nonprofit=nonprofit, project=None, form=form)


@desk_projects.get("/desk/projects/<project_code>")
@allow(Action.NONPROFIT_READ)
def show(project_code: str) -> ResponseReturnValue:
    return _page(project_code, CoverForm())


@desk_projects.route("/desk/projects/<project_code>/edit", methods=["GET", "POST"])
@allow(Action.PROJECT_EDIT)
def edit(project_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        project = load_project(session, project_code, Action.PROJECT_EDIT)
        has_received = donation_queries.has_received(session, project)
    form = ProjectForm(project)
    form.close(drafting.closed_fields(project, has_received=has_received))
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                edited = load_project(session, project_code, Action.PROJECT_EDIT)
                received = donation_queries.has_received(session, edited)
                draft = form.draft(edited)
                drafting.edit(session, edited, required_person().id, draft, has_received=received)
        except KindrelayError as error:
            form.refuse(error)
        else:
            flash(_("Saved."), "good")
            return redirect(url_for("desk_projects.show", project_code=project_code), code=303)
    return render_template("desk/project_form.html", nonprofit=project.nonprofit, project=project, form=form)


@desk_projects.post("/desk/projects/<project_code>/publish")
@allow(Action.PROJECT_EDIT)
def publish(project_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            project = load_project(session, project_code, Action.PROJECT_EDIT)
            lifecycle.publish(session, project, required_person().id)
        flash(_("Published. Creators can put #%(tag)s on their videos now.", tag=project.tag), "good")
    return redirect(url_for("desk_projects.show", project_code=project_code), code=303)


@desk_projects.post("/desk/projects/<project_code>/close")
@allow(Action.PROJECT_EDIT)
def close(project_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            project = load_project(session, project_code, Action.PROJECT_EDIT)
            lifecycle.close(session, project, required_person().id)
        flash(_("Closed. The page stays, and says that nobody can give any more."), "good")
    return redirect(url_for("desk_projects.show", project_code=project_code), code=303)


@desk_projects.post("/desk/projects/<project_code>/cover")
@allow(Action.PROJECT_EDIT)
def cover(project_code: str) -> ResponseReturnValue:
    form, media = CoverForm(), object_store().media
    with unit_of_work() as session:
        load_project(session, project_code, Action.PROJECT_EDIT)
    sent = request.files.get("cover")
    try:
        key = covers.store(media, project_code, sent.read() if sent else b"")
        with unit_of_work() as session:
            project = load_project(session, project_code, Action.PROJECT_EDIT)
            before = covers.attach(session, project, required_person().id, key)
    except KindrelayError as error:
        form.refuse(error)
        return _page(project_code, form)
    if before is not None:
        media.delete(before)
    flash(_("The new cover is up."), "good")
    return redirect(url_for("desk_projects.show", project_code=project_code), code=303)


def _page(project_code: str, form: CoverForm) -> ResponseReturnValue:
    with unit_of_work() as session:
        project = load_project(session, project_code, Action.NONPROFIT_READ)
        account = payees.account_of(session, project.nonprofit)
        page = {
            "may": may(session, project.nonprofit_id),
            "raised": totals.of_projects(session, [project])[project.id],
            "updates": updates.of(session, project),
        }
    return render_template(
        "desk/project.html",
        nonprofit=project.nonprofit,
        project=project,
        goal=Money(project.goal_minor, project.currency),
        in_the_way=[said(found) for found in lifecycle.in_the_way(project)],
        obstacle=offers.obstacle_of(project, account, settings().payment_provider),
        form=form,
        **page,
    )
