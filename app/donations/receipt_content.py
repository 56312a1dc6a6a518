"""What a receipt says, as facts: taken once when it is issued and never changed. Pure."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.core.money import Money
from app.donations.models import Donation
from app.nonprofits.models import Nonprofit

# From here on the United States ask a receipt to say whether the donor got anything in return.
# Source: 26 U.S.C. 170(f)(8).
US_STATEMENT_FROM = Money(25_000, "USD")


@dataclass(frozen=True)
class Content:
    """The facts of one receipt. Amounts are in minor units; days are ISO dates in the payee's time zone."""

    number: int
    payee: str
    legal_name: str
    registration_number: str
    country: str  # ISO 3166-1 alpha-2
    donor: str  # empty when the donor gave no name
    project: str
    donation_number: str
    currency: str
    amount_minor: int
    given_minor: int
    given_on: str
    issued_on: str
    issued_at: int  # seconds since 1970, UTC
    monthly: bool
    no_goods: bool  # it must say that the donor got nothing in return
    no_official_invoice: bool  # it must say that it is not mainland China's official invoice
    test_mode: bool
    check: str  # public address of its check page
    replaces: int | None  # the number of the receipt before it

    @property
    def amount(self) -> Money:
        """What the donor has given and not got back."""
        return Money(self.amount_minor, self.currency)

    @property
    def given(self) -> Money:
        return Money(self.given_minor, self.currency)

    @property
    def given_back(self) -> Money:
        return self.given - self.amount

    @property
    def issued_day(self) -> date:
        return date.fromisoformat(self.issued_on)

    def frozen(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


@dataclass(frozen=True)
class Issue:
    """What a receipt has beyond its gift: its number, its moment, its check page, and whose name it bears."""

    number: int
    at: datetime
    check: str
    donor: str
    replaces: int | None


def take(donation: Donation, payee: Nonprofit, project: str, issue: Issue) -> Content:
    """The facts of a gift that was paid, as they are now."""
    zone = ZoneInfo(payee.time_zone)
    paid_at = donation.paid_at or issue.at
    return Content(
        number=issue.number,
        payee=payee.name,
        legal_name=payee.legal_name,
        registration_number=payee.registration_number,
        country=payee.country,
        donor=issue.donor,
        project=project,
        donation_number=donation.number,
        currency=donation.currency,
        amount_minor=donation.kept.minor,
        given_minor=donation.captured_minor,
        given_on=paid_at.astimezone(zone).date().isoformat(),
        issued_on=issue.at.astimezone(zone).date().isoformat(),
        issued_at=int(issue.at.timestamp()),
        monthly=donation.monthly_gift_id is not None,
        no_goods=_must_speak_of_goods(payee.country, donation.kept),
        no_official_invoice=payee.country == "CN",
        test_mode=donation.provider == "sandbox",
        check=issue.check,
        replaces=issue.replaces,
    )


def of(frozen: dict[str, Any]) -> Content:
    """The facts of a receipt that was kept."""
    return Content(**frozen)


def _must_speak_of_goods(country: str, amount: Money) -> bool:
    """For a gift in another currency nobody knows how many dollars it is; then it always speaks."""
    if country != "US":
        return False
    return amount.currency != US_STATEMENT_FROM.currency or amount >= US_STATEMENT_FROM
