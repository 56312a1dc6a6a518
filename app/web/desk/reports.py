"""Reports of a nonprofit: figures, the donations behind every figure, the evidence behind every donation."""

from datetime import date

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core import clock
from app.core.db import unit_of_work
from app.credit import disputes
from app.nonprofits.models import Nonprofit
from app.reports import evidence, movements, periods, queries, ranked, report_table, tables
from app.reports.movements import Which
from app.reports.periods import Period
from app.web.access import allow
from app.web.loaders import load_nonprofit, may
from app.web.text import _

desk_reports = Blueprint("desk_reports", __name__)


@desk_reports.get("/desk/<nonprofit_code>/reports")
@allow(Action.REPORT_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        period = _period(nonprofit)
        shown = ranked.ranked(session, nonprofit.id, queries.report(session, nonprofit.id, period))
        questions = disputes.count_open(session, nonprofit.id)
    return render_template(
        "reports/index.html",
        questions=questions,
        nonprofit=nonprofit,
        report=shown.report,
        held=shown.held,
        as_of=period.as_of(clock.now()),
        choices=_choices(nonprofit),
    )


@desk_reports.get("/desk/<nonprofit_code>/reports/report.csv")
@allow(Action.REPORT_READ)
def as_csv(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        period = _period(nonprofit)
        report = queries.report(session, nonprofit.id, period)
    made = report_table.table(report, period.as_of(clock.now()), _)
    answer = Response(tables.write(made.header, made.rows), mimetype="text/csv")
    name = f"kindrelay-{nonprofit.code}-{period.first}-{period.last}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@desk_reports.get("/desk/<nonprofit_code>/reports/donations")
@allow(Action.REPORT_READ)
def donations(nonprofit_code: str) -> ResponseReturnValue:
    which = Which(
        currency=request.args.get("currency", ""),
        video_code=request.args.get("video", ""),
        creator_code=request.args.get("creator", ""),
        uncredited="uncredited" in request.args,
        project_code=request.args.get("project", ""),
    )
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        period = _period(nonprofit)
        figures = movements.figures(session, nonprofit.id, period, which)
        page = movements.page(session, nonprofit.id, period, which, request.args.get("after", ""))
        sees_donors = Action.DONOR_READ in may(session, nonprofit.id)
    return render_template(
        "reports/donations.html",
        nonprofit=nonprofit,
        period=period,
        which=which,
        figures=figures,
        page=page,
        sees_donors=sees_donors,
    )


@desk_reports.get("/desk/<nonprofit_code>/reports/donations/<donation_number>")
@allow(Action.REPORT_READ)
def donation(nonprofit_code: str, donation_number: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        found = movements.donation_by_number(session, nonprofit.id, donation_number)
        record = evidence.of(session, found)
        said = disputes.of_donation(session, found.id)
        sees_donors = Action.DONOR_READ in may(session, nonprofit.id)
    return render_template(
        "reports/donation.html",
        nonprofit=nonprofit,
        donation=found,
        record=record,
        disputes=said,
        sees_donors=sees_donors,
    )


def _period(nonprofit: Nonprofit) -> Period:
    """The period of the address; the latest days when it names none, or nonsense."""
    try:
        first = date.fromisoformat(request.args["first"])
        last = date.fromisoformat(request.args["last"])
    except (KeyError, ValueError):
        return periods.latest(clock.now(), nonprofit.time_zone)
    return periods.between(first, last, nonprofit.time_zone)


def _choices(nonprofit: Nonprofit) -> list[tuple[str, Period]]:
    latest = periods.latest(clock.now(), nonprofit.time_zone)
    month = periods.month_of(latest.last, nonprofit.time_zone)
    before = periods.month_of(month.previous().last, nonprofit.time_zone)
    return [(_("Last 30 days"), latest), (_("This month"), month), (_("Last month"), before)]
