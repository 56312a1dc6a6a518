"""Exact money: integers in a currency's minor unit, never a float."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
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

# What people write beside an amount, in capitals, apart from the currency's code.
MARKS: Mapping[str, tuple[str, ...]] = {
    "AUD": ("$", "A$", "AU$"),
    "BHD": ("BD",),
    "CAD": ("$", "C$", "CA$"),
    "CHF": ("FR.", "FR", "SFR"),
    "CNY": ("¥", "CN¥", "元", "块", "人民币", "RMB"),
    "EUR": ("€", "EURO", "EUROS", "欧元"),
    "GBP": ("£", "英镑"),
    "HKD": ("$", "HK$", "港元", "港币"),
    "INR": ("₹", "RS.", "RS"),
    "JPY": ("¥", "JP¥", "円", "日元"),
    "KRW": ("₩", "원", "韩元"),
    "KWD": ("KD",),
    "SGD": ("$", "S$", "新元"),
    "TWD": ("$", "NT$", "新台币"),
    "USD": ("$", "US$", "美元"),
}
PART = r"(?P<part>[0-9]{0,6})"
WAYS = [
    re.compile(way)
    for way in (
        rf"(?P<whole>[0-9]{{1,15}}|[0-9]{{1,3}}(,[0-9]{{3}}){{1,4}})(\.{PART})?",  # 1250.50 and 1,250.50
        rf"(?P<whole>)\.{PART}",  # .50
        rf"(?P<whole>[0-9]{{1,3}}([ '’][0-9]{{3}}){{1,4}})([.,]{PART})?",  # 1 250.50, 1 250,50 and 1'250.50
        rf"(?P<whole>[0-9]{{1,3}}(\.[0-9]{{3}}){{1,4}}),{PART}",  # 1.250,50
        r"(?P<whole>[0-9]{1,3}(\.[0-9]{3}){2,4})",  # 1.250.000
    )
]
LAKHS = re.compile(rf"(?P<whole>[0-9]{{1,2}}(,[0-9]{{2}}){{1,4}},[0-9]{{3}})(\.{PART})?")  # 1,25,000
TWO_WAYS = re.compile(r"(?P<whole>[0-9]{0,12})[.,](?P<part>[0-9]{1,3})")


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
    """Read an amount a person typed in major units, such as "1,250.50", "€ 1.250,50" or "１００元".

    Whatever can be read in one way only is taken. "10,50" could mean two amounts, and so could "1.500": the
    refusal names both. Raises Invalid("amount") for that, for what is no amount or has another currency's
    mark, for more decimal places than the currency has, and for amounts that are not positive.
    """
    places = exponent(currency)
    number = _without_mark(unicodedata.normalize("NFKC", text).strip().replace("。", "."), currency)
    _refuse_two_ways(number, places)
    ways = [*WAYS, LAKHS] if currency == "INR" else WAYS
    read = next((found for way in ways if (found := way.fullmatch(number))), None)
    parts = read.groupdict() if read else {}
    whole, part = re.sub(r"\D", "", parts.get("whole") or ""), parts.get("part") or ""
    if not whole + part:
        raise Invalid("amount", N_("Write the amount in digits, such as 50."))
    minor = Decimal(f"{whole or 0}.{part or 0}").scaleb(places)
    if minor != minor.to_integral_value():
        raise Invalid(
            "amount",
            N_("%(currency)s has at most %(places)s decimal places."),
            currency=currency,
            places=places,
        )
    if not 0 < minor <= MAX_MINOR:
        raise Invalid("amount", N_("The amount must be more than zero and not beyond reason."))
    return Money(int(minor), currency)


def marks(currency: str) -> list[str]:
    """What may stand beside an amount of `currency`, the longest first."""
    return sorted((currency, *MARKS[currency]), key=len, reverse=True)


def _without_mark(typed: str, currency: str) -> str:
    """An amount without its currency's mark before or after it; another currency's mark is refused."""
    capital = typed.upper()
    for mark in marks(currency):
        for bare in (capital.removeprefix(mark), capital.removesuffix(mark)):
            if bare != capital and not _named_in(bare):
                return bare.strip()
    if (other := _named_in(capital)) and other not in marks(currency):
        raise Invalid(
            "amount",
            N_("The amount is in %(currency)s here, not in %(other)s. Write it in digits, such as 50."),
            currency=currency,
            other=other,
        )
    return typed


def _named_in(capital: str) -> str:
    """The mark that stands before or after an amount, "" for none."""
    found = (mark for currency in MARKS for mark in marks(currency) if _beside(mark, capital))
    return max(found, key=len, default="")


def _beside(mark: str, capital: str) -> bool:
    return capital.startswith(mark) or capital.endswith(mark)


def _refuse_two_ways(number: str, places: int) -> None:
    """Refuse one comma or point that could stand before the cents as well as between thousands."""
    read = TWO_WAYS.fullmatch(number)
    if read is None:
        return
    whole, part, by_comma = read["whole"], read["part"], "," in number
    is_thousands = len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    # Both languages of the pages write a comma between thousands, and a point before the cents.
    is_clear = (is_thousands and places < 3) or not places if by_comma else places == 3 or not is_thousands
    if is_clear:
        return
    raise Invalid(
        "amount",
        N_("This can mean two amounts. Write %(one)s or %(other)s."),
        one=f"{int(whole or 0)}.{part[:places]:0<{places}}".rstrip("."),
        other=str(int(whole + part)),
    )


def largest_remainder(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Split `total` minor units by `weights` so that the parts add up to `total` exactly.

    Ties go to the earlier position, so the result depends on nothing but its input.
    Raises ValueError if `total` is negative, or the weights are empty, negative or all zero.
    Source: Hamilton's method (largest remainder).
    """
    if total < 0 or not any(weights) or min(weights) < 0:
        raise ValueError("a split needs a total and weights that are not negative, and one weight above zero")
    if len(weights) == 1:  # most gifts have one part
        return [total]
    whole = sum(weights, Fraction(0))
    quotas = [total * weight / whole for weight in weights]
    parts = [quota.numerator // quota.denominator for quota in quotas]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - quotas[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
