"""What figures of views leave out, and why: for the nonprofit whose projects the videos carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.credit.models import HELD, VideoCount
from app.projects.models import Project
from app.videos.models import Video

MOST_VIDEOS = 50


@dataclass(frozen=True)
class LeftOut:
    """A video, its creator's name, and how many of its touches count in no figure, by reason (of HELD)."""

    video: Video
    creator: str
    reasons: Mapping[str, int]


def of_nonprofit(session: Session, nonprofit_id: int, since: date) -> Sequence[LeftOut]:
    """The videos of which most is left out since a day, with all that is."""
    mine = (
        VideoCount.kind.in_(HELD),
        VideoCount.day >= since,
        VideoCount.project_id.in_(select(Project.id).where(Project.nonprofit_id == nonprofit_id)),
    )
    rows = session.execute(
        select(Video, Person.name)
        .join(VideoCount, VideoCount.video_id == Video.id)
        .join(Person, Person.id == Video.creator_id)
        .where(*mine)
        .group_by(Video.id, Person.name)
        .order_by(func.sum(VideoCount.count).desc(), Video.id)
        .limit(MOST_VIDEOS)
    ).all()
    counts = session.execute(
        select(VideoCount.video_id, VideoCount.kind, func.sum(VideoCount.count))
        .where(*mine, VideoCount.video_id.in_([video.id for video, _ in rows]))
        .group_by(VideoCount.video_id, VideoCount.kind)
    ).all()
    return [
        LeftOut(video, name, {kind: int(count) for video_id, kind, count in counts if video_id == video.id})
        for video, name in rows
    ]
