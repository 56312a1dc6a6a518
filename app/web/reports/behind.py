"""What stands behind a report: the donations of every figure, the evidence of every donation."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.credit import disputes
from app.reports import evidence, movements
from app.web.access import allow
from app.web.loaders import load_nonprofit, may
from app.web.reports import asking

desk_reports_behind = Blueprint("desk_reports_behind", __name__)


@desk_reports_behind.get("/desk/<nonprofit_code>/reports/donations")
@allow(Action.REPORT_READ)
def donations(nonprofit_code: str) -> ResponseReturnValue:
    which = asking.which()
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        asked = asking.asked(nonprofit)
        found = movements.page(session, nonprofit.id, asked.period, which, request.args.get("after", ""))
        sums = movements.sums(session, nonprofit.id, asked.period, which)
        sees_donors = Action.DONOR_READ in may(session, nonprofit.id)
    return render_template(
        "reports/donations.html",
        nonprofit=nonprofit,
        asked=asked,
        which=which,
        sums=sums,
        movements=found.movements,
        next=found.next,
        is_first="after" not in request.args,
        sees_donors=sees_donors,
    )


@desk_reports_behind.get("/desk/<nonprofit_code>/reports/donations/<donation_number>")
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
