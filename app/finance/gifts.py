"""The donations of an organisation, as its finance desk lists them: filtered, newest first, paged by key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ColumnElement, Select, case, func, literal, or_, select
from sqlalchemy.orm import Session, joinedload

from app.core.money import EXPONENTS, Money
from app.donations.models import STATES, Donation
from app.projects.models import Project

PAGE = 50
EXPORTED_AT_ONCE = 500


@dataclass(frozen=True)
class Filter:
    """Which donations. What is empty or None does not narrow; amounts are in major units of any currency.

    `words` are looked for in numbers and in donors' names and addresses; nobody finds an anonymous donor.
    """

    state: str = ""
    project: str = ""  # its code
    since: datetime | None = None
    until: datetime | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    words: str = ""
    monthly: bool = False


@dataclass(frozen=True)
class Figures:
    """What has become of a donation's money."""

    received: Money
    refunded: Money
    lost: Money  # taken back by donors' banks
    held: Money  # by the provider, while a dispute is open
    fees: Money
    net: Money


def figures(donation: Donation) -> Figures:
    """A donation's figures as money."""
    minors = (
        donation.captured_minor,
        donation.refunded_minor,
        donation.lost_minor,
        donation.disputed_minor,
        donation.fee_minor,
        donation.kept.minor - donation.fee_minor,
    )
    return Figures(*(Money(minor, donation.currency) for minor in minors))


def page(session: Session, nonprofit_id: int, wanted: Filter, after: str = "") -> list[Donation]:
    """Up to PAGE donations and one more, if there is one; `after` is the number of the last one seen. From
    the newest on, if there is none with that number."""
    query = _matching(nonprofit_id, wanted).limit(PAGE + 1)
    last = select(Donation.id).where(Donation.nonprofit_id == nonprofit_id, Donation.number == after)
    if after and (last_id := session.scalar(last)):
        query = query.where(Donation.id < last_id)
    return list(session.scalars(query))


def every(session: Session, nonprofit_id: int, wanted: Filter) -> Iterator[Donation]:
    """All of them, a few at a time from the database, so that an export of any size fits into memory."""
    query = _matching(nonprofit_id, wanted).execution_options(yield_per=EXPORTED_AT_ONCE)
    yield from session.scalars(query)


def projects(session: Session, nonprofit_id: int) -> Sequence[Project]:
    """The projects that can be chosen."""
    return session.scalars(
        select(Project).where(Project.nonprofit_id == nonprofit_id).order_by(Project.title)
    ).all()


def _matching(nonprofit_id: int, wanted: Filter) -> Select[Donation]:
    return (
        select(Donation)
        .join(Donation.project)
        .where(Donation.nonprofit_id == nonprofit_id, *_conditions(wanted))
        .options(joinedload(Donation.project), joinedload(Donation.video))
        .order_by(Donation.id.desc())
    )


def _conditions(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    at = func.coalesce(Donation.paid_at, Donation.created_at)
    units = case(
        {currency: literal(10**places, BigInteger) for currency, places in EXPONENTS.items()},
        value=Donation.currency,
    )
    if wanted.state in STATES:
        yield Donation.state == wanted.state
    if wanted.project:
        yield Project.code == wanted.project
    if wanted.since:
        yield at >= wanted.since
    if wanted.until:
        yield at < wanted.until
    if wanted.least is not None:
        yield Donation.amount_minor >= units * wanted.least
    if wanted.most is not None:
        yield Donation.amount_minor <= units * wanted.most
    if wanted.monthly:
        yield Donation.monthly_gift_id.is_not(None)
    if wanted.words:
        known = ~Donation.anonymous & or_(
            Donation.donor_name.icontains(wanted.words, autoescape=True),
            Donation.email.icontains(wanted.words, autoescape=True),
        )
        yield or_(Donation.number == wanted.words.lower(), known)
