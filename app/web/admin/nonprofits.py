"""Checking organisations: the queue, one organisation with its papers, the decision."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core import alerts, tasks
from app.core.db import unit_of_work
from app.gateways.mail import kept
from app.nonprofits import documents, payees, registration, team, verification
from app.nonprofits.models import STATUSES
from app.nonprofits.verification import Decision
from app.web.access import Rule, allow
from app.web.admin.forms import DecisionForm
from app.web.desk.forms import DOCUMENT_KIND_NAMES, ROLE_NAMES
from app.web.forms import said
from app.web.loaders import load_any_nonprofit
from app.web.outside import object_store
from app.web.signin import required_person
from app.web.text import _

admin = Blueprint("admin", __name__)

NEWEST_MAILS = 5


@admin.get("/admin")
@allow(Rule.ADMIN)
def queues() -> ResponseReturnValue:
    with unit_of_work() as session:
        page = {
            "alerts": alerts.unseen(session),
            "waiting": verification.waiting(session),
            "dead": tasks.dead(session),
            "mails": kept.newest(session, NEWEST_MAILS),
        }
    return render_template("admin/queues.html", **page)


@admin.get("/admin/nonprofits")
@allow(Rule.ADMIN)
def nonprofits() -> ResponseReturnValue:
    status = request.args.get("status", "")
    asked = status if status in STATUSES else None
    with unit_of_work() as session:
        found = verification.with_status(session, asked)
    return render_template("admin/nonprofits.html", nonprofits=found, asked=asked, statuses=STATUSES)


@admin.get("/admin/nonprofits/<nonprofit_code>")
@allow(Rule.ADMIN)
def nonprofit(nonprofit_code: str) -> ResponseReturnValue:
    return _page(nonprofit_code)


@admin.post("/admin/nonprofits/<nonprofit_code>/decide")
@allow(Rule.ADMIN)
def decide(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        checked = load_any_nonprofit(session, nonprofit_code)
    form = DecisionForm(verification.open_decisions(checked))

    def step(session: Session) -> None:
        found = load_any_nonprofit(session, nonprofit_code)
        decision, reason = Decision(form.decision.data), form.reason.data or ""
        verification.decide(session, found, decision, reason, required_person().id)

    if not form.sent_and_done(step):
        return _page(nonprofit_code, form)
    flash(_("Decided. %(nonprofit)s reads your reason by mail.", nonprofit=checked.name), "good")
    return redirect(url_for("admin.queues"), code=303)


@admin.get("/admin/nonprofits/<nonprofit_code>/documents/<document_code>")
@allow(Rule.ADMIN)
def document(nonprofit_code: str, document_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = documents.one(session, load_any_nonprofit(session, nonprofit_code), document_code)
    return redirect(documents.address(object_store().private, found), code=303)


def _page(nonprofit_code: str, form: DecisionForm | None = None) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = load_any_nonprofit(session, nonprofit_code)
        page = {
            "documents": documents.of(session, found),
            "history": verification.history(session, found),
            "members": team.members(session, found),
            "missing": [said(error) for error in registration.missing(session, found)],
            "account": payees.account_of(session, found),
        }
    return render_template(
        "admin/nonprofit.html",
        nonprofit=found,
        form=form or DecisionForm(verification.open_decisions(found)),
        kinds=DOCUMENT_KIND_NAMES,
        roles=ROLE_NAMES,
        **page,
    )
