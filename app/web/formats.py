"""Numbers and money by a language's rules, worded fast.

Babel is asked once how a language writes a kind of number; after that, digits are put where they belong. A
report has thousands of figures, and wording each by Babel takes longer than all else that is done for it.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from babel.numbers import format_currency, format_decimal, format_percent

from app.core.money import Money, exponent

EXAMPLE = Decimal("1234567.1111")
WRITTEN = re.compile(
    r"(?P<before>\D*)1(?P<group>\D)234(?P=group)567((?P<point>\D)(?P<places>1+))?(?P<after>\D*)"
)


class _Way(NamedTuple):
    """How a kind of number is written: what stands before and behind it, above and below zero."""

    before: str
    after: str
    below_before: str
    below_after: str
    group: str
    point: str

    def put(self, number: int, places: int, *, is_short: bool = False) -> str:
        """A number of units of which there are 10 ** `places` in one; short without zeros at its end."""
        whole, part = divmod(abs(number), 10**places)
        digits = f"{whole:,}" if self.group == "," else f"{whole:,}".replace(",", self.group)
        if places and (part or not is_short):
            behind = f"{part:0{places}d}"
            digits = f"{digits}{self.point}{behind.rstrip('0') if is_short else behind}"
        if number < 0:
            return f"{self.below_before}{digits}{self.below_after}"
        return f"{self.before}{digits}{self.after}"


PLAIN = _Way("", "", "-", "", "", ".")


class Formats:
    """How one language writes numbers, money and shares."""

    def __init__(self, locale: str) -> None:
        self._locale = locale
        self._number = _learned(lambda number: format_decimal(number, "#,##0.####", locale=locale))
        self._share = _learned(lambda number: format_percent(number / 100, "#,##0.####%", locale=locale))
        self._monies: dict[str, _Way] = {}

    def money(self, amount: Money) -> str:
        """An amount with as many decimals as its currency has."""
        return self.amount(amount.minor, amount.currency)

    def amount(self, minor: int, currency: str) -> str:
        """Minor units of a currency as money."""
        if (way := self._monies.get(currency)) is None:
            way = _learned(lambda number: format_currency(number, currency, locale=self._locale))
            self._monies[currency] = way
        return way.put(minor, exponent(currency))

    def number(self, value: int) -> str:
        """A whole number."""
        return self._number.put(value, 0)

    def share(self, part: int, whole: int, places: int) -> str:
        """What `part` is of a `whole` above zero, as per cent to so many decimals, half a unit rounded to the
        even one; no zeros at the end of them."""
        units, left = divmod(part * 10 ** (2 + places), whole)
        units += 2 * left > whole or (2 * left == whole and units % 2 == 1)
        return self._share.put(units, places, is_short=True)


def plain(minor: int, currency: str) -> str:
    """An amount as machines read it: digits and a point, and the currency."""
    return f"{PLAIN.put(minor, exponent(currency))} {currency}"


@cache
def of(locale: str) -> Formats:
    """The formats of one of our languages."""
    return Formats(locale)


def _learned(written: Callable[[Decimal], str]) -> _Way:
    """How something writes numbers, by what it makes of one above zero and of one below."""
    above, below = WRITTEN.fullmatch(written(EXAMPLE)), WRITTEN.fullmatch(written(-EXAMPLE))
    if above is None or below is None:
        raise ValueError(written(EXAMPLE))
    return _Way(
        above["before"], above["after"], below["before"], below["after"], above["group"], above["point"] or ""
    )
