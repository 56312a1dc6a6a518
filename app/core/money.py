"""Exact money: integers in a currency's minor unit, never a float."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.core.errors import Invalid
from app.core.i18n import N_

# ISO 4217 exponents of the currencies a project can be opened in.
EXPONENTS = {
    "AUD": 2,
    "BHD": 3,
    "CAD": 2,
    "CHF": 2,
    "CNY": 2,
    "EUR": 2,
    "GBP": 2,
    "HKD": 2,
    "INR": 2,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "SGD": 2,
    "TWD": 2,
    "USD": 2,
}
MAX_MINOR = 10**13
DECIMAL_COMMA = re.compile(r"[0-9]{1,12},[0-9]{1,2}")
WRITTEN_AMOUNT = re.compile(r"([0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{0,6})?")


def exponent(currency: str) -> int:
    """Decimal places of `currency` (ISO 4217). Raises Invalid for a currency nobody can raise in."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise Invalid(
            "currency", N_("The currency %(currency)s is not supported."), currency=currency
        ) from None


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units of one currency. Adding two currencies is an error."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.minor

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact, with as many decimal places as the currency has."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))


def parse(text: str, currency: str) -> Money:
    """Read an amount a person typed in major units, such as "1,250.50" or "１００".

    A comma may only part thousands: "10,50" could mean two amounts and is refused.
    Raises Invalid("amount") for anything else, for more decimal places than the currency has, and for
    amounts that are not positive.
    """
    typed = unicodedata.normalize("NFKC", text).strip().replace("。", ".")
    if DECIMAL_COMMA.fullmatch(typed):
        raise Invalid(
            "amount", N_("Write a point before the cents: %(amount)s."), amount=typed.replace(",", ".")
        )
    if not WRITTEN_AMOUNT.fullmatch(typed):
        raise Invalid("amount", N_("Write the amount in digits, such as 50."))
    minor = Decimal(typed.replace(",", "")).scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        places = exponent(currency)
        raise Invalid(
            "amount",
            N_("%(currency)s has at most %(places)s decimal places."),
            currency=currency,
            places=places,
        )
    if not 0 < minor <= MAX_MINOR:
        raise Invalid("amount", N_("The amount must be more than zero and not beyond reason."))
    return Money(int(minor), currency)


def largest_remainder(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Split `total` minor units by `weights` so that the parts add up to `total` exactly.

    Ties go to the earlier position, so the result depends on nothing but its input.
    Raises ValueError if `total` is negative, or the weights are empty, negative or all zero.
    Source: Hamilton's method (largest remainder).
    """
    whole = sum(weights, Fraction(0))
    if total < 0 or whole <= 0 or min(weights) < 0:
        raise ValueError("a split needs a total and weights that are not negative, and one weight above zero")
    quotas = [total * weight / whole for weight in weights]
    parts = [quota.numerator // quota.denominator for quota in quotas]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - quotas[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
