"""Amounts a donor is shown to choose from; none is chosen for them."""

from decimal import Decimal

from babel.numbers import format_currency

from app.core.money import Money, exponent, marks
from app.web.languages import language

PRESETS = {
    "CNY": (20, 50, 100, 200),
    "HKD": (50, 100, 200, 500),
    "INR": (200, 500, 1000, 2000),
    "JPY": (1000, 3000, 5000, 10000),
    "KRW": (10000, 30000, 50000, 100000),
    "KWD": (3, 5, 10, 20),
    "BHD": (3, 5, 10, 20),
    "TWD": (100, 300, 500, 1000),
}
USUAL = (10, 25, 50, 100)


def preset_amounts(currency: str) -> list[Money]:
    """Round amounts of a currency, smallest first; every one is a whole number of major units."""
    return [
        Money(int(Decimal(major).scaleb(exponent(currency))), currency)
        for major in PRESETS.get(currency, USUAL)
    ]


def amount_marks(currency: str) -> str:
    """What a donor may write beside an amount, parted by spaces."""
    return " ".join(marks(currency))


def round_money(amount: Money) -> str:
    """A whole amount by the language's rules, without decimals."""
    return format_currency(
        amount.decimal, amount.currency, format="¤#,##0", currency_digits=False, locale=language()
    )
