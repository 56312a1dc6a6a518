"""Periods of a report: half-open, in whole days of the nonprofit's time zone. Pure."""

from collections.abc import Callable, Mapping
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
        """What it is compared with: whole months with as many right before, else as many days."""
        if self.first.day == self.until.day == 1:
            months = (self.until.year - self.first.year) * 12 + self.until.month - self.first.month
            return Period(_months_on(self.first, -months), self.first, self.zone)
        return Period(self.first - (self.until - self.first), self.first, self.zone)

    def days_gone(self, now: datetime) -> int:
        """How many of its days have begun by now."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        return min(max((today - self.first).days + 1, 0), (self.until - self.first).days)

    def as_of(self, now: datetime) -> datetime:
        """The moment its figures are from: now while it runs, its own end once it is over, for they stay."""
        return min(now, self.ends_at)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


def latest(now: datetime, zone: str) -> Period:
    """The thirty days up to and with today."""
    return named("30-days", now, zone)


def between(first: date, last: date, zone: str) -> Period:
    """From the first to the last day, both included; typed the wrong way round or out of range, put right."""
    first, last = sorted(min(max(day, EARLIEST), LATEST) for day in (first, last))
    first = max(first, last - timedelta(days=MAX_DAYS - 1))
    return Period(first, last + timedelta(days=1), zone)


def month_of(day: date, zone: str) -> Period:
    """The calendar month that `day` is in."""
    return _months(day.replace(day=1), 1, zone)


def named(span: str, now: datetime, zone: str) -> Period:
    """A period by one of the names in SPANS: it moves on with the days. Raises KeyError for another name."""
    return SPANS[span](now.astimezone(ZoneInfo(zone)).date(), zone)


def _latest(today: date, zone: str) -> Period:
    return Period(today - timedelta(days=DEFAULT_DAYS - 1), today + timedelta(days=1), zone)


def _month(today: date, zone: str, back: int = 0) -> Period:
    return _months(_months_on(today.replace(day=1), -back), 1, zone)


def _quarter(today: date, zone: str, back: int = 0) -> Period:
    begun = today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1)
    return _months(_months_on(begun, -3 * back), 3, zone)


def _year(today: date, zone: str, back: int = 0) -> Period:
    return _months(date(today.year - back, 1, 1), 12, zone)


def _months(first: date, count: int, zone: str) -> Period:
    return Period(first, _months_on(first, count), zone)


def _months_on(first: date, count: int) -> date:
    """The first of a month `count` months later; before it when `count` is below zero."""
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return date(year, month + 1, 1)


SPANS: Mapping[str, Callable[[date, str], Period]] = {
    "30-days": _latest,
    "this-month": _month,
    "last-month": lambda today, zone: _month(today, zone, 1),
    "this-quarter": _quarter,
    "last-quarter": lambda today, zone: _quarter(today, zone, 1),
    "this-year": _year,
    "last-year": lambda today, zone: _year(today, zone, 1),
}
