"""How much has been raised, read from the rollup: what public pages show."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.money import Money
from app.credit import ranking
from app.projects.models import Project
from app.reports.models import DayRollup
from app.videos import feed
from app.videos.models import Video


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
            func.sum(DayRollup.gifts),
        )
        .where(DayRollup.project_id.in_([project.id for project in wanted]))
        .group_by(DayRollup.project_id, DayRollup.currency)
    ).all()
    raised = {(row[0], row[1]): Raised(Money(int(row[2]), row[1]), int(row[3])) for row in rows}
    return {
        project.id: raised.get((project.id, project.currency), Raised(Money(0, project.currency), 0))
        for project in wanted
    }


@dataclass(frozen=True)
class Mover:
    """A video and what a ranking counts of what it brought a project."""

    code: str
    title: str
    creator: str
    amount: Money


def most_moving(session: Session, project: Project, most: int) -> list[Mover]:
    """The published videos that moved most for a project, in one query: held gifts do not count."""
    held = ranking.held_of_project(project)
    raised = (
        select(DayRollup.video_id, func.sum(DayRollup.gross_minor - DayRollup.refunded_minor).label("minor"))
        .where(DayRollup.project_id == project.id, DayRollup.currency == project.currency)
        .group_by(DayRollup.video_id)
        .subquery()
    )
    counted = raised.c.minor - func.coalesce(held.c.minor, 0)
    rows = session.execute(
        select(Video.code, Video.title, Person.name, counted)
        .join(raised, raised.c.video_id == Video.id)
        .join(Person, Person.id == Video.creator_id)
        .outerjoin(held, held.c.video_id == Video.id)
        .where(counted > 0, *feed.on_show())
        .order_by(counted.desc(), Video.id)
        .limit(most)
    )
    return [
        Mover(code, title, name, Money(int(minor), project.currency)) for code, title, name, minor in rows
    ]


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
