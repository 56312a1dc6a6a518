"""Files of reports on the desk: asked for, watched while they are made, downloaded while they are there."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.core.errors import Invalid
from app.core.i18n import N_
from app.nonprofits.models import Nonprofit
from app.reports import periods, shapes
from app.reports.files import orders
from app.reports.files.orders import Wanted
from app.reports.movements import Which
from app.web.access import allow
from app.web.flashes import refusals_said
from app.web.languages import language
from app.web.loaders import load_nonprofit, may
from app.web.outside import object_store
from app.web.reports.forms import FileForm
from app.web.signin import required_person
from app.web.text import _

desk_report_files = Blueprint("desk_report_files", __name__)

LINK_SECONDS = 120  # an address of the store that is handed out works for so long


@desk_report_files.get("/desk/<nonprofit_code>/reports/files")
@allow(Action.REPORT_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        listed = orders.listed(session, nonprofit.id, with_donors=_sees_donors(session, nonprofit))
    return render_template(
        "reports/files.html",
        nonprofit=nonprofit,
        files=listed,
        is_there=orders.is_there,
        busy=any(file.state in orders.IN_WORK for file in listed),
    )


@desk_report_files.post("/desk/<nonprofit_code>/reports/files")
@allow(Action.REPORT_READ)
def ask(nonprofit_code: str) -> ResponseReturnValue:
    form = FileForm()
    form.validate()
    with refusals_said(), unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        wanted = _wanted(form, nonprofit, with_donors=_sees_donors(session, nonprofit))
        orders.ask(session, nonprofit, required_person().id, wanted)
    return redirect(url_for("desk_report_files.index", nonprofit_code=nonprofit_code), code=303)


@desk_report_files.post("/desk/<nonprofit_code>/reports/files/<report_file_code>/again")
@allow(Action.REPORT_READ)
def again(nonprofit_code: str, report_file_code: str) -> ResponseReturnValue:
    with refusals_said(), unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        sees_donors = _sees_donors(session, nonprofit)
        file = orders.by_code(session, nonprofit.id, report_file_code, with_donors=sees_donors)
        orders.again(session, nonprofit, file, required_person().id)
    return redirect(url_for("desk_report_files.index", nonprofit_code=nonprofit_code), code=303)


@desk_report_files.get("/desk/<nonprofit_code>/reports/files/<report_file_code>")
@allow(Action.REPORT_READ)
def download(nonprofit_code: str, report_file_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        sees_donors = _sees_donors(session, nonprofit)
        file = orders.by_code(session, nonprofit.id, report_file_code, with_donors=sees_donors)
    if not orders.is_there(file) or file.object_key is None:
        flash(_("This file is not here. Ask for it again."), "problem")
        return redirect(url_for("desk_report_files.index", nonprofit_code=nonprofit_code), code=303)
    name = orders.name_of(file, nonprofit.code)
    address = object_store().private.presigned_get(file.object_key, LINK_SECONDS, name)
    answer = redirect(address, code=303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _sees_donors(session: Session, nonprofit: Nonprofit) -> bool:
    return Action.DONOR_READ in may(session, nonprofit.id)


def _wanted(form: FileForm, nonprofit: Nonprofit, *, with_donors: bool) -> Wanted:
    first, last = form.first.data, form.last.data
    if first is None or last is None or form.errors:
        raise Invalid("first", N_("Choose the first and the last day."))
    period = periods.between(first, last, nonprofit.time_zone)
    kind, format_ = form.kind.data or "", form.format.data or ""
    if kind != "donations":
        said = {name: form[name].data or "" for name in ("page", "step", "video", "creator", "project")}
        return Wanted(kind, format_, period, language(), shape=shapes.shape(said))
    which = Which(
        currency=form.currency.data or "",
        video_code=form.video.data or "",
        creator_code=form.creator.data or "",
        project_code=form.project.data or "",
        uncredited=bool(form.uncredited.data),
        relay=bool(form.relay.data),
    )
    return Wanted(kind, format_, period, language(), which, with_donors=with_donors)
