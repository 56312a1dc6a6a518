"""Makes the file of an order on disk: all figures of one moment, the same bytes whenever it is made anew.

That holds for days that are over: their figures stay, and their file says that it is as of their end.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from app.core import db
from app.core.i18n import known, translations
from app.reports import shaped
from app.reports.files import pdf, rows, writers
from app.reports.files.orders import Order

Told = Callable[[int, int], None]


def make(order: Order, path: Path, told: Told) -> int:
    """Write the file to `path`; returns its number of rows. `told` hears meanwhile how many of how many."""
    with db.snapshot() as session:
        return (
            _report(session, order, path, told)
            if order.wanted.kind == "report"
            else _donations(session, order, path, told)
        )


def _report(session: Session, order: Order, path: Path, told: Told) -> int:
    wanted = order.wanted
    _ = translations(known(wanted.locale)).gettext
    table = shaped.table(session, order.nonprofit_id, wanted.period, wanted.shape, _)
    if wanted.format == "pdf":
        path.write_bytes(pdf.report(order, table))
        return len(table.rows)

    def progress(done: int) -> None:
        told(done, len(table.rows))

    if wanted.format == "csv":
        return writers.csv_file(path, table.header, table.rows, progress)
    return writers.xlsx_file(path, _("Report"), table.header, table.rows, progress)


def _donations(session: Session, order: Order, path: Path, told: Told) -> int:
    _ = translations(known(order.wanted.locale)).gettext
    with rows.of(session, order.nonprofit_id, order.wanted, _) as found:

        def progress(done: int) -> None:
            told(done, found.count)

        progress(0)
        if order.wanted.format == "csv":
            return writers.csv_file(path, found.header, found.rows, progress)
        return writers.xlsx_file(path, _("Donations"), found.header, found.rows, progress)
