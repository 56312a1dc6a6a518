"""What creators say of a split, and what the nonprofit decides: words, or credit that is moved."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import TextAreaField

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.core.errors import KindrelayError, NotAllowed, NotFound
from app.credit import comparing, disputes, telling
from app.credit.disputes import Asked
from app.reports import decisions
from app.web.access import allow
from app.web.accounts.forms import REQUIRED
from app.web.forms import Form, said
from app.web.loaders import load_nonprofit, may
from app.web.signin import required_person
from app.web.text import _
from app.web.text import lazy as _l

desk_credit = Blueprint("desk_credit", __name__)

PARTS = "parts-"  # before a video's code, in the names of fields; with nothing after it: no video


class AnswerForm(Form):
    reason = TextAreaField(_l("Your answer to the creator"), REQUIRED)


@desk_credit.get("/desk/<nonprofit_code>/credit")
@allow(Action.REPORT_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        found = disputes.of_nonprofit(session, nonprofit.id)
    return render_template("credit/disputes.html", nonprofit=nonprofit, found=found)


@desk_credit.get("/desk/<nonprofit_code>/credit/<credit_dispute_code>")
@allow(Action.REPORT_READ)
def dispute(nonprofit_code: str, credit_dispute_code: str) -> ResponseReturnValue:
    return _page(nonprofit_code, credit_dispute_code, AnswerForm())


@desk_credit.post("/desk/<nonprofit_code>/credit/<credit_dispute_code>/reject")
@allow(Action.CREDIT_DECIDE)
def reject(nonprofit_code: str, credit_dispute_code: str) -> ResponseReturnValue:
    def leave(session: Session, asked: Asked, form: AnswerForm) -> None:
        disputes.reject(session, asked.dispute, form.reason.data or "", required_person().id)

    return _decide(
        nonprofit_code, credit_dispute_code, leave, _("The credit stays. The creator is told why.")
    )


@desk_credit.post("/desk/<nonprofit_code>/credit/<credit_dispute_code>/move")
@allow(Action.CREDIT_DECIDE)
def move(nonprofit_code: str, credit_dispute_code: str) -> ResponseReturnValue:
    def give(session: Session, asked: Asked, form: AnswerForm) -> None:
        decisions.move(session, asked.dispute, _parts(), form.reason.data or "", required_person().id)

    return _decide(
        nonprofit_code, credit_dispute_code, give, _("The credit is moved. The creator is told why.")
    )


def _decide(
    nonprofit_code: str, code: str, step: Callable[[Session, Asked, AnswerForm], None], done: str
) -> ResponseReturnValue:
    form = AnswerForm()
    with unit_of_work() as session:
        load_nonprofit(session, nonprofit_code, Action.CREDIT_DECIDE)

    def take(session: Session) -> None:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.CREDIT_DECIDE)
        step(session, disputes.by_code(session, nonprofit.id, code), form)

    if not form.sent_and_done(take):
        return _page(nonprofit_code, code, form)
    flash(done, "good")
    return redirect(
        url_for("desk_credit.dispute", nonprofit_code=nonprofit_code, credit_dispute_code=code), code=303
    )


def _page(nonprofit_code: str, code: str, form: AnswerForm) -> str:
    """A dispute; with parts in the address, or in a form that was refused, what they would change."""
    refusal, changes, parts = "", [], _parts()
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.REPORT_READ)
        asked = disputes.by_code(session, nonprofit.id, code)
        if parts and asked.dispute.outcome == "open":
            try:
                changes = comparing.changes(session, asked.donation, parts)
            except (NotFound, NotAllowed):
                raise
            except KindrelayError as error:
                refusal = said(error)
        return render_template(
            "credit/dispute.html",
            nonprofit=nonprofit,
            asked=asked,
            why=telling.of(session, asked.donation),
            candidates=disputes.candidates(session, asked.donation),
            parts=parts,
            changes=changes,
            refusal=refusal,
            form=form,
            may_decide=Action.CREDIT_DECIDE in may(session, nonprofit.id),
            prefix=PARTS,
        )


def _parts() -> dict[str, int]:
    """The parts that were written, by the video's code; what is no whole number is none that can be taken."""
    sent = request.form if request.method == "POST" else request.args
    written = {name.removeprefix(PARTS): value for name, value in sent.items() if name.startswith(PARTS)}
    return {code: _whole(value) for code, value in written.items()}


def _whole(value: str) -> int:
    value = value.strip()
    if not value:
        return 0
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
