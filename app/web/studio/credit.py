"""The gifts a creator's videos moved, why each was split as it was, and what the creator says of it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import SelectField, TextAreaField

from app.core.db import unit_of_work
from app.core.errors import NotFound
from app.core.i18n import N_
from app.credit import claims, disputes, telling
from app.donations.models import Donation
from app.web.access import Rule, allow
from app.web.accounts.forms import REQUIRED
from app.web.flashes import refusals_said
from app.web.forms import Form
from app.web.signin import required_person
from app.web.text import _
from app.web.text import lazy as _l

studio_credit = Blueprint("studio_credit", __name__)


class DisputeForm(Form):
    video = SelectField(_l("Your video"))
    words = TextAreaField(_l("What happened"), REQUIRED)


@studio_credit.get("/studio/credit")
@allow(Rule.OWN)
def gifts() -> ResponseReturnValue:
    page = max(1, request.args.get("page", 1, int))
    with unit_of_work() as session:
        own, more = claims.of_creator(session, required_person().id, page)
        uncredited = claims.uncredited(session, required_person().id)
    return render_template(
        "credit/gifts.html", own=own, page=page, more=more, uncredited=uncredited if page == 1 else ()
    )


@studio_credit.route("/studio/credit/<donation_number>", methods=["GET", "POST"])
@allow(Rule.OWN)
def gift(donation_number: str) -> ResponseReturnValue:
    """Why a gift was split, as far as it is the creator's; a POST says that it is wrong."""
    creator_id, form = required_person().id, DisputeForm()
    with unit_of_work() as session:
        found = claims.donation(session, creator_id, donation_number)
        videos = disputes.speakers_videos(session, found, creator_id)
    form.video.choices = [(video.code, video.title) for video in videos]

    def say(session: Session) -> None:
        again = claims.donation(session, creator_id, donation_number)
        disputes.ask(session, again, creator_id, form.video.data or "", form.words.data or "")

    if form.sent_and_done(say):
        flash(_("Sent. The organisation decides, and you get its answer by mail."), "good")
        return redirect(url_for("studio_credit.gift", donation_number=donation_number), code=303)
    return _page(found, form)


@studio_credit.post("/studio/credit/<donation_number>/take-back")
@allow(Rule.OWN)
def take_back(donation_number: str) -> ResponseReturnValue:
    with refusals_said(), unit_of_work() as session:
        found = claims.donation(session, required_person().id, donation_number)
        said = disputes.of_creator(session, required_person().id, found.id)
        if not said:
            raise NotFound(N_("You have said nothing of this gift."))
        disputes.take_back(session, said[0])
        flash(_("Taken back. The split stays as it is."), "good")
    return redirect(url_for("studio_credit.gift", donation_number=donation_number), code=303)


def _page(found: Donation, form: DisputeForm) -> str:
    creator_id = required_person().id
    with unit_of_work() as session:
        why = telling.of(session, found)
        said = disputes.of_creator(session, creator_id, found.id)
        may_speak = disputes.may_speak(session, found, creator_id)
    return render_template(
        "credit/gift.html",
        donation=found,
        why=telling.own_only(why, creator_id) if why else None,
        said=said,
        asks=may_speak and not any(one.outcome == "open" for one in said),
        form=form,
    )
