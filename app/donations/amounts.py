"""The least that can be given."""

from decimal import Decimal

from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.money import Money, exponent

# Where one major unit is worth little, the least that is worth a payment; elsewhere it is one major unit.
MINIMUM_MINOR = {"INR": 5_000, "JPY": 100, "KRW": 1_000, "TWD": 3_000}


def minimum(currency: str) -> Money:
    """The least that can be given in a currency."""
    one_unit = int(Decimal(1).scaleb(exponent(currency)))
    return Money(MINIMUM_MINOR.get(currency, one_unit), currency)


def check(amount: Money) -> None:
    """Raises Invalid("amount") for less than the least."""
    least = minimum(amount.currency)
    if amount.minor < least.minor:
        raise Invalid(
            "amount", N_("The smallest gift is %(amount)s."), amount=f"{least.decimal} {least.currency}"
        )
