"""A donor's gifts to one organisation in a range of days: what a statement lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.core import clock
from app.core.money import Money
from app.donations import receipts
from app.donations.models import Donation, Receipt
from app.nonprofits.models import Nonprofit


@dataclass(frozen=True)
class Line:
    """One gift: its day (ISO, in the payee's time zone), what was kept of it, the number of its receipt."""

    on: str
    project: str
    donation_number: str
    receipt: int | None
    kept: Money
    given_back: Money


@dataclass(frozen=True)
class Statement:
    """What a statement says. `first` and `last` both belong to it; days are the payee's."""

    payee: str
    legal_name: str
    registration_number: str
    country: str
    donor: str
    email: str
    first: str
    last: str
    zone: str
    made_on: str
    made_at: int  # seconds since 1970, UTC
    test_mode: bool
    lines: Sequence[Line]

    @property
    def totals(self) -> list[Money]:
        """What was kept, in each currency; two currencies are never summed."""
        sums: dict[str, Money] = {}
        for line in self.lines:
            sums[line.kept.currency] = sums.get(line.kept.currency, Money(0, line.kept.currency)) + line.kept
        return [sums[currency] for currency in sorted(sums)]


def statement(session: Session, email: str, nonprofit_id: int, first: date, until: date) -> Statement:
    """The gifts that arrived from `first` up to, but not including, `until`, in the payee's time zone.

    A gift without a receipt gets one now, as if the donor had asked for it.
    """
    payee = session.get_one(Nonprofit, nonprofit_id)
    zone = ZoneInfo(payee.time_zone)
    gifts = session.scalars(
        select(Donation)
        .where(
            func.lower(Donation.email) == email.strip().lower(),
            Donation.email != "",
            Donation.nonprofit_id == payee.id,
            Donation.captured_minor > 0,
            Donation.paid_at >= _midnight(first, zone),
            Donation.paid_at < _midnight(until, zone),
        )
        .order_by(Donation.paid_at, Donation.id)
        .options(joinedload(Donation.project))
    ).all()
    numbered = receipts.ensure_all(session, [gift.id for gift in gifts])
    at = clock.now()
    return Statement(
        payee=payee.name,
        legal_name=payee.legal_name,
        registration_number=payee.registration_number,
        country=payee.country,
        donor=next((gift.donor_name for gift in reversed(gifts) if gift.donor_name), ""),
        email=email,
        first=first.isoformat(),
        last=(until - timedelta(days=1)).isoformat(),
        zone=payee.time_zone,
        made_on=at.astimezone(zone).date().isoformat(),
        made_at=int(at.timestamp()),
        test_mode=any(gift.provider == "sandbox" for gift in gifts),
        lines=[_line(gift, numbered.get(gift.id), zone) for gift in gifts],
    )


def _line(gift: Donation, receipt: Receipt | None, zone: ZoneInfo) -> Line:
    assert gift.paid_at is not None  # noqa: S101 (the query asks for it)
    return Line(
        on=gift.paid_at.astimezone(zone).date().isoformat(),
        project=gift.project.title,
        donation_number=gift.number,
        receipt=receipt.number if receipt else None,
        kept=gift.kept,
        given_back=Money(gift.captured_minor, gift.currency) - gift.kept,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
