"""A report as CSV: the screen's figures, cell by cell, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TextIO

from app.core.money import Money

# The wide signs are those of Chinese keyboards; some spreadsheets run a formula that begins with one.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
Cell = str | int | Money | datetime | Fraction  # a Fraction is a share of one
SHARE_PLACES = 4


def into(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows as CSV, one by one; with a byte-order mark ("utf-8-sig"), spreadsheets read every script.

    Text that a spreadsheet would run as a formula gets an apostrophe in front. Money is written in major
    units, digits and a point only; moments in UTC; shares of one to four decimals.
    """
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([_safe(name) for name in header])
    writer.writerows([_safe(cell) for cell in row] for row in rows)


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: one that could be gets an apostrophe in front."""
    if text[:1].isalnum():  # nearly all text; no formula begins like that
        return text
    return f"'{text}" if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text


def _safe(cell: Cell) -> str:
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, Money):
        return str(cell.decimal)
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, datetime):
        return f"{cell.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return str(share(cell))


def plain(cell: Cell) -> str | int | None:
    """A cell as programs read it: text as it is, money and shares as digits and a point; None where CSV has
    nothing."""
    if isinstance(cell, str):
        return cell or None
    return cell if isinstance(cell, int) else _safe(cell)


def share(value: Fraction) -> Decimal:
    """A share of one as files write it, half a unit rounded to the even one."""
    return Decimal(round(value * 10**SHARE_PLACES)).scaleb(-SHARE_PLACES)
