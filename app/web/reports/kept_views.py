"""Views of the reports that are kept under a name, and their mails."""

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.nonprofits.models import Nonprofit
from app.reports import report_mails, saved_views
from app.reports.files.models import SavedView
from app.reports.saved_views import CHOICES, Sketch
from app.web.access import allow
from app.web.flashes import refusals_said
from app.web.loaders import load_nonprofit
from app.web.reports.forms import FIXED, PAGES, SPANS, MailForm, NameForm, ViewForm
from app.web.signin import required_person
from app.web.text import _

desk_report_views = Blueprint("desk_report_views", __name__)


@desk_report_views.route("/desk/<nonprofit_code>/reports/views", methods=["GET", "POST"])
@allow(Action.REPORT_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    form = _begun()

    def keep(session: Session) -> None:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        saved_views.keep(session, nonprofit, required_person().id, _sketch(form))

    if form.sent_and_done(keep):
        flash(_("Kept."), "good")
        return _back(nonprofit_code)
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        views = saved_views.of(session, nonprofit.id)
        mails = report_mails.of_person(session, nonprofit.id, required_person().id)
    return render_template(
        "reports/views.html",
        nonprofit=nonprofit,
        views=views,
        mails=mails,
        form=form,
        fixed=FIXED,
        pages=dict(PAGES),
        spans=dict(SPANS),
        mail_form=MailForm,
        own_email=required_person().email,
    )


@desk_report_views.get("/desk/<nonprofit_code>/reports/views/<saved_view_code>")
@allow(Action.REPORT_READ)
def open_view(nonprofit_code: str, saved_view_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        _, view = _load(session, nonprofit_code, saved_view_code)
        says = saved_views.address_of(view)
    address = url_for("desk_reports.index", nonprofit_code=nonprofit_code)
    page = "" if view.page == saved_views.PAGES[0] else f"/{view.page}"
    return redirect(f"{address}{page}?{urlencode(says)}", code=303)


@desk_report_views.post("/desk/<nonprofit_code>/reports/views/<saved_view_code>/rename")
@allow(Action.REPORT_READ)
def rename(nonprofit_code: str, saved_view_code: str) -> ResponseReturnValue:
    form = NameForm()
    form.validate()
    with refusals_said(), unit_of_work() as session:
        _, view = _load(session, nonprofit_code, saved_view_code)
        saved_views.rename(session, view, form.name.data or "")
    return _back(nonprofit_code)


@desk_report_views.post("/desk/<nonprofit_code>/reports/views/<saved_view_code>/remove")
@allow(Action.REPORT_READ)
def remove(nonprofit_code: str, saved_view_code: str) -> ResponseReturnValue:
    with refusals_said(), unit_of_work() as session:
        _, view = _load(session, nonprofit_code, saved_view_code)
        saved_views.remove(session, view, required_person().id)
    return _back(nonprofit_code)


@desk_report_views.post("/desk/<nonprofit_code>/reports/views/<saved_view_code>/mail")
@allow(Action.REPORT_READ)
def mail(nonprofit_code: str, saved_view_code: str) -> ResponseReturnValue:
    form, person = MailForm(), required_person()
    with refusals_said():
        with unit_of_work() as session:
            nonprofit, view = _load(session, nonprofit_code, saved_view_code)
            wanted = report_mails.want(
                session, view, nonprofit, person.id, form.every.data or "", form.format.data or ""
            )
        if wanted.confirmed_at is None:
            flash(
                _("We have mailed a link to %(email)s. Open it, and the mails begin.", email=person.email),
                "good",
            )
    return _back(nonprofit_code)


@desk_report_views.post("/desk/<nonprofit_code>/reports/views/<saved_view_code>/mail/stop")
@allow(Action.REPORT_READ)
def stop_mail(nonprofit_code: str, saved_view_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        _, view = _load(session, nonprofit_code, saved_view_code)
        report_mails.stop_own(session, view, required_person().id)
    return _back(nonprofit_code)


def _load(session: Session, nonprofit_code: str, code: str) -> tuple[Nonprofit, SavedView]:
    nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
    return nonprofit, saved_views.by_code(session, nonprofit.id, code)


def _back(nonprofit_code: str) -> ResponseReturnValue:
    return redirect(url_for("desk_report_views.index", nonprofit_code=nonprofit_code), code=303)


def _begun() -> ViewForm:
    """The form of a new view: of the page that somebody comes from, as its address says."""
    asked = request.args
    is_fixed = "first" in asked and "span" not in asked
    return ViewForm(
        page=asked.get("page", "creators"),
        span=FIXED if is_fixed else asked.get("span", "last-month"),
        first=asked.get("first", type=date.fromisoformat),
        last=asked.get("last", type=date.fromisoformat),
        **{name: asked.get(name, "") for name in CHOICES},
    )


def _sketch(form: ViewForm) -> Sketch:
    span = form.span.data or ""
    return Sketch(
        name=form.name.data or "",
        page=form.page.data or "",
        span="" if span == FIXED else span,
        first=form.first.data,
        last=form.last.data,
        choices={name: form[name].data or "" for name in CHOICES},
    )
