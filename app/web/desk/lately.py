"""What came in lately, for the first page of a desk: the sums, and the videos that moved most of them."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core import clock
from app.credit import ranking
from app.nonprofits.models import Nonprofit
from app.reports import periods, queries
from app.reports.queries import Order
from app.web.reports import lines
from app.web.reports.lines import Section


def sections(session: Session, nonprofit: Nonprofit) -> Sequence[Section]:
    """The last thirty days in each currency, beside the thirty before."""
    period = periods.latest(clock.now(), nonprofit.time_zone)
    held = ranking.held(session, nonprofit.id, period.starts_at, period.ends_at)
    order = Order(held=held, most=0, leading=lines.MOST_BARS)
    report = queries.report(session, nonprofit.id, period, only=("videos", "totals"), order=order)
    return lines.sections(report, "videos", every_line=False)
