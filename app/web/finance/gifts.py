"""The finance desk: what an organisation's money is doing, its donations one by one, and refunds."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.core.errors import KindrelayError, NotAllowed, NotFound
from app.core.money import Money
from app.donations import refunds
from app.donations.models import STATES, Donation
from app.finance import differences, gifts, overview, snapshots, timeline
from app.nonprofits.models import Nonprofit
from app.reports import movements
from app.web.access import allow
from app.web.desk import provider_pages
from app.web.finance.forms import RefundForm, chosen, wanted
from app.web.loaders import load_nonprofit, may
from app.web.signin import required_person
from app.web.text import _

desk_finance = Blueprint("desk_finance", __name__)


@desk_finance.get("/desk/<nonprofit_code>/money")
@allow(Action.MONEY_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        page = {
            "balances": snapshots.balances(session, nonprofit.id),
            "waiting": overview.waiting(session, nonprofit.id),
            "payouts": overview.payouts(session, nonprofit.id)[:5],
            "compared_at": differences.last_comparison(session),
        }
    return render_template("finance/index.html", nonprofit=nonprofit, **page)


@desk_finance.get("/desk/<nonprofit_code>/money/donations")
@allow(Action.MONEY_READ)
def donations(nonprofit_code: str) -> ResponseReturnValue:
    typed = chosen()
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        found = gifts.page(session, nonprofit.id, wanted(nonprofit, typed), request.args.get("after", ""))
        projects = gifts.projects(session, nonprofit.id)
    shown = found[: gifts.PAGE]
    return render_template(
        "finance/donations.html",
        nonprofit=nonprofit,
        donations=shown,
        projects=projects,
        states=STATES,
        typed=typed,
        is_first="after" not in request.args,
        after=shown[-1].number if len(found) > gifts.PAGE else None,
    )


@desk_finance.get("/desk/<nonprofit_code>/money/donations/<donation_number>")
@allow(Action.MONEY_READ)
def donation(nonprofit_code: str, donation_number: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        return _donation_page(session, nonprofit, donation_number, None)


@desk_finance.post("/desk/<nonprofit_code>/money/donations/<donation_number>/refund")
@allow(Action.REFUND_MAKE)
def refund(nonprofit_code: str, donation_number: str) -> ResponseReturnValue:
    form = RefundForm()
    is_whole = form.validate()
    try:
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.REFUND_MAKE)
            found = movements.donation_by_number(session, nonprofit.id, donation_number)
            if is_whole:
                amount = form.money(found.currency)
                person_id, reason = required_person().id, form.reason.data or ""
                refunds.ask(session, found, amount, reason, person_id, form.code.data or "")
    except (NotFound, NotAllowed):
        raise
    except KindrelayError as error:
        form.refuse(error)
        is_whole = False
    if is_whole:
        flash(_("The refund is on its way. This page shows when the provider has made it."), "good")
        return redirect(
            url_for("desk_finance.donation", nonprofit_code=nonprofit_code, donation_number=donation_number),
            code=303,
        )
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REFUND_MAKE)
        return _donation_page(session, nonprofit, donation_number, form), 422


def _donation_page(session: Session, nonprofit: Nonprofit, number: str, form: RefundForm | None) -> str:
    found = movements.donation_by_number(session, nonprofit.id, number)
    session.refresh(found, ["project", "payment_account"])
    left = refunds.left_to_refund(session, found)
    actions = may(session, nonprofit.id)
    return render_template(
        "finance/donation.html",
        nonprofit=nonprofit,
        donation=found,
        figures=gifts.figures(found),
        happenings=timeline.of(session, found),
        under_way=_under_way(session, found),
        left=left,
        may_refund=Action.REFUND_MAKE in actions and left.minor > 0 and not found.disputed_minor,
        form=form or RefundForm().begin(left),
        provider_page=provider_pages.of_payment(found),
    )


def _under_way(session: Session, found: Donation) -> list[Money]:
    asked = refunds.of_donation(session, found.id)
    return [Money(one.amount_minor, found.currency) for one in asked if one.state in refunds.UNDER_WAY]
