"""Alerts: what administrators should look at soon. Each is raised once, shown until seen, and mailed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.models import Alert

# What an alert can be about: an attack of card testers, work on money that was given up, an event of the
# provider whose figures are not the donation's.
ATTACK, DEAD_TASK, MISMATCH = "attack", "dead_task", "mismatch"


def raise_alert(session: Session, kind: str, subject: str, dedupe_key: str, **details: Any) -> bool:
    """Show an alert to the administrators, and mail it to them; False when `dedupe_key` was raised before.

    `subject` is a kind and a public code, such as "project:k7m2…"; `details` must be JSON values.
    """
    alert_id = session.scalar(
        insert(Alert)
        .values(kind=kind, subject=subject, details=details, dedupe_key=dedupe_key, at=clock.now())
        .on_conflict_do_nothing(index_elements=[Alert.dedupe_key])
        .returning(Alert.id)
    )
    if alert_id is None:
        return False
    tasks.defer(session, "alerts.announce", alert_id=alert_id)
    return True


def unseen(session: Session, limit: int = 200) -> Sequence[Alert]:
    """The alerts that nobody has seen yet, newest first."""
    return session.scalars(
        select(Alert).where(Alert.seen_at.is_(None)).order_by(Alert.id.desc()).limit(limit)
    ).all()


def seen(session: Session, limit: int = 50) -> Sequence[Alert]:
    """The last alerts that somebody has seen, newest first."""
    return session.scalars(
        select(Alert).where(Alert.seen_at.is_not(None)).order_by(Alert.id.desc()).limit(limit)
    ).all()


def count_unseen(session: Session) -> int:
    """How many alerts wait to be seen."""
    return session.scalars(select(func.count()).select_from(Alert).where(Alert.seen_at.is_(None))).one()


def mark_seen(session: Session, alert_id: int, person_id: int) -> None:
    """Note who has seen an alert first. Raises NotFound."""
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None:
        raise NotFound(N_("There is no alert at this address."))
    if alert.seen_at is None:
        alert.seen_at, alert.seen_by_id = clock.now(), person_id
