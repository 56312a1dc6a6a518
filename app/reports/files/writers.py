"""Tables written to a file on disk: CSV and XLSX. However many rows there are, few are in memory.

The same table is the same bytes: no file says when it was written.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.core.money import Money, exponent
from app.reports import tables
from app.reports.tables import Cell

# A sheet holds 1,048,576 rows; what is longer goes on, with its head, on the next.
SHEET_ROWS = 1_000_000
STEP = 20_000  # rows from one telling of progress to the next
NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)

Progress = Callable[[int], None]


def csv_file(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]], progress: Progress) -> int:
    """Write a table as CSV and tell `progress` after every STEP rows; returns how many rows there were."""
    told = _Told(progress)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        tables.into(file, header, told.of(rows))
    return told.rows


def xlsx_file(
    path: Path, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], progress: Progress
) -> int:
    """Write a table as XLSX, as `csv_file` does; money and counts are numbers, text is never a formula."""
    told = _Told(progress)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": title, "created": NO_TIME.replace(tzinfo=None)})
        look = _Look(book)
        sheet, at = look.sheet(title, header), 0
        for row in told.of(rows):
            if at == SHEET_ROWS:
                sheet, at = look.sheet(title, header), 0
            at += 1
            for column, cell in enumerate(row):
                look.write(sheet, at, column, cell)
    return told.rows


class _Told:
    """Counts rows on their way and tells of them now and then."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.rows = 0

    def of(self, rows: Iterable[Sequence[Cell]]) -> Iterable[Sequence[Cell]]:
        for row in rows:
            yield row
            self.rows += 1
            if self.rows % STEP == 0:
                self._progress(self.rows)


class _Look:
    """How the cells of a workbook look, and its sheets."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._sheets = 0
        self._head: Format = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._moment: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._share: Format = book.add_format({"num_format": "0.00%"})
        self._count: Format = book.add_format({"num_format": "#,##0"})
        self._money: dict[int, Format] = {}

    def sheet(self, title: str, header: Sequence[str]) -> Worksheet:
        self._sheets += 1
        name = title if self._sheets == 1 else f"{title} {self._sheets}"
        sheet: Worksheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(header) - 1, 17)
        for column, words in enumerate(header):
            sheet.write_string(0, column, words, self._head)
        return sheet

    def write(self, sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
        if isinstance(cell, str):
            if cell:
                sheet.write_string(row, column, tables.harmless(cell))
        elif isinstance(cell, Money):
            sheet.write_number(row, column, float(cell.decimal), self._of(cell.currency))
        elif isinstance(cell, int):
            sheet.write_number(row, column, cell, self._count)
        elif isinstance(cell, datetime):
            sheet.write_datetime(row, column, cell.astimezone(UTC).replace(tzinfo=None), self._moment)
        else:
            sheet.write_number(row, column, float(tables.share(cell)), self._share)

    def _of(self, currency: str) -> Format:
        places = exponent(currency)
        if places not in self._money:
            shape = "#,##0" + ("." + "0" * places if places else "")
            self._money[places] = self._book.add_format({"num_format": shape})
        return self._money[places]
