"""Periods of a report: half-open, in whole days of the nonprofit's time zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DEFAULT_DAYS = 30
MAX_DAYS = 3660
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True)
class Period:
    """The days from `first` up to, but not including, `until`, in an IANA time zone."""

    first: date
    until: date
    zone: str

    @property
    def last(self) -> date:
        """The last day that belongs to it."""
        return self.until - timedelta(days=1)

    @property
    def starts_at(self) -> datetime:
        """The first moment that belongs to it, in UTC."""
        return self._midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it, in UTC."""
        return self._midnight(self.until)

    def previous(self) -> "Period":
        """As many days, right before."""
        return Period(self.first - (self.until - self.first), self.first, self.zone)

    def as_of(self, now: datetime) -> datetime:
        """The moment its figures are from: now while it runs, its own end once it is over, for they stay."""
        return min(now, self.ends_at)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


def latest(now: datetime, zone: str) -> Period:
    """The thirty days up to and with today."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return Period(today - timedelta(days=DEFAULT_DAYS - 1), today + timedelta(days=1), zone)


def between(first: date, last: date, zone: str) -> Period:
    """From the first to the last day, both included; typed the wrong way round or out of range, put right."""
    first, last = sorted(min(max(day, EARLIEST), LATEST) for day in (first, last))
    first = max(first, last - timedelta(days=MAX_DAYS - 1))
    return Period(first, last + timedelta(days=1), zone)


def month_of(day: date, zone: str) -> Period:
    """The calendar month that `day` is in."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(first, following, zone)
