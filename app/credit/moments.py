"""At which second of a clip people open its donate sheet, and at which they go on to give."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.credit.models import Touch, VideoMoment
from app.donations.models import Donation

# A gift goes with a sheet that its visitor had opened no longer than this before.
LONGEST_IN_A_SHEET = timedelta(hours=24)


@dataclass(frozen=True)
class Moment:
    """One second of a clip: how often the sheet was opened there, and how many gifts were paid after it."""

    second: int
    opens: int
    gifts: int


def within(duration_ms: int | None, second: int | None = None) -> int | None:
    """`second` where a clip so long has it; None for what no player can have been at."""
    if second is None or duration_ms is None or not 0 <= second * 1000 <= duration_ms:
        return None
    return second


def count(session: Session, new: Counter[tuple[int, int]]) -> None:
    """Add to the counts of openings, by video and second."""
    if not new:
        return
    statement = insert(VideoMoment)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[VideoMoment.video_id, VideoMoment.second],
            set_={"count": VideoMoment.count + statement.excluded.count},
        ),
        [
            {"video_id": video_id, "second": second, "count": new[video_id, second]}
            for video_id, second in sorted(new)
        ],
    )


def of_video(session: Session, video_id: int) -> Sequence[Moment]:
    """The seconds of a clip at which something happened, in their order.

    Of visitors who agreed to be remembered. Openings are counted for good; gifts are found by the touch of
    their visitor, for as long as touches are kept.
    """
    rows = session.execute(
        select(VideoMoment.second, VideoMoment.count).where(VideoMoment.video_id == video_id)
    )
    opens = {second: int(count) for second, count in rows}
    gifts = Counter(_of_gifts(session, video_id))
    return [Moment(second, opens.get(second, 0), gifts[second]) for second in sorted({*opens, *gifts})]


def _of_gifts(session: Session, video_id: int) -> Sequence[int]:
    """For each paid gift made from a video, the second at which its visitor last opened the sheet."""
    opened = (
        select(Touch.moment_s)
        .where(
            Touch.visitor == Donation.visitor,
            Touch.video_id == Donation.video_id,
            Touch.kind == "open",
            Touch.moment_s.is_not(None),
            Touch.at <= Donation.created_at,
            Touch.at >= Donation.created_at - LONGEST_IN_A_SHEET,
        )
        .order_by(Touch.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = (
        select(opened.label("second"))
        .where(Donation.video_id == video_id, Donation.visitor != "", Donation.captured_minor > 0)
        .subquery()
    )
    return [second for second in session.scalars(select(found.c.second)) if second is not None]
