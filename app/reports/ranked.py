"""The order of a report on the screen: by what a ranking counts, beside the money that all of it adds up to.

Files keep the order of money: a gift that is cleared later does not change the bytes of a closed period.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.core.money import Money
from app.credit import ranking
from app.reports.figures import Line
from app.reports.queries import Report


@dataclass(frozen=True)
class Ranked:
    """A report in the order of its ranked totals, and what these leave out, an amount a currency."""

    report: Report
    held: Sequence[Money]


def ranked(session: Session, nonprofit_id: int, report: Report) -> Ranked:
    """Order creators and videos by net without what is held; no figure of the report changes."""
    held = ranking.held(session, nonprofit_id, report.period.starts_at, report.period.ends_at)
    out: Counter[tuple[int, int | None, str]] = Counter()
    currencies: Counter[str] = Counter()
    for (creator_id, video_id, currency), minor in held.items():
        out[creator_id, video_id, currency] += minor
        out[creator_id, None, currency] += minor
        currencies[currency] += minor

    def order(line: Line) -> tuple[str, bool, int]:
        key = (line.creator.id if line.creator else 0, line.video.id if line.video else None)
        return (
            line.now.currency,
            line.creator is None,
            out[*key, line.now.currency] - line.now.net_minor,
        )

    sorted_report = replace(
        report, creators=sorted(report.creators, key=order), videos=sorted(report.videos, key=order)
    )
    amounts = [Money(minor, currency) for currency, minor in sorted(currencies.items())]
    return Ranked(sorted_report, amounts)
