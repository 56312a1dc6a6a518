"""Numbers and money are worded as Babel words them, by which they are worded everywhere else."""

import random
from decimal import Decimal
from fractions import Fraction

import pytest
from babel.numbers import format_currency, format_decimal, format_percent

from app.core.i18n import LOCALES
from app.core.money import EXPONENTS, Money
from app.web import formats


@pytest.mark.parametrize("locale", LOCALES)
def test_amounts_of_every_currency_are_worded_as_babel_does(locale: str):
    drawn = random.Random(locale)
    for currency in EXPONENTS:
        for digits in range(14):
            money = Money(drawn.choice((1, -1)) * drawn.randrange(10**digits), currency)
            assert formats.of(locale).money(money) == format_currency(money.decimal, currency, locale=locale)
            assert formats.plain(money.minor, currency) == f"{money.decimal} {currency}"


@pytest.mark.parametrize("locale", LOCALES)
def test_numbers_and_shares_are_worded_as_babel_does(locale: str):
    drawn = random.Random(locale)
    for _ in range(50):
        number = drawn.randrange(-(10**7), 10**7)
        assert formats.of(locale).number(number) == format_decimal(number, locale=locale)
        share = Fraction(drawn.randrange(-4000, 4000), 8 * drawn.randrange(1, 500))
        for places in (0, 1, 4):
            rounded = Decimal(round(share * 10 ** (places + 2))).scaleb(-places - 2)
            told = format_percent(rounded, f"#,##0.{'#' * places}%", locale=locale)
            assert formats.of(locale).share(share.numerator, share.denominator, places) == told
