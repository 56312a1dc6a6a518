"""Which part of an organisation's figures is meant: a video's, a creator's, a project's, or all of them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.projects.models import Project
from app.videos.models import Video


@dataclass(frozen=True)
class Which:
    """What a figure is of, as an address says it: of a video, of a creator, or (uncredited) of neither, in a
    project; in one currency; `relay`: by gifts that were made through a share. Of all by default."""

    currency: str = ""
    video_code: str = ""
    creator_code: str = ""
    uncredited: bool = False
    project_code: str = ""
    relay: bool = False


@dataclass(frozen=True)
class Scope:
    """The same by ids; 0 is any. An id that nothing has (-1) selects nothing."""

    currency: str
    video_id: int
    creator_id: int
    uncredited: bool
    project_id: int
    relay: bool = False

    @property
    def donations(self) -> str:
        """The rollup's count of donations at this level, by its name."""
        if self.video_id or self.uncredited:
            return "donations"
        return "creator_donations" if self.creator_id else "gifts"

    @property
    def donors(self) -> tuple[str, int] | None:
        """In which scope of people it is counted who gave; None for a creator's or no video's part in one
        project, of which nobody keeps count."""
        named = [
            (name, one)
            for name, one in (
                ("video", self.video_id),
                ("creator", self.creator_id),
                ("project", self.project_id),
            )
            if one
        ]
        if self.uncredited:
            return ("video", 0) if not named else None
        if len(named) > 1:
            return None
        return named[0] if named else ("total", 0)

    def on(self, table: Any) -> list[ColumnElement[bool]]:
        """Whether a row of a table with these columns belongs to it."""
        conditions: list[ColumnElement[bool]] = []
        if self.currency:
            conditions.append(table.currency == self.currency)
        for name in ("video_id", "creator_id", "project_id"):
            if one := getattr(self, name):
                conditions.append(getattr(table, name) == one)
        if self.uncredited:
            conditions.append(table.video_id.is_(None))
        return conditions


def scope(session: Session, which: Which) -> Scope:
    """What `which` means. A code that nothing has selects nothing."""

    def named(table: Any, code: str) -> int:
        if not code:
            return 0
        return session.scalar(select(func.coalesce(func.max(table.id), -1)).where(table.code == code)) or -1

    return Scope(
        currency=which.currency,
        video_id=named(Video, which.video_code),
        creator_id=named(Person, which.creator_code),
        uncredited=which.uncredited,
        project_id=named(Project, which.project_code),
        relay=which.relay,
    )
