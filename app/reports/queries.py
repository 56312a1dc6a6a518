"""The report: what each creator and each video brought in a period, with the period before beside it.

Every figure is a sum of the rollup; currencies are never added together. The uncredited part is a row of its
own, so the rows of a currency always add up to its total.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.money import Money
from app.credit.models import Credit, CreditReversal
from app.donations.models import Donation
from app.reports.models import DayRollup
from app.reports.periods import Period
from app.videos.models import Video


@dataclass(frozen=True)
class Figures:
    """Sums in one currency. `donations` counts gifts; `net` is what is left after refunds and fees."""

    currency: str
    donations: int = 0
    gross_minor: int = 0
    refunded_minor: int = 0
    fee_minor: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return Figures(
            self.currency,
            self.donations + other.donations,
            self.gross_minor + other.gross_minor,
            self.refunded_minor + other.refunded_minor,
            self.fee_minor + other.fee_minor,
        )

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)

    @property
    def fees(self) -> Money:
        return Money(self.fee_minor, self.currency)

    @property
    def net(self) -> Money:
        return Money(self.gross_minor - self.refunded_minor - self.fee_minor, self.currency)


class Line(NamedTuple):
    """A row of the report: a creator, a video with its creator, or (both None) what no video moved."""

    creator: Person | None
    video: Video | None
    now: Figures
    before: Figures


@dataclass(frozen=True)
class Report:
    """A nonprofit's report for a period; lines by currency, then by what they brought, uncredited last."""

    period: Period
    rule: str
    creators: list[Line]
    videos: list[Line]
    totals: list[Line] = field(default_factory=list[Line])


Key = tuple[int | None, int | None, str]  # creator, video, currency


def report(session: Session, nonprofit_id: int, period: Period) -> Report:
    """The report of a nonprofit for a period."""
    now = _sums(session, nonprofit_id, period)
    before = _sums(session, nonprofit_id, period.previous())
    people = _by_id(session, Person, (key[0] for key in (*now, *before)))
    videos = _by_id(session, Video, (key[1] for key in (*now, *before)))

    def lines(part: Callable[[Key], Key]) -> list[Line]:
        these, those = _grouped(now, part), _grouped(before, part)
        found = [
            Line(
                people.get(key[0]),
                videos.get(key[1]),
                these.get(key, Figures(key[2])),
                those.get(key, Figures(key[2])),
            )
            for key in {**these, **those}
        ]
        return sorted(found, key=_order)

    return Report(
        period=period,
        rule=_rules(session, nonprofit_id, period),
        creators=lines(lambda key: (key[0], None, key[2])),
        videos=lines(lambda key: key),
        totals=lines(lambda key: (None, None, key[2])),
    )


def _rules(session: Session, nonprofit_id: int, period: Period) -> str:
    """The rules that decided what the period shows, with their versions, whatever the projects say today.

    A refund goes by the rule that had decided the credit it takes from.
    """
    found: set[tuple[str, int]] = set()
    for table in (Credit, CreditReversal):
        query = select(Credit.rule, Credit.rule_version).join(Donation, Donation.id == Credit.donation_id)
        if table is CreditReversal:
            query = query.join(CreditReversal, CreditReversal.credit_id == Credit.id)
        rows = session.execute(
            query.where(
                Donation.nonprofit_id == nonprofit_id,
                table.at >= period.starts_at,
                table.at < period.ends_at,
            ).distinct()
        )
        found.update((rule, version) for rule, version in rows)
    return ", ".join(f"{rule} v{version}" for rule, version in sorted(found))


def _sums(session: Session, nonprofit_id: int, period: Period) -> dict[Key, Figures]:
    rows = session.execute(
        select(
            DayRollup.creator_id,
            DayRollup.video_id,
            DayRollup.currency,
            func.sum(DayRollup.donations),
            func.sum(DayRollup.gross_minor),
            func.sum(DayRollup.refunded_minor),
            func.sum(DayRollup.fee_minor),
        )
        .where(
            DayRollup.nonprofit_id == nonprofit_id,
            DayRollup.day >= period.first,
            DayRollup.day < period.until,
        )
        .group_by(DayRollup.creator_id, DayRollup.video_id, DayRollup.currency)
    )
    return {
        (creator_id, video_id, currency): Figures(currency, *(int(one) for one in sums))
        for creator_id, video_id, currency, *sums in rows
    }


def _grouped(sums: dict[Key, Figures], part: Callable[[Key], Key]) -> dict[Key, Figures]:
    grouped: dict[Key, Figures] = {}
    for key, figures in sums.items():
        into = part(key)
        grouped[into] = grouped.get(into, Figures(key[2])) + figures
    return grouped


def _order(line: Line) -> tuple[str, bool, int, str]:
    name = line.video.title if line.video else line.creator.name if line.creator else ""
    return line.now.currency, line.creator is None, -line.now.net.minor, name


def _by_id(session: Session, table: type[Any], ids: Iterable[int | None]) -> dict[int | None, Any]:
    wanted = {one for one in ids if one is not None}
    rows: Sequence[Any] = session.scalars(select(table).where(table.id.in_(wanted))).all() if wanted else []
    return {row.id: row for row in rows}
