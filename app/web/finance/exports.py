"""The finance desk's tables as CSV, of any length.

A table is written to a file first and sent once the transaction is closed: however slowly somebody reads it,
no connection of the database waits for that.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from tempfile import SpooledTemporaryFile

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from app.accounts.permissions import Action
from app.core import clock
from app.core.db import unit_of_work
from app.donations.models import Donation
from app.finance import gifts, overview
from app.finance.models import Payout, PayoutItem
from app.reports import tables
from app.reports.tables import Cell
from app.web.access import allow
from app.web.finance.forms import chosen, wanted
from app.web.loaders import load_nonprofit
from app.web.text import _

desk_finance_exports = Blueprint("desk_finance_exports", __name__)

IN_MEMORY = 1 << 20  # bytes; what is longer goes to the disk
PIECE = 1 << 16


@desk_finance_exports.get("/desk/<nonprofit_code>/money/donations.csv")
@allow(Action.MONEY_READ)
def donations(nonprofit_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        found = gifts.every(session, nonprofit.id, wanted(nonprofit, chosen()))
        file = _written(_donation_header(), map(_cells, found))
    return _sent(file, f"kindrelay-{nonprofit.code}-donations-{clock.now():%Y-%m-%d}.csv")


@desk_finance_exports.get("/desk/<nonprofit_code>/money/payouts/<payout_code>/lines.csv")
@allow(Action.MONEY_READ)
def payout(nonprofit_code: str, payout_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.MONEY_READ)
        found = overview.payout(session, nonprofit.id, payout_code)
        file = _written(_line_header(), _lines(found, overview.lines(session, found)))
    return _sent(file, f"kindrelay-{nonprofit.code}-payout-{found.code}.csv")


def _line_header() -> list[str]:
    return [
        _("Time (UTC)"),
        _("Kind"),
        _("Payment"),
        _("Donation"),
        _("Amount"),
        _("Fee"),
        _("Currency"),
        _("Other business"),
    ]


def _lines(payout: Payout, lines: Iterable[tuple[PayoutItem, Donation | None]]) -> Iterator[list[Cell]]:
    for item, donation in lines:
        yield [
            f"{item.at:%Y-%m-%d %H:%M:%S}",
            item.kind,
            item.reference,
            donation.number if donation else "",
            payout.money(item.amount_minor),
            payout.money(item.fee_minor),
            payout.currency,
            _("yes") if item.is_other else _("no"),
        ]


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


def _written(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> SpooledTemporaryFile[bytes]:
    """A table as a file, from its beginning; whoever sends it closes it."""
    file = SpooledTemporaryFile[bytes](max_size=IN_MEMORY)
    words = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    tables.into(words, header, rows)
    words.detach()
    return file


def _sent(file: SpooledTemporaryFile[bytes], name: str) -> Response:
    size = file.tell()
    file.seek(0)
    answer = Response(_pieces(file), mimetype="text/csv")
    answer.call_on_close(file.close)
    answer.content_length = size
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _pieces(file: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
