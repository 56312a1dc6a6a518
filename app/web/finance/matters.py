"""The finance desk's matters: disputes, payouts, and differences from the provider."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.finance import differences, overview, reconciliation
from app.nonprofits.models import Nonprofit
from app.web.access import allow
from app.web.desk import provider_pages
from app.web.finance.forms import NoteForm
from app.web.flashes import refusals_said
from app.web.loaders import load_nonprofit, may
from app.web.outside import payments
from app.web.signin import required_person
from app.web.text import _

desk_finance_matters = Blueprint("desk_finance_matters", __name__)

LINES_SHOWN = 500
DIFFERENCES_SHOWN = 200
SETTLED_SHOWN = 50


@desk_finance_matters.get("/desk/<nonprofit_code>/money/disputes")
@allow(Action.MONEY_READ)
def disputes(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        cases = overview.disputes(session, nonprofit.id)
        may_settle = _may_settle(session, nonprofit)
    pages = {case.dispute.code: provider_pages.of_payment(case.donation) for case in cases}
    return render_template(
        "finance/disputes.html", nonprofit=nonprofit, cases=cases, pages=pages, may_settle=may_settle
    )


@desk_finance_matters.post("/desk/<nonprofit_code>/money/disputes/<bank_dispute_code>/note")
@allow(Action.MONEY_SETTLE)
def note(nonprofit_code: str, bank_dispute_code: str) -> ResponseReturnValue:
    words = NoteForm().note.data or ""
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_SETTLE)
            overview.note_dispute(session, nonprofit.id, bank_dispute_code, words, required_person().id)
        flash(_("Saved."), "good")
    return redirect(url_for("desk_finance_matters.disputes", nonprofit_code=nonprofit_code), code=303)


@desk_finance_matters.get("/desk/<nonprofit_code>/money/payouts")
@allow(Action.MONEY_READ)
def payouts(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        found = overview.payouts(session, nonprofit.id, request.args.get("after", ""))
        may_compare = _may_settle(session, nonprofit) and payments() is not None
    shown = found[: overview.PAGE]
    return render_template(
        "finance/payouts.html",
        nonprofit=nonprofit,
        payouts=shown,
        may_compare=may_compare,
        is_first="after" not in request.args,
        after=shown[-1].payout.code if len(found) > overview.PAGE else None,
    )


@desk_finance_matters.get("/desk/<nonprofit_code>/money/payouts/<payout_code>")
@allow(Action.MONEY_READ)
def payout(nonprofit_code: str, payout_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        found = overview.payout(session, nonprofit.id, payout_code)
        lines = overview.lines(session, found, LINES_SHOWN + 1)
        parts = overview.parts(session, found)
    return render_template(
        "finance/payout.html",
        nonprofit=nonprofit,
        payout=found,
        parts=parts,
        lines=lines[:LINES_SHOWN],
        has_more=len(lines) > LINES_SHOWN,
    )


@desk_finance_matters.get("/desk/<nonprofit_code>/money/differences")
@allow(Action.MONEY_READ)
def differing(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        found = differences.of_nonprofit(session, nonprofit.id, settled=False, limit=DIFFERENCES_SHOWN)
        settled = differences.of_nonprofit(session, nonprofit.id, settled=True, limit=SETTLED_SHOWN)
        page = {
            "found": found,
            "settled": settled,
            "numbers": differences.numbers(session, [*found, *settled]),
            "repaired": overview.repaired(session, nonprofit.id),
            "compared_at": differences.last_comparison(session),
            "may_settle": (may_settle := _may_settle(session, nonprofit)),
            "may_compare": may_settle and payments() is not None,
        }
    return render_template("finance/differences.html", nonprofit=nonprofit, **page)


@desk_finance_matters.post("/desk/<nonprofit_code>/money/compare")
@allow(Action.MONEY_SETTLE)
def compare(nonprofit_code: str) -> ResponseReturnValue:
    if payments() is None:
        abort(404)
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_SETTLE)
        reconciliation.ask_now(session, nonprofit.code, required_person().id)
    flash(_("We are asking the provider. Load this page again in a minute."), "waiting")
    page = "payouts" if request.form.get("page") == "payouts" else "differing"
    return redirect(url_for(f"desk_finance_matters.{page}", nonprofit_code=nonprofit_code), code=303)


@desk_finance_matters.post("/desk/<nonprofit_code>/money/differences/<difference_code>/settle")
@allow(Action.MONEY_SETTLE)
def settle(nonprofit_code: str, difference_code: str) -> ResponseReturnValue:
    words = NoteForm().note.data or ""
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_SETTLE)
            found = differences.one_of(session, nonprofit.id, difference_code)
            differences.settle(session, found, words, required_person().id)
        flash(_("Settled, with your note."), "good")
    return redirect(url_for("desk_finance_matters.differing", nonprofit_code=nonprofit_code), code=303)


def _may_settle(session: Session, nonprofit: Nonprofit) -> bool:
    return Action.MONEY_SETTLE in may(session, nonprofit.id)
