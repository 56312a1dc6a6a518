"""What reports need beyond sums of money follows settlement in tasks of its own: money never waits."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.credit import touch_counts
from app.reports import people as people_counted


def people(session: Session, *, donation_ids: Sequence[int]) -> None:
    """Count the donors of gifts that were just credited, or whose credit was moved."""
    people_counted.count(session, donation_ids)


def rebuild_people(session: Session, *, nonprofit_id: int) -> None:
    """Count an organisation's donors anew: its days have changed, or nobody has counted them yet."""
    people_counted.rebuild(session, nonprofit_id)


def touches(session: Session) -> None:
    """Count touches anew, by the days of another time zone."""
    touch_counts.rebuild(session)
