"""The report as one table: the same cells for every file that is made of it, and for programs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from app.core.i18n import N_
from app.reports.figures import Figures, Line
from app.reports.periods import Period
from app.reports.queries import Report
from app.reports.tables import Cell

Say = Callable[[str], str]
Columns = Sequence[tuple[str, str]]  # the name of each, for programs, and its words

WHO: Columns = (
    ("row", N_("Row")),
    ("creator", N_("Creator")),
    ("video", N_("Video")),
    ("project", N_("Project")),
    ("address", N_("Address")),
    ("currency", N_("Currency")),
)
FIGURES: Columns = (
    ("shown", N_("Shown")),
    ("views", N_("Views")),
    ("opens", N_("Donate sheet opened")),
    ("arrivals", N_("Arrivals by shares")),
    ("donations", N_("Donations")),
    ("donors", N_("Unique donors")),
    ("conversion", N_("Conversion")),
    ("gross", N_("Gross")),
    ("refunds", N_("Refunds")),
    ("fees", N_("Fees")),
    ("net", N_("Net")),
    ("relay_net", N_("Net through shares")),
    ("relay_share", N_("Relay share")),
    ("donations_before", N_("Donations in the period before")),
    ("net_before", N_("Net in the period before")),
)
STAMP: Columns = (
    ("first_day", N_("First day")),
    ("last_day", N_("Last day")),
    ("time_zone", N_("Time zone")),
    ("as_of", N_("As of (UTC)")),
    ("donors_as_of", N_("Donors as of (UTC)")),
    ("rule", N_("Credit rule")),
)


@dataclass(frozen=True)
class Table:
    """A head and rows as long as the head. Money is in cells of its own, beside its currency.

    The first `who` columns say what a row is of; the last `stamp` ones what days and rules it is by. `names`
    are those of the columns for programs: they are no words of a language.
    """

    header: list[str]
    rows: list[list[Cell]]
    who: int
    stamp: int
    names: list[str]
    period: Period
    as_of: datetime


def table(report: Report, as_of: datetime, _: Say) -> Table:
    """A row for each creator, video and project, for what no video moved, and for the total, a currency, as
    far as the report has these tables.

    `_` says a word in the reader's language. Every row names the period, when its figures are from (UTC) and
    the rules, so that a row that is copied somewhere else still says what it is.
    """
    return made([*WHO, *FIGURES], len(WHO), _rows(report, _), report, as_of, _)


def made(
    columns: Columns, who: int, rows: Iterable[Sequence[Cell]], report: Report, as_of: datetime, _: Say
) -> Table:
    """A table of these columns, of which `who` say what a row is of, each row with the stamp of a report."""
    period = report.period
    stamp: list[Cell] = [
        period.first.isoformat(),
        period.last.isoformat(),
        period.zone,
        as_of.strftime("%Y-%m-%d %H:%M:%S"),
        report.donors_as_of.strftime("%Y-%m-%d %H:%M:%S"),
        report.rule,
    ]
    whole = [*columns, *STAMP]
    return Table(
        header=[_(words) for _name, words in whole],
        rows=[[*cells, *stamp] for cells in rows],
        who=who,
        stamp=len(STAMP),
        names=[name for name, _words in whole],
        period=period,
        as_of=as_of,
    )


def _rows(report: Report, _: Say) -> Iterator[list[Cell]]:
    rest = [line for line in report.creators if line.creator is None]
    for line in report.creators:
        if line.creator:
            yield _cells(_("Creator"), line)
    for line in report.videos or rest:
        yield _cells(_("Video") if line.video else _("Not credited"), line)
    for line in report.projects:
        yield _cells(_("Project"), line)
    for line in report.totals:
        yield _cells(_("Total"), line)


def _cells(kind: str, line: Line) -> list[Cell]:
    return [
        kind,
        line.creator.name if line.creator else "",
        line.video.title if line.video else "",
        line.project.title if line.project else "",
        _address(line),
        line.now.currency,
        *figures(line.now, line.before),
    ]


def figures(now: Figures, before: Figures | None) -> list[Cell]:
    """The cells of FIGURES; those of the period before are empty where it has nothing to compare with."""
    return [
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
        before.donations if before else "",
        before.net if before else "",
    ]


def _address(line: Line) -> str:
    if line.video:
        return f"/v/{line.video.code}"
    return f"/p/{line.project.code}" if line.project else ""


def _share(share: Fraction | None) -> Cell:
    return "" if share is None else share
