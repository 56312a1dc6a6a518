"""Money as Stripe writes it: its minor unit is ISO 4217's, but for a few currencies with rules of their own.

Source: docs.stripe.com/currencies, "Zero-decimal currencies", "Three-decimal currencies", "Special cases".
"""

from fractions import Fraction
from typing import Any

from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.money import EXPONENTS, Money

# ISO says that these have no decimals; Stripe counts them in hundredths, and takes whole units alone.
COUNTED_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})
# ISO says three decimals; Stripe takes them with a zero at the end.
IN_TENS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# Stripe's unit is neither ISO's nor a hundred of it (Malagasy ariary are fifths): refused.
REFUSED = frozenset({"MGA", "MRU"})
CURRENCIES = frozenset(EXPONENTS) - REFUSED


def to_stripe(amount: Money) -> int:
    """An amount in Stripe's unit. Raises Invalid("amount") for one that Stripe cannot take exactly."""
    if amount.currency not in CURRENCIES:
        raise Invalid("amount", N_("The currency %(currency)s is not supported."), currency=amount.currency)
    if amount.currency in IN_TENS and amount.minor % 10:
        raise Invalid(
            "amount", N_("%(currency)s is paid with two decimal places at most."), currency=amount.currency
        )
    return amount.minor * (100 if amount.currency in COUNTED_IN_HUNDREDTHS else 1)


def from_stripe(minor: int, currency: str) -> Money | None:
    """An amount that Stripe tells; None when it is in a currency nobody can raise in here."""
    code = currency.upper()
    if code not in CURRENCIES:
        return None
    if code in COUNTED_IN_HUNDREDTHS:
        minor //= 100
    return Money(minor, code)


def fee_of(booking: dict[str, Any], currency: str) -> int:
    """What a balance transaction cost, in minor units of the payment's `currency`.

    An account that settles in another currency is charged in that one. Then the fee is turned back at the
    rate that Stripe has used for this very payment, and is right to half a unit.
    """
    fee = int(booking["fee"])
    rate = booking.get("exchange_rate")
    if str(booking["currency"]).upper() != currency and rate:
        fee = round(Fraction(fee) / Fraction(str(rate)))
    told = from_stripe(fee, currency)
    return told.minor if told is not None else 0
