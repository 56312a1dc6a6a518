"""Gifts that are held out of rankings: why each is, and what a nonprofit decides about it."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core import clock
from app.core.db import unit_of_work
from app.credit import flags, left_out, reviewing
from app.finance import overview
from app.web.access import allow
from app.web.flashes import refusals_said
from app.web.loaders import load_nonprofit
from app.web.signin import required_person
from app.web.text import _

desk_integrity = Blueprint("desk_integrity", __name__)

MOST_PAGES = 500
DAYS_LEFT_OUT = 30


@desk_integrity.get("/desk/<nonprofit_code>/reports/held")
@allow(Action.RANKING_REVIEW)
def held(nonprofit_code: str) -> ResponseReturnValue:
    state = request.args.get("state", "")
    state = state if state in reviewing.STATES else reviewing.STATES[0]
    page = min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.RANKING_REVIEW)
        counts = reviewing.counts(session, nonprofit.id)
        parts = reviewing.parts(session, nonprofit.id, state, page)
        since = (clock.now() - timedelta(days=DAYS_LEFT_OUT)).date()
        uncounted = left_out.of_nonprofit(session, nonprofit.id, since)
        disputed = overview.waiting(session, nonprofit.id).disputes
    return render_template(
        "credit/flags.html",
        nonprofit=nonprofit,
        state=state,
        counts=counts,
        parts=parts[: reviewing.PAGE],
        page=page,
        pages=-(-counts[state] // reviewing.PAGE),
        longest_note=flags.MAX_NOTE_LENGTH,
        uncounted=uncounted,
        disputed=disputed,
        days=DAYS_LEFT_OUT,
    )


@desk_integrity.post("/desk/<nonprofit_code>/reports/held/<held_code>")
@allow(Action.RANKING_REVIEW)
def decide(nonprofit_code: str, held_code: str) -> ResponseReturnValue:
    decision, note = request.form.get("decision", ""), request.form.get("note", "")
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.RANKING_REVIEW)
            flags.decide(session, nonprofit.id, held_code, decision, note, required_person().id)
        flash(_("Saved, with your note."), "good")
    return redirect(url_for("desk_integrity.held", nonprofit_code=nonprofit_code), code=303)
