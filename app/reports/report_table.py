"""The report as one table: the same cells for every file that is made of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from app.reports.figures import Line
from app.reports.queries import Report
from app.reports.tables import Cell

Say = Callable[[str], str]


@dataclass(frozen=True)
class Table:
    """A head and rows as long as the head. Money is in cells of its own, beside its currency.

    The first `who` columns say what a row is of; the last `stamp` ones what days and rules it is by.
    """

    header: list[str]
    rows: list[list[Cell]]
    who: int
    stamp: int


def table(report: Report, as_of: datetime, _: Say) -> Table:
    """A row for each creator, video and project, for what no video moved, and for the total, a currency.

    `_` says a word in the reader's language. Every row names the period, when its figures are from (UTC) and
    the rules, so that a row that is copied somewhere else still says what it is.
    """
    stamp: list[Cell] = [
        report.period.first.isoformat(),
        report.period.last.isoformat(),
        report.period.zone,
        as_of.strftime("%Y-%m-%d %H:%M:%S"),
        report.donors_as_of.strftime("%Y-%m-%d %H:%M:%S"),
        report.rule,
    ]
    who = [_("Row"), _("Creator"), _("Video"), _("Project"), _("Address"), _("Currency")]
    about = [
        _("First day"),
        _("Last day"),
        _("Time zone"),
        _("As of (UTC)"),
        _("Donors as of (UTC)"),
        _("Credit rule"),
    ]
    rows = [[*cells, *stamp] for cells in _rows(report, _)]
    return Table([*who, *_figures(_), *about], rows, len(who), len(about))


def _figures(_: Say) -> list[str]:
    return [
        _("Shown"),
        _("Views"),
        _("Donate sheet opened"),
        _("Arrivals by shares"),
        _("Donations"),
        _("Unique donors"),
        _("Conversion"),
        _("Gross"),
        _("Refunds"),
        _("Fees"),
        _("Net"),
        _("Net through shares"),
        _("Relay share"),
        _("Donations in the period before"),
        _("Net in the period before"),
    ]


def _rows(report: Report, _: Say) -> Iterator[list[Cell]]:
    for line in report.creators:
        if line.creator:
            yield _cells(_("Creator"), line)
    for line in report.videos:
        yield _cells(_("Video") if line.video else _("Not credited"), line)
    for line in report.projects:
        yield _cells(_("Project"), line)
    for line in report.totals:
        yield _cells(_("Total"), line)


def _cells(kind: str, line: Line) -> list[Cell]:
    now = line.now
    return [
        kind,
        line.creator.name if line.creator else "",
        line.video.title if line.video else "",
        line.project.title if line.project else "",
        _address(line),
        now.currency,
        now.shown,
        now.views,
        now.opens,
        now.arrivals,
        now.donations,
        now.donors,
        _share(now.conversion),
        now.gross,
        now.refunded,
        now.fees,
        now.net,
        now.relay,
        _share(now.relay_share),
        line.before.donations,
        line.before.net,
    ]


def _address(line: Line) -> str:
    if line.video:
        return f"/v/{line.video.code}"
    return f"/p/{line.project.code}" if line.project else ""


def _share(share: Fraction | None) -> Cell:
    return "" if share is None else share
