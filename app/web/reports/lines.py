"""The lines of a report as a page shows them: a section a currency, its columns, its order, its chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.core.money import Money
from app.reports.figures import Figures, Line
from app.reports.queries import Report
from app.web import charts
from app.web.charts import Bar
from app.web.text import _
from app.web.text import lazy as _l

MOST_BARS = 8
# Of a table, before somebody asks for all: a phone has to carry them. What no video moved is there anyway.
MOST_LINES = 10


@dataclass(frozen=True)
class Column:
    """A figure of a line, by its name in Figures. `opens`: donations stand behind it."""

    name: str
    words: str
    kind: str  # money, count or share
    opens: bool
    minor: str = ""  # of money: the name of its minor units in Figures
    behind: str = ""  # what the address of its donations says beside that of the line's

    def of(self, figures: Figures) -> Money | int | Fraction | None:
        """The figure; None where there is nothing to divide by."""
        return getattr(figures, self.name)


MONEY = (
    Column("net", _l("Net"), "money", opens=True, minor="net_minor"),
    Column("gross", _l("Gross"), "money", opens=True, minor="gross_minor"),
    Column("refunded", _l("Refunds"), "money", opens=True, minor="refunded_minor"),
    Column("fees", _l("Fees"), "money", opens=True, minor="fee_minor"),
)
GIFTS = (
    Column("donations", _l("Donations"), "count", opens=True),
    Column("donors", _l("Donors"), "count", opens=True),
    Column("relay_share", _l("Through shares"), "share", opens=True, behind="&relay=1"),
)
SEEN = (
    Column("shown", _l("Shown"), "count", opens=False),
    Column("views", _l("Views"), "count", opens=False),
    Column("opens", _l("Sheet opened"), "count", opens=False),
    Column("conversion", _l("Conversion"), "share", opens=False),
)
GROUPS = ((_l("Money"), MONEY), (_l("Gifts"), GIFTS), (_l("Reach"), SEEN))


@dataclass(frozen=True)
class Row:
    """A bar of the chart above a table: what came now, and the period before."""

    line: Line
    name: str
    now: Bar
    before: Bar


@dataclass(frozen=True)
class Section:
    """A report in one currency: its total, the lines of its table in the order that was asked for, of `count`
    that there are, and its chart."""

    currency: str
    total: Line
    lines: Sequence[Line]
    count: int
    rows: Sequence[Row]

    @property
    def left_out(self) -> int:
        """How many lines have no bar of their own."""
        return self.count - len(self.rows)


def sections(report: Report, table: str, *, every_line: bool) -> list[Section]:
    """The lines of one of a report's tables by currency, as far as they are shown."""
    made: list[Section] = []
    found: Sequence[Line] = getattr(report, table)
    for total in report.totals:
        currency = total.now.currency
        own = [line for line in found if line.now.currency == currency]
        shown = [line for line in own if every_line or line.place <= MOST_LINES or not which_of(line)]
        made.append(Section(currency, total, shown, report.counts.get((table, currency), 0), _rows(own)))
    return made


def name_of(line: Line) -> str:
    """Whom or what a line tells of."""
    if line.video:
        return line.video.title
    if line.project:
        return line.project.title
    return line.creator.name if line.creator else _("Not credited to any video")


def which_of(line: Line) -> str:
    """The part of an address that asks for a line's donations; empty of a line that has no name. Codes are
    letters and digits, and stand in addresses as they are."""
    if line.video:
        return f"video={line.video.code}"
    if line.project:
        return f"project={line.project.code}"
    return f"creator={line.creator.code}" if line.creator else ""


def _rows(lines: Sequence[Line]) -> list[Row]:
    """The first in rank, as bars of one scale; nothing to draw for a single one.

    What is held out of a ranking is in the figures, and puts nobody first.
    """
    first = sorted(lines, key=lambda line: line.rank)[:MOST_BARS]
    drawn = [line for line in first if line.now.net.minor or line.before.net.minor]
    if len(drawn) < 2:
        return []
    on = charts.scale(figures.net.minor for line in drawn for figures in (line.now, line.before))
    return [
        Row(line, name_of(line), charts.bar(on, line.now.net.minor), charts.bar(on, line.before.net.minor))
        for line in drawn
    ]
