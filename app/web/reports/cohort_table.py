"""Who came back: cohorts as a table whose cells are the darker the more of them gave again."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from babel.dates import format_skeleton

from app.core.money import Money
from app.reports.cohorts import Cohort
from app.web.languages import language

MOST_LATER = 12  # months after the first that have a column
MOST_ROWS = 24
HEATS = (Fraction(0), Fraction(1, 10), Fraction(1, 4), Fraction(1, 2))  # a cell above the last is the darkest


@dataclass(frozen=True)
class Cell:
    """A later month of a cohort: how many gave in it, what part of all, what they gave."""

    donors: int
    share: Fraction
    gross: Money
    heat: int


@dataclass(frozen=True)
class Row:
    """The people whose first gift was in one month."""

    words: str
    donors: int
    first_gross: Money
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Returning:
    """The cohorts of a currency, the newest first. `came_back` is the part that gave in the month after their
    first, of those for whom that month has come; None while there are none."""

    currency: str
    rows: Sequence[Row]
    columns: Sequence[int]
    came_back: Fraction | None


def tables(cohorts: Sequence[Cohort]) -> list[Returning]:
    """The cohorts as tables, one a currency."""
    return [
        _table(currency, [one for one in cohorts if one.currency == currency])
        for currency in dict.fromkeys(one.currency for one in cohorts)
    ]


def _table(currency: str, cohorts: Sequence[Cohort]) -> Returning:
    newest = sorted(cohorts, key=lambda one: one.began, reverse=True)[:MOST_ROWS]
    rows = [_row(one) for one in newest]
    followed = [one for one in cohorts if len(one.months) > 1]
    begun = sum(one.donors for one in followed)
    again = sum(one.months[1].donors for one in followed)
    return Returning(
        currency=currency,
        rows=rows,
        columns=range(1, max((len(row.cells) for row in rows), default=0) + 1),
        came_back=Fraction(again, begun) if begun else None,
    )


def _row(cohort: Cohort) -> Row:
    later = cohort.months[1 : MOST_LATER + 1]
    cells = [
        Cell(month.donors, share := Fraction(month.donors, cohort.donors), month.gross, _heat(share))
        for month in later
    ]
    words = format_skeleton("yMMM", cohort.began, locale=language())
    return Row(words, cohort.donors, cohort.months[0].gross, cells)


def _heat(share: Fraction) -> int:
    return sum(share > above for above in HEATS)
