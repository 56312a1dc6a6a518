"""The days that a report is of: a span that moves with the calendar, dates, or the latest."""

from collections.abc import Mapping
from datetime import date

from app.core import clock
from app.nonprofits.models import Nonprofit
from app.reports import periods
from app.reports.periods import SPANS, Period
from app.web.text import _
from app.web.text import lazy as _l

LATEST = "30-days"
WORDS = {
    "30-days": _l("Last 30 days"),
    "this-month": _l("This month"),
    "last-month": _l("Last month"),
    "this-quarter": _l("This quarter"),
    "last-quarter": _l("Last quarter"),
    "this-year": _l("This year"),
    "last-year": _l("Last year"),
}


def span(named: Mapping[str, str]) -> str:
    """The span that is named, one of periods.SPANS; the latest days when none is; empty for dates."""
    if _dates(named) is not None:
        return ""
    return span if (span := named.get("span", "")) in SPANS else LATEST


def period(nonprofit: Nonprofit, named: Mapping[str, str]) -> Period:
    """The period from `first` to `last`, or of the span, as named; the latest days for nonsense."""
    dates = _dates(named)
    if dates is None:
        return periods.named(span(named), clock.now(), nonprofit.time_zone)
    first, last = sorted(dates)
    if (last - first).days >= periods.MAX_DAYS:  # it is cut: rather by days that are to come
        last = max(first, min(last, periods.latest(clock.now(), nonprofit.time_zone).last))
    return periods.between(first, last, nonprofit.time_zone)


def _dates(named: Mapping[str, str]) -> tuple[date, date] | None:
    try:
        return date.fromisoformat(named["first"]), date.fromisoformat(named["last"])
    except (KeyError, ValueError):
        return None


def choices(nonprofit: Nonprofit) -> list[tuple[str, Period]]:
    """Periods that are chosen by one press, with their names."""
    latest = periods.latest(clock.now(), nonprofit.time_zone)
    month = periods.month_of(latest.last, nonprofit.time_zone)
    before = periods.month_of(month.previous().last, nonprofit.time_zone)
    return [(_("Last 30 days"), latest), (_("This month"), month), (_("Last month"), before)]
