"""The months of touches: a partition each, made when it is needed and dropped when its time is over."""

from collections.abc import Collection
from datetime import UTC, date, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session


def ensure(session: Session, moments: Collection[datetime]) -> None:
    """Have a partition for every moment at which a session began."""
    for month in sorted({one.astimezone(UTC).date().replace(day=1) for one in moments}):
        name = f"touch_{month:%Y_%m}"
        if session.scalar(select(func.to_regclass(name))) is None:
            session.execute(text("SELECT pg_advisory_xact_lock(hashtext('touch'))"))
            session.execute(
                text(
                    f'CREATE TABLE IF NOT EXISTS "{name}" PARTITION OF touch '
                    f"FOR VALUES FROM ('{month} 00:00+00') TO ('{_end_of(name)} 00:00+00')"
                )
            )


def forget_before(session: Session, day: date) -> list[str]:
    """Drop the partitions of months that ended before `day`; returns their names. Counts stay."""
    names = session.scalars(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'touch'::regclass")
    ).all()
    gone = [name for name in sorted(names) if _end_of(name) <= day]
    for name in gone:
        session.execute(text(f'DROP TABLE "{name}"'))
    return gone


def _end_of(name: str) -> date:
    """The first day after a partition's month."""
    year, month = (int(part) for part in name.split("_")[1:3])
    return date(year + month // 12, month % 12 + 1, 1)
