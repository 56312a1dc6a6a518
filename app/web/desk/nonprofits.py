"""One's own organisations: the list, registering, the overview."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.credit import disputes, reviewing
from app.nonprofits import documents, registration, team, verification
from app.projects import drafting
from app.reports import rollups
from app.web.access import Rule, allow
from app.web.desk import checklist, lately
from app.web.desk.forms import ROLE_NAMES, NonprofitForm
from app.web.flashes import refusals_said
from app.web.loaders import load_nonprofit, may
from app.web.reports.rows import Words
from app.web.signin import required_person
from app.web.text import _

desk = Blueprint("desk", __name__)


@desk.get("/desk")
@allow(Rule.SIGNED_IN)
def home() -> ResponseReturnValue:
    with unit_of_work() as session:
        memberships = team.memberships(session, required_person().id)
    return render_template("desk/home.html", memberships=memberships, roles=ROLE_NAMES)


@desk.route("/desk/register", methods=["GET", "POST"])
@allow(Rule.SIGNED_IN)
def register() -> ResponseReturnValue:
    form = NonprofitForm()
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                code = registration.register(session, required_person().id, form.details()).code
        except KindrelayError as error:
            form.refuse(error)
        else:
            flash(_("Saved. Now add the documents that prove it."), "good")
            return redirect(url_for("desk_documents.index", nonprofit_code=code), code=303)
    return render_template("desk/register.html", form=form, nonprofit=None, papers_open=True)


@desk.get("/desk/<nonprofit_code>")
@allow(Action.NONPROFIT_READ)
def overview(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_READ)
        allowed = may(session, nonprofit.id)
        page = {
            "may": allowed,
            "lately": lately.sections(session, nonprofit) if Action.REPORT_READ in allowed else (),
            "words": Words(),
            "steps": checklist.steps(session, nonprofit),
            "documents": documents.of(session, nonprofit),
            "history": verification.history(session, nonprofit),
            "missing": registration.missing(session, nonprofit),
            "questions": disputes.count_open(session, nonprofit.id),
            "held": reviewing.counts(session, nonprofit.id)["waiting"],
        }
    return render_template(
        "desk/overview.html",
        nonprofit=nonprofit,
        papers_open=registration.papers_open(nonprofit),
        **page,
    )


@desk.route("/desk/<nonprofit_code>/edit", methods=["GET", "POST"])
@allow(Action.NONPROFIT_EDIT)
def edit(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_EDIT)
    papers_open = registration.papers_open(nonprofit)
    form = NonprofitForm(nonprofit)
    if not papers_open:
        form.close(registration.PAPERS)
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                edited = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_EDIT)
                zone = edited.time_zone
                registration.edit(session, edited, required_person().id, form.details(edited))
                if edited.time_zone != zone:
                    rollups.follow_zone(session, edited.id)
                drafting.reindex(session, edited)
        except KindrelayError as error:
            form.refuse(error)
        else:
            flash(_("Saved."), "good")
            return redirect(url_for("desk.overview", nonprofit_code=nonprofit_code), code=303)
    return render_template("desk/register.html", form=form, nonprofit=nonprofit, papers_open=papers_open)


@desk.post("/desk/<nonprofit_code>/submit")
@allow(Action.NONPROFIT_EDIT)
def submit(nonprofit_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_EDIT)
            verification.submit(session, nonprofit, required_person().id)
        flash(_("Handed in. We look at it by hand and write to you."), "good")
    return redirect(url_for("desk.overview", nonprofit_code=nonprofit_code), code=303)


@desk.post("/desk/<nonprofit_code>/reopen")
@allow(Action.NONPROFIT_EDIT)
def reopen(nonprofit_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_EDIT)
            verification.reopen(session, nonprofit, required_person().id)
        flash(_("Your papers are open. Change what is new, then hand them in again."), "good")
    return redirect(url_for("desk.overview", nonprofit_code=nonprofit_code), code=303)
