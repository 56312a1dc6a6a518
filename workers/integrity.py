"""Gifts are looked at for what keeps them out of rankings, in tasks of their own: money does not wait."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import tasks
from app.credit import flags
from app.credit.models import Credit

CATCH_UP = 200


def look(session: Session, *, donation_ids: Sequence[int]) -> None:
    """Look at gifts that were just credited; then it is known by what to count their donors."""
    flags.look(session, donation_ids)
    tasks.defer(session, "rollups.people", donation_ids=list(donation_ids))


def catch_up(session: Session, *, after: int) -> None:
    """Look at the gifts of before there were flags, some at a time, and go on with those after them."""
    some = session.scalars(
        select(Credit.donation_id)
        .where(Credit.donation_id > after)
        .distinct()
        .order_by(Credit.donation_id)
        .limit(CATCH_UP)
    ).all()
    if some:
        flags.look(session, some)
        tasks.defer(session, "integrity.catch_up", after=some[-1])
