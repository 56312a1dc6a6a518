"""How much has been raised, read from the rollup: what public pages show."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.money import Money
from app.projects.models import Project
from app.reports.models import DayRollup


@dataclass(frozen=True)
class Raised:
    """What has come in after refunds, and from how many donations."""

    amount: Money
    donations: int


def of_projects(session: Session, projects: Iterable[Project]) -> dict[int, Raised]:
    """What each project has raised, by project id; one query for all of them."""
    wanted = list(projects)
    rows = session.execute(
        select(
            DayRollup.project_id,
            DayRollup.currency,
            func.sum(DayRollup.gross_minor - DayRollup.refunded_minor),
            func.sum(DayRollup.donations),
        )
        .where(DayRollup.project_id.in_([project.id for project in wanted]))
        .group_by(DayRollup.project_id, DayRollup.currency)
    ).all()
    raised = {(row[0], row[1]): Raised(Money(int(row[2]), row[1]), int(row[3])) for row in rows}
    return {
        project.id: raised.get((project.id, project.currency), Raised(Money(0, project.currency), 0))
        for project in wanted
    }


def of_videos(session: Session, project: Project) -> dict[int, Raised]:
    """What each video has been credited with for a project, by video id; videos with nothing are absent."""
    rows = session.execute(
        select(
            DayRollup.video_id,
            func.sum(DayRollup.gross_minor - DayRollup.refunded_minor),
            func.sum(DayRollup.donations),
        )
        .where(
            DayRollup.project_id == project.id,
            DayRollup.currency == project.currency,
            DayRollup.video_id.is_not(None),
        )
        .group_by(DayRollup.video_id)
    ).all()
    return {
        video_id: Raised(Money(int(minor), project.currency), int(donations))
        for video_id, minor, donations in rows
        if video_id is not None
    }
