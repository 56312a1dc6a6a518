"""Views of giving."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.credit import evidence, marks, relay, telling
from app.donations import checkout, offers, queries
from app.donations.checkout import Origin
from app.donations.eligibility import NotEligible
from app.donations.models import Donation
from app.donations.offers import Offer
from app.gateways.payments.contract import Capabilities, PaymentGateway
from app.web import visitors
from app.web.access import Rule, allow
from app.web.donate import coming_back, gatekeeper
from app.web.donate.closing import close
from app.web.donate.forms import DonateForm
from app.web.outside import payments, settings
from app.web.private import private
from app.web.signin import current_person
from app.web.text import _

donate = Blueprint("donate", __name__)


@donate.route("/v/<video_code>/donate", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
def from_video(video_code: str) -> ResponseReturnValue:
    return _give(lambda session: offers.of_video(session, video_code, settings().payment_provider))


@donate.route("/p/<project_code>/donate", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
def from_project(project_code: str) -> ResponseReturnValue:
    return _give(lambda session: offers.of_project(session, project_code, settings().payment_provider))


@donate.get("/d/<donation_code>")
@allow(Rule.EVERYONE)
def thanks(donation_code: str) -> ResponseReturnValue:
    """The donor's own page: waits while the payment is on its way, then thanks and says who is credited."""
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
        parts = evidence.parts_of(session, donation.id)
        share = relay.of_gift(session, donation) if parts else None
        chain = relay.chain(session, share.id) if share else None
    gateway = payments()
    missed = donation.state in ("failed", "expired") and coming_back.is_paid(gateway, donation)
    on_its_way = donation.state == "pending" or missed
    page = render_template(
        "donate/thanks.html",
        donation=donation,
        parts=parts,
        test_mode=gateway is not None and gateway.name == donation.provider and _provider_can().test_mode,
        on_its_way=on_its_way,
        share=share,
        chain=chain,
    )
    return private(page)


@donate.get("/d/<donation_code>/chain")
@allow(Rule.EVERYONE)
def chain(donation_code: str) -> ResponseReturnValue:
    """What came of the donor's share, as the piece of the page that shows it."""
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
        share = relay.of_gift(session, donation) if donation.captured_minor else None
        grown = relay.chain(session, share.id) if share else None
    return private(render_template("donate/chain.html", chain=grown))


@donate.get("/d/<donation_code>/why")
@allow(Rule.EVERYONE)
def why(donation_code: str) -> ResponseReturnValue:
    """Why the donor's gift is credited as it is: an address that stays, for who knows the gift's code."""
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
        told = telling.of(session, donation)
    return private(render_template("credit/donor.html", donation=donation, why=told))


@donate.get("/d/<donation_code>/pay")
@allow(Rule.EVERYONE)
def pay(donation_code: str) -> ResponseReturnValue:
    """On to the payment that was opened, unless the project may not receive any more."""
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
        offer = offers.of_project(session, donation.project.code, settings().payment_provider)
    if offer.obstacle is not None:
        return closed(offer, offer.obstacle)
    return redirect(donation.pay_url or _own_page(donation), code=303)


@donate.get("/d/<donation_code>/state")
@allow(Rule.EVERYONE)
def state(donation_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        donation = queries.by_code(session, donation_code)
    settled = donation.state not in ("pending", request.args.get("shown"))
    return private(jsonify(state=donation.state, settled=settled))


def _give(find: Callable[[Session], Offer]) -> ResponseReturnValue:
    with unit_of_work() as session:
        offer = find(session)
    if offer.obstacle is not None:
        return closed(offer, offer.obstacle)
    unpaid = _unpaid(offer) if request.method == "GET" and "empty" not in request.args else None
    form, status = DonateForm(**_filled_in(unpaid)), 200
    if form.sent_and_valid():
        try:
            return _go_on(_next_step(find, form, offer.project.currency))
        except NotEligible as error:
            return closed(offer, error.message)
        except KindrelayError as error:
            form.refuse(error)
            status = gatekeeper.status_of(error)
            if isinstance(error, gatekeeper.PressAgain):
                form.idempotency.data = gatekeeper.new_token()
    page = render_template(
        "donate/donate.html",
        form=form,
        project=offer.project,
        video=offer.video,
        creator=offer.creator,
        provider=_provider_can(),
        unpaid=unpaid,
    )
    answer = make_response(page, status)
    if unpaid is not None:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _unpaid(offer: Offer) -> Donation | None:
    """What this browser began for the project before, and has not paid."""
    with unit_of_work() as session:
        begun = coming_back.unpaid(session, offer.project)
    return None if begun is None or coming_back.is_paid(payments(), begun) else begun


def _filled_in(unpaid: Donation | None) -> dict[str, Any]:
    if unpaid is not None:
        return coming_back.written(unpaid)
    return {"idempotency": gatekeeper.new_token(), "frequency": "once"}


def _go_on(address: str) -> ResponseReturnValue:
    """To where the donor goes on; a script is told the address, because it cannot read it from a redirect."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(next=address)
    return redirect(address, code=303)


def _next_step(find: Callable[[Session], Offer], form: DonateForm, currency: str) -> str:
    """Write the donation, open its payment, and say where the donor goes on; doing it again is safe."""
    gateway = payments()
    if gateway is None:
        abort(404)
    gift = form.gift(currency, monthly_offered=_provider_can().monthly)  # what is wrong with it is said first
    token = form.idempotency.data or ""
    with gatekeeper.at_the_gate(token) as gate, unit_of_work() as session:
        offer = find(session)
        donation = checkout.start(session, offer, gift, token, _origin(session))
        if (giver := current_person()) is not None:
            marks.signed_in(session, donation.id, giver.id)
        gate.let_in(session, donation)
        left_behind = checkout.left_behind(session, donation)
        earlier = coming_back.unpaid(session, offer.project)
    if paid := close(gateway, left_behind):
        return url_for("donate.thanks", donation_code=paid.code)
    if earlier and earlier.pay_url and earlier.id not in {donation.id, *(one.id for one in left_behind)}:
        close(gateway, [earlier])  # begun on another form; one that is paid by now is another gift
    coming_back.remember(donation)
    if donation.state != "pending":
        return url_for("donate.thanks", donation_code=donation.code)
    if gate.waits_for_mail:
        return url_for("donate_mailbox.sent")
    return donation.pay_url or open_payment(gateway, donation)


def open_payment(gateway: PaymentGateway, donation: Donation) -> str:
    """Open the payment of a pending donation, and say where it is paid; doing it again is safe."""
    asked = checkout.payment_request(donation, _own_page(donation), mobile=_on_a_phone())
    opened = gateway.open_payment(asked)
    with unit_of_work() as session:
        checkout.opened(session, donation.id, opened)
    return opened.pay_url


def _origin(session: Session) -> Origin:
    known = visitors.visitor()
    share = relay.find(session, visitors.came_by())
    return Origin(known.code if known else "", share.id if share else None)


def _on_a_phone() -> bool:
    """What the browser says of itself; some providers have a pay page for each."""
    return "Mobi" in request.user_agent.string or request.headers.get("Sec-CH-UA-Mobile") == "?1"


def _provider_can() -> Capabilities:
    gateway = payments()
    return gateway.capabilities() if gateway else Capabilities(test_mode=False, partial_refunds=False)


def _own_page(donation: Donation) -> str:
    return settings().base_url.rstrip("/") + url_for("donate.thanks", donation_code=donation.code)


def closed(offer: Offer, reason: str) -> ResponseReturnValue:
    """The page that says why a project may not receive."""
    page = render_template("donate/closed.html", project=offer.project, video=offer.video, reason=_(reason))
    return page, 409
