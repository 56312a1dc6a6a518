"""Views of giving."""

from collections.abc import Callable

from flask import Blueprint, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core import ids
from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.credit import evidence
from app.donations import checkout, offers, queries
from app.donations.eligibility import NotEligible
from app.donations.models import Donation
from app.donations.offers import Offer
from app.gateways.payments.contract import PaymentGateway
from app.web.access import Rule, allow
from app.web.donate.forms import DonateForm
from app.web.limits import DONATE, limiter
from app.web.outside import payments, settings
from app.web.text import _

donate = Blueprint("donate", __name__)


@donate.route("/v/<video_code>/donate", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(DONATE, methods=["POST"])
def from_video(video_code: str) -> ResponseReturnValue:
    return _give(lambda session: offers.of_video(session, video_code, settings().payment_provider))


@donate.route("/p/<project_code>/donate", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(DONATE, methods=["POST"])
def from_project(project_code: str) -> ResponseReturnValue:
    return _give(lambda session: offers.of_project(session, project_code, settings().payment_provider))


@donate.get("/d/<donation_code>")
@allow(Rule.EVERYONE)
def thanks(donation_code: str) -> ResponseReturnValue:
    """The donor's own page: waits while the payment is on its way, then thanks and says who is credited."""
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
        parts = evidence.parts_of(session, donation.id)
    gateway = payments()
    on_its_way = donation.state == "pending" or _paid_meanwhile(gateway, donation)
    page = render_template(
        "donate/thanks.html", donation=donation, parts=parts, gateway=gateway, on_its_way=on_its_way
    )
    return _private(page)


@donate.get("/d/<donation_code>/pay")
@allow(Rule.EVERYONE)
def pay(donation_code: str) -> ResponseReturnValue:
    """On to the payment that was opened, unless the project may not receive any more."""
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
        offer = offers.of_project(session, donation.project.code, settings().payment_provider)
    if offer.obstacle is not None:
        return _closed(offer, offer.obstacle)
    return redirect(donation.pay_url or _own_page(donation), code=303)


@donate.get("/d/<donation_code>/state")
@allow(Rule.EVERYONE)
def state(donation_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
    settled = donation.state not in ("pending", request.args.get("shown"))
    return _private(jsonify(state=donation.state, settled=settled))


def _paid_meanwhile(gateway: PaymentGateway | None, donation: Donation) -> bool:
    """Whether a payment that had failed or expired has been made after all, and its event is yet to come."""
    if gateway is None or donation.reference is None or donation.state not in ("failed", "expired"):
        return False
    try:
        return gateway.fetch(donation.payment_account.reference, donation.reference).state == "paid"
    except KindrelayError:
        return False


def _give(find: Callable[[Session], Offer]) -> ResponseReturnValue:
    with unit_of_work() as session:
        offer = find(session)
    if offer.obstacle is not None:
        return _closed(offer, offer.obstacle)
    form = DonateForm(idempotency=ids.new_code(22))
    if form.sent_and_valid():
        try:
            return redirect(_next_step(find, form), code=303)
        except NotEligible as error:
            return _closed(offer, error.message)
        except KindrelayError as error:
            form.refuse(error)
    page = render_template(
        "donate/donate.html", form=form, project=offer.project, video=offer.video, creator=offer.creator
    )
    return page, 422 if form.problem or form.errors else 200


def _next_step(find: Callable[[Session], Offer], form: DonateForm) -> str:
    """Write the donation, open its payment, and say where the donor goes on; doing it again is safe."""
    gateway = payments()
    if gateway is None:
        abort(404)
    with unit_of_work() as session:
        offer = find(session)
        donation = checkout.start(
            session, offer, form.gift(offer.project.currency), form.idempotency.data or ""
        )
    if donation.state != "pending":
        return url_for("donate.thanks", donation_code=donation.code)
    if donation.pay_url is not None:
        return donation.pay_url
    opened = gateway.open_payment(checkout.payment_request(donation, _own_page(donation)))
    with unit_of_work() as session:
        checkout.opened(session, donation.id, opened)
    return opened.pay_url


def _own_page(donation: Donation) -> str:
    return settings().base_url.rstrip("/") + url_for("donate.thanks", donation_code=donation.code)


def _closed(offer: Offer, reason: str) -> ResponseReturnValue:
    page = render_template("donate/closed.html", project=offer.project, video=offer.video, reason=_(reason))
    return page, 409


def _private(body: object) -> ResponseReturnValue:
    """An answer that is for the holder of its address alone."""
    response = make_response(body)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
