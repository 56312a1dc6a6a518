"""The table of what somebody looks at: a whole report, one page of it, a time step by step, or cohorts."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from sqlalchemy.orm import Session

from app.core import clock
from app.core.i18n import N_
from app.reports import cohorts, periods, queries, report_table, series, shapes
from app.reports.figures import Line
from app.reports.lines_sql import LEVELS
from app.reports.periods import Period
from app.reports.queries import Order, Report
from app.reports.report_table import FIGURES, Columns, Say, Table
from app.reports.series import Step
from app.reports.shapes import Shape
from app.reports.tables import Cell
from app.reports.which import Which

LISTED = ("creators", "videos", "projects")
STEP_NAMES = {"day": N_("Day"), "week": N_("Week"), "month": N_("Month")}
TIME: Columns = (
    ("row", N_("Row")),
    ("about", N_("Of")),
    ("from", N_("From")),
    ("currency", N_("Currency")),
)
COHORTS: Columns = (
    ("row", N_("Row")),
    ("month", N_("Month")),
    ("first_gift", N_("First gift in")),
    ("currency", N_("Currency")),
    ("months_later", N_("Months later")),
    ("donors", N_("Donors")),
    ("gross", N_("Gross")),
)


def table(session: Session, nonprofit_id: int, period: Period, shape: Shape, _: Say) -> Table:
    """What a shape shows of a period; `_` says a word in the reader's language. Cohorts have all months."""
    if shape.page == "time":
        return _over_time(session, nonprofit_id, period, shape, _)
    if shape.page == "cohorts":
        return _cohorts(session, nonprofit_id, period, _)
    only = (shape.page, "totals") if shape.page in LISTED else tuple(LEVELS)
    order = Order(shape.sort, shape.order == "asc")
    report = queries.report(session, nonprofit_id, period, only=only, order=order)
    return report_table.table(report, period.as_of(clock.now()), _)


def about(report: Report, which: Which) -> Line | None:
    """The line of whom or what is asked about; None for all, and for who did nothing in the period."""
    return next(iter(_lines_about(report, which)), None)


def _lines_about(report: Report, which: Which) -> list[Line]:
    """Its line in each currency."""
    found: list[Line] = []
    for name, code in shapes.tables_about(which).items():
        for line in getattr(report, name):
            one = line.video or line.project or line.creator
            if one and one.code == code:
                found.append(line)
    return found


def _over_time(session: Session, nonprofit_id: int, period: Period, shape: Shape, _: Say) -> Table:
    which = shape.which
    step = shapes.fitting_step(shape.step, (period.until - period.first).days)
    now = series.over_time(session, nonprofit_id, period, step, which)
    before = series.over_time(session, nonprofit_id, period.previous(), step, which)
    only = shapes.tables_about(which)
    report = queries.report(session, nonprofit_id, period, only=[*only] or ["totals"])
    lines = _lines_about(report, which) if only else report.totals
    one = lines[0].video or lines[0].project or lines[0].creator if lines else None
    rows = _steps(_(STEP_NAMES[step]), one[2] if one else "", now, before)
    whole: Iterable[list[Cell]] = (
        [
            _("Total"),
            one[2] if one else "",
            "",
            line.now.currency,
            *report_table.figures(line.now, line.before),
        ]
        for line in lines
    )
    as_of = period.as_of(clock.now())
    return report_table.made([*TIME, *FIGURES], len(TIME), [*rows, *whole], report, as_of, _)


def _steps(kind: str, name: str, now: list[Step], before: list[Step]) -> Iterator[list[Cell]]:
    """A row for each step and currency, beside the step that lay as far in the period before."""
    for step, earlier in zip_longest(now, before[: len(now)]):
        those = {figures.currency: figures for figures in earlier.lines} if earlier else {}
        for figures in step.lines:
            who = [kind, name, step.first.isoformat(), figures.currency]
            yield [*who, *report_table.figures(figures, those.get(figures.currency))]


def _cohorts(session: Session, nonprofit_id: int, period: Period, _: Say) -> Table:
    found = cohorts.of(session, nonprofit_id)
    now = clock.now()
    first = min((cohort.began for cohort in found), default=period.first)
    whole = periods.between(first, periods.latest(now, period.zone).last, period.zone)
    rows = (
        [
            _("Cohort"),
            f"{month.month:%Y-%m}",
            f"{cohort.began:%Y-%m}",
            cohort.currency,
            later,
            month.donors,
            month.gross,
        ]
        for cohort in found
        for later, month in enumerate(cohort.months)
    )
    report = queries.report(session, nonprofit_id, whole, only=())
    return report_table.made(COHORTS, 4, rows, report, whole.as_of(now), _)
