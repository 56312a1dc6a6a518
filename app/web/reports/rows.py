"""The rows of a report's wide tables, in words and addresses. All that a row is not needed for is done once a
page: pages of hundreds of creators have thousands of cells."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from flask import url_for

from app.core.money import Money
from app.reports.figures import Figures, Line
from app.web import formats
from app.web.languages import language
from app.web.reports import lines
from app.web.reports.asking import Asked
from app.web.text import _

FAR = 10  # times as much as before; more than that is not told in per cent
LAID_OUT = [
    (column, column.minor or column.name, " is-first" if place == 0 else "")
    for _words, group in lines.GROUPS
    for place, column in enumerate(group)
]


class Cell(NamedTuple):
    """A figure in words, or none where there is nothing to divide by. `value` is money as machines read it;
    `behind` ends the address of the donations behind it, None if there are none. `moved` and `note` stand
    below it: how far it has moved since the period before, and what it was."""

    css: str
    words: str
    value: str
    behind: str | None
    moved: str = ""
    note: str = ""


class Row(NamedTuple):
    """A line of a table: its name, whose it is, its page along the time, and the lines behind its figures."""

    name: str
    of: str
    along: str
    behind: str
    cells: Sequence[Cell]


class Words:
    """Words the cells of a page in the language of its reader."""

    def __init__(self) -> None:
        self._formats = formats.of(language())
        self._was, self._was_nothing = _("before: %(amount)s"), _("before: nothing")

    def cells(
        self, now: Figures, before: Figures | None, *, opens: bool, moves: bool = True
    ) -> Iterator[Cell]:
        """The figures of a line. `opens`: lines stand behind it; `moves`: tell how far its net has moved."""
        for column, name, css in LAID_OUT:
            found, kind = getattr(now, name), column.kind
            can_open = opens and column.opens and (found or kind != "share")
            behind = column.behind if can_open else None
            if kind == "count":
                words, value = self._formats.number(found), ""
            elif kind == "money":
                words, value = self._formats.amount(found, now.currency), formats.plain(found, now.currency)
            else:
                words, value = self._share(found), ""
            if name == "net_minor":
                yield Cell(css, words, value, behind, *self._since(found, before, moves))
            else:
                yield Cell(css, words, value, behind)

    def _share(self, share: Fraction | None) -> str:
        return "" if share is None else self._formats.share(share.numerator, share.denominator, 1)

    def change(self, now: Money, before: Money) -> tuple[str, str]:
        """How far an amount has moved since the period before, if that says anything, and what it was."""
        if not before.minor:
            return "", self._was_nothing
        was = self._was % {"amount": self._formats.money(before)}
        if before.minor < 0 or now == before or now.minor > FAR * before.minor:
            return "", was
        by = self._formats.share(abs(now.minor - before.minor), before.minor, 0)
        return ("+" if now.minor > before.minor else "−") + by, was

    def _since(self, net_minor: int, before: Figures | None, moves: bool) -> tuple[str, str]:
        if before is None:
            return "", "–"
        if moves:
            return self.change(Money(net_minor, before.currency), before.net)
        return "", self._was % {"amount": self._formats.money(before.net)}


class Rows:
    """Makes the rows of a table with a line for each creator, video or project."""

    def __init__(self, nonprofit_code: str, asked: Asked) -> None:
        about: dict[str, Any] = {"nonprofit_code": nonprofit_code, **asked.days}
        self._along = url_for("desk_reports.over_time", **about)
        self._behind = url_for("desk_reports_behind.donations", **about)
        self.words = Words()

    def of(self, line: Line, *, is_total: bool = False) -> Row:
        """The row of a line; of a total, nothing but the currency narrows what stands behind it."""
        which = lines.which_of(line)
        behind = f"{self._behind}&currency={line.now.currency}"
        if which or not is_total:
            behind = f"{behind}&{which or 'uncredited=1'}"
        return Row(
            name=lines.name_of(line),
            of=line.creator.name if line.video and line.creator else "",
            along=f"{self._along}&{which}" if which else "",
            behind=behind,
            cells=list(self.words.cells(line.now, line.before, opens=True)),
        )
