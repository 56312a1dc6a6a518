"""The report as one table: the same cells for every file that is made of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.reports.queries import Line, Report
from app.reports.tables import Cell

Say = Callable[[str], str]


@dataclass(frozen=True)
class Table:
    """A head and rows as long as the head. Money is in cells of its own, beside its currency."""

    header: list[str]
    rows: list[list[Cell]]


def table(report: Report, as_of: datetime, _: Say) -> Table:
    """A row for each video, for what no video moved, and for the total, in each currency.

    `_` says a word in the reader's language. Every row names the period, when its figures are from (UTC) and
    the rules, so that a row that is copied somewhere else still says what it is.
    """
    stamp: list[Cell] = [
        report.period.first.isoformat(),
        report.period.last.isoformat(),
        report.period.zone,
        as_of.strftime("%Y-%m-%d %H:%M:%S"),
        report.rule,
    ]
    return Table(_header(_), [[*cells, *stamp] for cells in _rows(report, _)])


def _header(_: Say) -> list[str]:
    return [
        _("Row"),
        _("Creator"),
        _("Video"),
        _("Address"),
        _("Currency"),
        _("Donations"),
        _("Gross"),
        _("Refunds"),
        _("Fees"),
        _("Net"),
        _("Net in the period before"),
        _("First day"),
        _("Last day"),
        _("Time zone"),
        _("As of (UTC)"),
        _("Credit rule"),
    ]


def _rows(report: Report, _: Say) -> Iterator[list[Cell]]:
    for line in report.videos:
        yield _cells(_("Video") if line.video else _("Not credited"), line)
    for line in report.totals:
        yield _cells(_("Total"), line)


def _cells(kind: str, line: Line) -> list[Cell]:
    return [
        kind,
        line.creator.name if line.creator else "",
        line.video.title if line.video else "",
        f"/v/{line.video.code}" if line.video else "",
        line.now.currency,
        line.now.donations,
        line.now.gross,
        line.now.refunded,
        line.now.fees,
        line.now.net,
        line.before.net,
    ]
