"""A report along its time: each step with the one that lay as far in the period before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest

from babel.dates import format_skeleton
from babel.numbers import format_compact_currency

from app.core.money import Money
from app.reports.figures import Figures
from app.reports.series import Step
from app.web import charts
from app.web.charts import Column, Tick
from app.web.languages import language

MOST_NAMES = 4  # so many fit on a phone
WAYS = {"day": "MMMd", "week": "MMMd", "month": "yMMM"}


@dataclass(frozen=True)
class Name:
    """A name below a chart; its middle lies at `across`."""

    words: str
    across: float


@dataclass(frozen=True)
class Beat:
    """One step in one currency; `before` is None where the period before has no such step."""

    step: Step
    now: Figures
    before: Figures | None
    column: Column

    @property
    def happened(self) -> bool:
        """Whether there are lines behind it."""
        return any((self.now.donations, self.now.gross_minor, self.now.refunded_minor, self.now.fee_minor))

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to tell of it, and was nothing in the period before."""
        told = (self.now.shown, self.now.views, self.now.opens, self.before and self.before.gross_minor)
        return not (self.happened or any(told) or (self.before and self.before.refunded_minor))

    @property
    def days(self) -> dict[str, str]:
        """The part of an address that asks for its days."""
        last = self.step.until - timedelta(days=1)
        return {"first": self.step.first.isoformat(), "last": last.isoformat()}


@dataclass(frozen=True)
class Time:
    """A currency along a period, and the line of the period before it."""

    currency: str
    beats: Sequence[Beat]
    ticks: Sequence[Tick]
    named: Sequence[Name]
    line: str

    @property
    def best(self) -> Beat:
        """The step with the most net."""
        return max(self.beats, key=lambda beat: beat.now.net.minor)


def times(now: Sequence[Step], before: Sequence[Step], size: str) -> list[Time]:
    """The steps of a period beside those of the one before, by currency; `size` is day, week or month."""
    currencies = [figures.currency for figures in now[0].lines] if now else []
    return [_time(currency, now, before, size) for currency in currencies]


def step_name(size: str, first: date) -> str:
    """A step in few words: its first day, or its month."""
    return format_skeleton(WAYS[size], first, locale=language())


def _time(currency: str, now: Sequence[Step], before: Sequence[Step], size: str) -> Time:
    these = [_of(step, currency) or Figures(currency) for step in now]
    those = [_of(step, currency) for step in before[: len(now)]]
    nets = [figures.net.minor for figures in these]
    earlier = [figures.net.minor for figures in those if figures is not None]
    scale = charts.scale([*nets, *earlier])
    places = charts.columns(scale, nets)
    return Time(
        currency=currency,
        beats=[Beat(*one) for one in zip_longest(now, these, those, places)],
        ticks=charts.ticks(scale, lambda minor: _short(minor, currency)),
        named=[
            Name(step_name(size, now[n].first), places[n].middle)
            for n in charts.labelled(len(now), MOST_NAMES)
        ],
        line=charts.line(scale, earlier, len(now)) if any(earlier) else "",
    )


def _short(minor: int, currency: str) -> str:
    amount = Money(minor, currency).decimal
    return format_compact_currency(amount, currency, locale=language(), fraction_digits=1)


def _of(step: Step, currency: str) -> Figures | None:
    return next((figures for figures in step.lines if figures.currency == currency), None)
