"""What one video has done, for its creator: from being shown to money that is credited to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.core.money import Money
from app.credit import touches
from app.credit.touch_counts import SHOWN, STAGES
from app.donations.models import Donation, MonthlyGift
from app.projects.models import Project
from app.reports.models import DayRollup
from app.videos.models import Video


@dataclass(frozen=True)
class Way:
    """How many went how far with a video, of visitors who agreed to be remembered. `started` sent the form,
    `given` paid; a gift of each month counts once. `given_by_all` also counts everybody else. `watched` has
    how often it was played for a quarter, a half, three quarters and all of its length."""

    shown: int
    watched: Sequence[int]
    views: int
    opens: int
    started: int
    given: int
    given_by_all: int


@dataclass(frozen=True)
class Credited:
    """What a project owes to the video, in one currency, after what was taken back; a gift may be a part."""

    project: str
    gifts: int
    gross: Money
    refunded: Money
    fees: Money
    relay: Money

    @property
    def net(self) -> Money:
        """What is left after refunds and fees."""
        return self.gross - self.refunded - self.fees


def way(session: Session, video: Video) -> Way:
    """The way from being shown to gifts that were made from the video, of all its time."""
    counts = touches.counts(session, [video.id]).get(video.id, {})
    known, paid = Donation.visitor != "", Donation.captured_minor > 0
    began = exists().where(MonthlyGift.first_donation_id == Donation.id)
    started, given, by_all = session.execute(
        select(func.count().filter(known), func.count().filter(known, paid), func.count().filter(paid)).where(
            Donation.video_id == video.id, Donation.monthly_gift_id.is_(None) | began
        )
    ).one()
    return Way(
        shown=counts.get(SHOWN, 0),
        watched=[counts.get(stage, 0) for stage in STAGES],
        views=counts.get("view", 0),
        opens=counts.get("open", 0),
        started=int(started),
        given=int(given),
        given_by_all=int(by_all),
    )


def credited(session: Session, video: Video) -> Sequence[Credited]:
    """What the video is credited with, a line for each project and currency, from the rollup."""
    rows = session.execute(
        select(
            Project.title,
            DayRollup.currency,
            func.sum(DayRollup.donations),
            func.sum(DayRollup.gross_minor),
            func.sum(DayRollup.refunded_minor),
            func.sum(DayRollup.fee_minor),
            func.sum(DayRollup.relay_minor),
        )
        .join(Project, Project.id == DayRollup.project_id)
        .where(DayRollup.video_id == video.id)
        .group_by(Project.id, DayRollup.currency)
        .order_by(func.sum(DayRollup.gross_minor).desc(), Project.id)
    )
    return [
        Credited(title, int(gifts), *(Money(int(minor), currency) for minor in amounts))
        for title, currency, gifts, *amounts in rows
    ]
