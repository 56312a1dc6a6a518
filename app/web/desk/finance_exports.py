"""The finance desk's tables as CSV, sent as they are read, so that they can be of any length."""

from collections.abc import Iterable, Iterator, Sequence

from flask import Blueprint, Response, stream_with_context
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core import clock
from app.core.db import unit_of_work
from app.core.money import Money
from app.donations.models import Donation
from app.finance import gifts, overview
from app.finance.gifts import Filter
from app.reports import tables
from app.reports.tables import Cell
from app.web.access import allow
from app.web.desk.finance_forms import chosen, wanted
from app.web.loaders import load_nonprofit
from app.web.text import _

desk_finance_exports = Blueprint("desk_finance_exports", __name__)


@desk_finance_exports.get("/desk/<nonprofit_code>/money/donations.csv")
@allow(Action.MONEY_READ)
def donations(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
    rows = _donations(nonprofit.id, wanted(nonprofit, chosen()))
    name = f"kindrelay-{nonprofit.code}-donations-{clock.now():%Y-%m-%d}.csv"
    return _file(_donation_header(), rows, name)


@desk_finance_exports.get("/desk/<nonprofit_code>/money/payouts/<payout_code>/lines.csv")
@allow(Action.MONEY_READ)
def payout(nonprofit_code: str, payout_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        found = overview.payout(session, nonprofit.id, payout_code)
        lines = overview.lines(session, found)
    header = [_("Time (UTC)"), _("Kind"), _("Payment"), _("Donation"), _("Amount"), _("Fee"), _("Currency")]
    rows = (
        [
            f"{item.at:%Y-%m-%d %H:%M:%S}",
            item.kind,
            item.reference,
            donation.number if donation else "",
            Money(item.amount_minor, found.currency),
            Money(item.fee_minor, found.currency),
            found.currency,
        ]
        for item, donation in lines
    )
    return _file(header, rows, f"kindrelay-{nonprofit.code}-payout-{found.code}.csv")


def _donation_header() -> list[str]:
    return [
        _("Number"),
        _("Begun (UTC)"),
        _("Paid (UTC)"),
        _("State"),
        _("Donor"),
        _("Email"),
        _("Project"),
        _("Video"),
        _("Monthly"),
        _("Currency"),
        _("Amount"),
        _("Received"),
        _("Refunded"),
        _("Lost in disputes"),
        _("Held in disputes"),
        _("Fees"),
        _("Net"),
        _("Provider"),
        _("Payment"),
    ]


def _donations(nonprofit_id: int, which: Filter) -> Iterator[list[Cell]]:
    with unit_of_work() as session:
        for donation in gifts.every(session, nonprofit_id, which):
            yield _cells(donation)


def _cells(donation: Donation) -> list[Cell]:
    figures = gifts.figures(donation)
    return [
        donation.number,
        f"{donation.created_at:%Y-%m-%d %H:%M:%S}",
        f"{donation.paid_at:%Y-%m-%d %H:%M:%S}" if donation.paid_at else "",
        donation.state,
        "" if donation.anonymous else donation.donor_name,
        "" if donation.anonymous else donation.email,
        donation.project.title,
        donation.video.title if donation.video else "",
        _("yes") if donation.monthly_gift_id else _("no"),
        donation.currency,
        donation.amount,
        figures.received,
        figures.refunded,
        figures.lost,
        figures.held,
        figures.fees,
        figures.net,
        donation.provider,
        donation.capture_reference or donation.reference or "",
    ]


def _file(header: Sequence[str], rows: Iterable[Sequence[Cell]], name: str) -> Response:
    answer = Response(stream_with_context(tables.stream(header, rows)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
