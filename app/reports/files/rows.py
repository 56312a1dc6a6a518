"""The movements of a period as the rows of a file: in cells that add up to the report, to the cent."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.core.money import Money
from app.reports import movements
from app.reports.files.orders import Wanted
from app.reports.report_table import Say
from app.reports.rollups import rule_of
from app.reports.tables import Cell

AT_ONCE = 2000  # rows in memory; the rest waits in the database's own cursor


@dataclass(frozen=True)
class Movements:
    """A head, how many rows there are, and the rows, which can be read once, while the block lasts."""

    header: list[str]
    count: int
    rows: Iterator[Sequence[Cell]]


@contextmanager
def of(session: Session, nonprofit_id: int, wanted: Wanted, _: Say) -> Generator[Movements]:
    """Every gift, refund and moved credit that `wanted` asks for, oldest first, always in the same order.
    `_` says a word in the reader's language.
    """
    query = movements.statement(nonprofit_id, wanted.period, wanted.which)
    count = movements.sums(session, nonprofit_id, wanted.period, wanted.which).lines
    kinds = {"gift": _("Gift"), "refund": _("Refund"), "moved": _("Credit moved")}
    with session.execute(query.execution_options(yield_per=AT_ONCE)) as found:
        rows = (_cells(row, kinds, wanted.with_donors) for row in found)
        yield Movements(_header(_, wanted.with_donors), count, rows)


def _header(_: Say, with_donors: bool) -> list[str]:
    return [
        _("Time (UTC)"),
        _("Kind"),
        _("Donation"),
        *([_("Donor"), _("Email")] if with_donors else []),
        _("Project"),
        _("Video"),
        _("Address"),
        _("Creator"),
        _("Currency"),
        _("Gross"),
        _("Refunds"),
        _("Fees"),
        _("Net"),
        _("Credit rule"),
    ]


def _cells(row: Any, kinds: Mapping[str, str], with_donors: bool) -> list[Cell]:
    donor = ["", ""] if row.anonymous else [row.donor_name, row.email]
    return [
        row.at,
        kinds[row.kind],
        row.number,
        *(donor if with_donors else []),
        row.project,
        row.video or "",
        f"/v/{row.video_code}" if row.video_code else "",
        row.creator or "",
        row.currency,
        Money(row.gross, row.currency),
        Money(row.refunded, row.currency),
        Money(row.fee, row.currency),
        Money(row.gross - row.refunded - row.fee, row.currency),
        rule_of(row.rule, row.rule_version),
    ]
