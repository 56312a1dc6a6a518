"""A report as PDF: the cells of its table, set as pages. Pure; the same table is the same bytes."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from babel.numbers import format_decimal, format_percent

from app.core import typeset
from app.core.i18n import known, translations
from app.core.money import Money
from app.reports import tables
from app.reports.files.orders import Order
from app.reports.report_table import Table
from app.reports.tables import Cell

NOTHING = "–"


def report(order: Order, table: Table) -> bytes:
    """The PDF of a report's table, in the language and on the paper that were asked for.

    It says that it was made when its figures are from, so that a period that is over gives the same bytes.
    """
    locale = known(order.wanted.locale)
    _ = translations(locale).gettext
    period, as_of = table.period, table.as_of
    words = {
        **typeset.head(order.nonprofit, order.country, as_of.date(), locale),
        "title": _("Report"),
        "range": _("%(first)s to %(last)s")
        % {"first": typeset.day(period.first, locale), "last": typeset.day(period.last, locale)},
        "facts": _facts(table, period.zone, as_of, locale),
        "sections": _sections(table, locale),
        "none": _("Nothing came in in these days."),
        "page": _("Page"),
    }
    return typeset.pdf("reports/report.typ", words, int(as_of.timestamp()))


def _facts(table: Table, zone: str, as_of: datetime, locale: str) -> list[list[str]]:
    """What the table says of the whole: the time zone, when its figures are from, the rules."""
    _ = translations(locale).gettext
    beyond = len(table.header) - table.stamp + 4  # the days, the zone and the moment stand before that
    return [
        [_("Time zone"), zone],
        [_("As of (UTC)"), f"{as_of:%Y-%m-%d %H:%M:%S}"],
        *(
            [name, str(cell) or NOTHING]
            for row in table.rows[:1]
            for name, cell in zip(table.header[beyond:], row[beyond:], strict=True)
        ),
    ]


def _sections(table: Table, locale: str) -> list[dict[str, Any]]:
    """The table's rows by what they are of, totals first, each in two parts: money, and the people."""
    _ = translations(locale).gettext
    titles = {
        _("Total"): _("In all"),
        _("Creator"): _("By creator"),
        _("Video"): _("By video"),
        _("Not credited"): _("By video"),
        _("Project"): _("By project"),
        _("Day"): _("By day"),
        _("Week"): _("By week"),
        _("Month"): _("By month"),
        _("Cohort"): _("Cohorts"),
    }
    figures = range(table.who, len(table.header) - table.stamp)
    money = [
        one
        for one in figures
        if table.header[one] == _("Donations") or any(isinstance(row[one], Money) for row in table.rows)
    ]
    people = [one for one in figures if one not in money]
    sections: dict[str, list[Sequence[Cell]]] = {_("In all"): []}
    for row in table.rows:
        kind = str(row[0])
        sections.setdefault(titles.get(kind, kind), []).append(row)
    return [
        {
            "title": title,
            "parts": [_part(table, rows, columns, locale) for columns in (money, people) if columns],
        }
        for title, rows in sections.items()
        if rows
    ]


def _part(
    table: Table, rows: Sequence[Sequence[Cell]], columns: Sequence[int], locale: str
) -> dict[str, Any]:
    return {
        "columns": [table.header[0], *(table.header[column] for column in columns)],
        "rows": [
            [_who(row[: table.who]), *(_said(row[column], locale) for column in columns)] for row in rows
        ],
    }


def _who(cells: Sequence[Cell]) -> str:
    """Whom or what a row is of, without its address: the nearest name first, the currency last."""
    kind, *names, currency = (str(cell) for cell in cells)
    said = [name for name in reversed(names) if name and not name.startswith("/")]
    return ", ".join([*(said or [kind]), currency])


def _said(cell: Cell, locale: str) -> str:
    if isinstance(cell, Money):
        return typeset.money(cell, locale)
    if isinstance(cell, Fraction):
        return format_percent(tables.share(cell), "#,##0.##%", locale=locale)
    if isinstance(cell, int):
        return format_decimal(cell, locale=locale)
    return str(cell) or NOTHING
