"""Views of a donor's gifts: asked for by email, opened by the mailed link, taken along, deleted."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock
from app.core.db import unit_of_work
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.core.money import Money
from app.credit import evidence, marks
from app.donations import donor_export, donors, monthly, receipt_pdf, statements
from app.donations.models import Donation
from app.nonprofits import directory
from app.projects.models import Project, ProjectUpdate
from app.videos.models import Video
from app.web.access import Rule, allow
from app.web.donate.closing import close
from app.web.donor.forms import FindForm, ForgetForm
from app.web.languages import language
from app.web.limits import FIND_GIFTS, OWN_GIFTS, RECEIPT, limiter
from app.web.outside import payments, settings
from app.web.private import private
from app.web.receipts.files import as_pdf

donor = Blueprint("donor", __name__, url_prefix="/gifts")

SHOWN = 200


@dataclass
class Trail:
    """Where a donor's money went: a project, what it kept, the videos that moved it, what it told since."""

    project: Project
    payee: str
    given: list[Money] = field(default_factory=list[Money])
    videos: dict[str, tuple[Video, Person]] = field(default_factory=dict[str, tuple[Video, Person]])
    news: list[ProjectUpdate] = field(default_factory=list[ProjectUpdate])


@donor.route("", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(FIND_GIFTS, methods=["POST"])
def find() -> ResponseReturnValue:
    """Ask for the link; the answer is the same whether anything was ever given with the address."""
    form = FindForm()
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                donors.ask(session, form.email.data or "")
        except KindrelayError as error:
            form.refuse(error)
        else:
            return private(render_template("donor/sent.html", email=form.email.data, hours=donors.LINK_HOURS))
    return render_template("donor/find.html", form=form)


@donor.get("/<donor_token>")
@allow(Rule.EVERYONE)
@limiter.limit(OWN_GIFTS)
def gifts(donor_token: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        email = donors.email_of(session, donor_token, settings().secret_key)
        arrived = [one for one in donors.gifts_of(session, email) if one.captured_minor]
        page = {
            "email": email,
            "gifts": arrived[:SHOWN],
            "in_all": len(arrived),
            "trails": _trails(session, email, arrived),
            "monthly": [
                (one, monthly.link_token(one.gift, settings().secret_key))
                for one in monthly.of_donor(session, email)
            ],
        }
    payees = {one.nonprofit.code: one.nonprofit.name for one in arrived}
    today = clock.now().date()
    gateway = payments()
    return private(
        render_template(
            "donor/gifts.html",
            **page,
            payees=payees,
            token=donor_token,
            year=(date(today.year, 1, 1), today),
            test_mode=gateway is not None and gateway.capabilities().test_mode,
        )
    )


@donor.get("/<donor_token>/statement")
@allow(Rule.EVERYONE)
@limiter.limit(RECEIPT)
def statement(donor_token: str) -> ResponseReturnValue:
    """What one organisation was given in a range of days, as PDF in the reader's language."""
    first, last = _day("first"), _day("last")
    if first > last:
        raise Invalid("last", N_("The last day must not be before the first."))
    with unit_of_work() as session:
        email = donors.email_of(session, donor_token, settings().secret_key)
        payee = directory.by_code(session, request.args.get("payee", ""))
        made = statements.statement(session, email, payee.id, first, last + timedelta(days=1))
    name = f"{payee.name} {first.isoformat()} {last.isoformat()}.pdf"
    return as_pdf(receipt_pdf.statement(made, language()), name)


@donor.get("/<donor_token>/export")
@allow(Rule.EVERYONE)
@limiter.limit(RECEIPT)
def export(donor_token: str) -> ResponseReturnValue:
    """All that is kept about the donor, as a JSON file."""
    with unit_of_work() as session:
        email = donors.email_of(session, donor_token, settings().secret_key)
        told = donor_export.of_donor(session, email)
        credited = evidence.videos_of(session, [gift.id for gift, _ in told.gifts])
        body = told.body({one: [video.code for video, _ in videos] for one, videos in credited.items()})
    answer = private(jsonify(body))
    answer.headers["Content-Disposition"] = 'attachment; filename="kindrelay-gifts.json"'
    return answer


@donor.route("/<donor_token>/forget", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(FIND_GIFTS, methods=["POST"])
def forget(donor_token: str) -> ResponseReturnValue:
    """Delete the donor's own data, once the donor has said so and gives nothing each month any more."""
    form = ForgetForm()
    with unit_of_work() as session:
        email = donors.email_of(session, donor_token, settings().secret_key)
        unpaid = donors.unpaid_monthly(session, email)
    if form.sent_and_valid():
        try:
            _close(unpaid)
            with unit_of_work() as session:
                marks.forget(session, email)
                donors.forget(session, email)
        except KindrelayError as error:
            form.refuse(error)
        else:
            return private(render_template("donor/forgotten.html"))
    page = render_template("donor/forget.html", form=form, email=email, token=donor_token)
    return private(page)


def _close(unpaid: list[Donation]) -> None:
    """Make monthly gifts that were begun unpayable: paid later, nobody could end them any more.

    Raises KindrelayError when one turns out to be paid.
    """
    gateway = payments()
    if gateway is not None and close(gateway, [one for one in unpaid if one.provider == gateway.name]):
        raise KindrelayError(
            N_(
                "A payment of yours has just arrived. Please try again in a moment, and end the monthly gift "
                "first."
            )
        )


def _trails(session: Session, email: str, arrived: list[Donation]) -> list[Trail]:
    trails: dict[int, Trail] = {}
    credited = evidence.videos_of(session, [one.id for one in arrived])
    for gift in arrived:
        trail = trails.setdefault(gift.project_id, Trail(gift.project, gift.nonprofit.name))
        trail.given.append(gift.kept)
        trail.videos |= {video.code: (video, creator) for video, creator in credited.get(gift.id, [])}
    for told in donors.news_for(session, email):
        trails[told.project.id].news.append(told.update)
    for trail in trails.values():
        trail.given = _added_up(trail.given)
    return list(trails.values())


def _added_up(amounts: list[Money]) -> list[Money]:
    """One sum a currency; two currencies are never summed."""
    sums: dict[str, Money] = {}
    for one in amounts:
        sums[one.currency] = sums.get(one.currency, Money(0, one.currency)) + one
    return list(sums.values())


def _day(name: str) -> date:
    """A day of the address, of these centuries: further off, no moment has one in every time zone."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        day = date.min
    if not 2000 <= day.year <= 2999:
        raise Invalid(name, N_("Write a date such as 2026-05-31."))
    return day
