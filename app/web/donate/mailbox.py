"""While a project is under attack: the way to the payment through the donor's mailbox."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.donations import offers, queries
from app.donations.gate_rules import Answer
from app.donations.models import Donation
from app.web.access import Rule, allow
from app.web.donate import gatekeeper
from app.web.donate.views import closed, open_payment
from app.web.outside import payments, settings
from app.web.private import private

donate_mailbox = Blueprint("donate_mailbox", __name__)


@donate_mailbox.get("/gifts/mailbox")
@allow(Rule.EVERYONE)
def sent() -> ResponseReturnValue:
    """Says that a link was mailed. Nothing of the gift is shown: whoever reads its mail goes on."""
    return render_template("donate/mailbox.html")


@donate_mailbox.get("/d/<donation_code>/confirm")
@allow(Rule.EVERYONE)
def ask(donation_code: str) -> ResponseReturnValue:
    """Where the mailed link leads. It opens nothing by itself: programs that read mail follow links, too."""
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
    if _needs_nothing(donation):
        return redirect(url_for("donate.thanks", donation_code=donation_code), code=303)
    return private(render_template("donate/confirm.html", donation=donation, refused=False))


@donate_mailbox.post("/d/<donation_code>/confirm")
@allow(Rule.EVERYONE)
def go_on(donation_code: str) -> ResponseReturnValue:
    """Open the payment, for the holder of the mailed link."""
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
        offer = offers.of_project(session, donation.project.code, settings().payment_provider)
    if _needs_nothing(donation):
        return redirect(url_for("donate.pay", donation_code=donation_code), code=303)
    if offer.obstacle is not None:
        return closed(offer, offer.obstacle)
    gateway = payments()
    if gateway is None:
        abort(404)
    verdict = gatekeeper.proven(donation)
    gatekeeper.report(verdict.attack_on)
    if verdict.answer is not Answer.PASS:
        page = private(render_template("donate/confirm.html", donation=donation, refused=True))
        return page, 429
    return redirect(open_payment(gateway, donation), code=303)


def _needs_nothing(donation: Donation) -> bool:
    return donation.state != "pending" or donation.pay_url is not None
