"""A report as CSV: the screen's figures, cell by cell, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from app.core.money import Money

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | Money


def write(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as CSV in UTF-8 with a byte-order mark, so that spreadsheets read every script.

    Text that a spreadsheet would run as a formula gets an apostrophe in front. Money is written in major
    units, digits and a point only.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([_safe(name) for name in header])
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def stream(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The same as `write`, a piece at a time, for tables of any length."""
    yield write(header, ())
    for row in rows:
        file = io.StringIO()
        csv.writer(file, lineterminator="\r\n").writerow([_safe(cell) for cell in row])
        yield file.getvalue().encode()


def _safe(cell: Cell) -> str:
    if isinstance(cell, Money):
        return str(cell.decimal)
    if isinstance(cell, int):
        return str(cell)
    return f"'{cell}" if cell.lstrip().startswith(FORMULA_STARTS) or cell.startswith(FORMULA_STARTS) else cell
