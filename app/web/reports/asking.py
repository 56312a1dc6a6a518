"""What an address of the reports asks for: which days, in which order, how fine, about whom."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request

from app.core import clock
from app.nonprofits.models import Nonprofit
from app.reports import saved_views, shapes
from app.reports.lines_sql import SORTS
from app.reports.periods import SPANS, Period
from app.reports.which import Which
from app.web.reports import days
from app.web.text import lazy as _l

STEPS = {"day": _l("By day"), "week": _l("By week"), "month": _l("By month")}


@dataclass(frozen=True)
class Asked:
    """The days of a report, by a span that moves with the calendar or (`span` is empty) by their dates; the
    column that lines are ordered by, or none for the order of the ranking; how fine a time is told; whether
    every line is wanted, however many there are."""

    period: Period
    span: str
    sort: str
    is_upward: bool
    step: str
    every_line: bool = False

    @property
    def days(self) -> dict[str, str]:
        """The part of an address that asks for the same days."""
        if self.span:
            return {"span": self.span}
        return {"first": self.period.first.isoformat(), "last": self.period.last.isoformat()}

    @property
    def days_gone(self) -> int:
        """How many days of the period have begun."""
        return self.period.days_gone(clock.now())

    @property
    def as_of(self) -> datetime:
        """The moment that the figures of the period are from."""
        return self.period.as_of(clock.now())

    @property
    def length(self) -> int:
        """How many days the period has."""
        return (self.period.until - self.period.first).days


def asked(nonprofit: Nonprofit) -> Asked:
    """What the address asks for; nonsense is as if it were not there."""
    period = days.period(nonprofit, request.args)
    return Asked(
        period=period,
        span=days.span(request.args),
        sort=request.args.get("sort", ""),
        is_upward=request.args.get("order") == "asc",
        step=shapes.fitting_step(request.args.get("step", ""), (period.until - period.first).days),
        every_line="all" in request.args,
    )


def which() -> Which:
    """Of whom or of what the address asks for the lines."""
    return Which(
        currency=request.args.get("currency", ""),
        video_code=request.args.get("video", ""),
        creator_code=request.args.get("creator", ""),
        project_code=request.args.get("project", ""),
        uncredited="uncredited" in request.args,
        relay="relay" in request.args,
    )


def about() -> dict[str, str]:
    """The part of an address that asks of whom or of what, without the currency."""
    return {name: request.args[name] for name in ("video", "creator", "project") if request.args.get(name)}


def misread() -> list[str]:
    """The names in the address whose values mean nothing. A page shows what it made of them; a program would
    take the answer to another question for its own."""
    args = request.args
    known: Mapping[str, Collection[str]] = {
        "page": saved_views.PAGES,
        "span": SPANS,
        "sort": SORTS,
        "order": ("asc", "desc"),
        "step": STEPS,
    }
    wrong = [name for name, values in known.items() if args.get(name) and args[name] not in values]
    if ("first" in args or "last" in args) and days.span(args):
        wrong += [name for name in ("first", "last") if name in args]
    return wrong
