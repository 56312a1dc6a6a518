"""A video as pages show it: its files' addresses and how far its project is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy.orm import Session

from app.core.money import Money
from app.donations import offers
from app.nonprofits import payees
from app.reports import totals
from app.reports.totals import Raised
from app.videos import captions, renditions
from app.videos.feed import Showing
from app.videos.models import Caption, Video
from app.web.outside import settings
from app.web.shown import media_url
from app.web.watch.captions import Track, tracks


@dataclass(frozen=True)
class Stage:
    """What the player and the card beside it need; addresses are None until there is something to play."""

    showing: Showing
    poster: str | None
    mp4: str | None
    light: str | None  # the plain file that weighs least
    playlist: str | None
    storyboard: str | None  # the index of the pictures shown while seeking; only the whole ladder has one
    captions: Sequence[Track]
    raised: Raised | None
    obstacle: str | None  # why the project may not receive now: an English message key

    @property
    def goal(self) -> Money | None:
        """What the project needs."""
        project = self.showing.project
        return Money(project.goal_minor, project.currency) if project else None

    @property
    def is_wide(self) -> bool:
        """Whether the clip is wider than the upright box it is shown in."""
        video = self.showing.video
        return (video.width or 0) > (video.height or 0)


def stages(session: Session, showings: Sequence[Showing]) -> list[Stage]:
    """The showings with all that belongs to them; three queries however many there are."""
    projects = {one.project.id: one.project for one in showings if one.project}
    raised = totals.of_projects(session, projects.values())
    accounts = payees.accounts_of(session, {project.nonprofit_id for project in projects.values()})
    provider = settings().payment_provider
    obstacles = {
        project.id: offers.obstacle_of(project, accounts.get(project.nonprofit_id), provider)
        for project in projects.values()
    }
    own = captions.of_videos(session, [one.video.id for one in showings])
    return [_stage(one, own.get(one.video.id, ()), raised, obstacles) for one in showings]


def addresses(video: Video) -> dict[str, str | None]:
    """Public addresses of a video's files by their names in Renditions; None for what is not there yet."""
    files = renditions.published(video)
    keys = asdict(files) if files else dict.fromkeys(field.name for field in fields(renditions.Renditions))
    return {name: media_url(key) if key else None for name, key in keys.items()}


def _stage(
    showing: Showing,
    own: Sequence[Caption],
    raised: Mapping[int, Raised],
    obstacles: Mapping[int, str | None],
) -> Stage:
    project = showing.project
    return Stage(
        showing,
        **addresses(showing.video),
        captions=tracks(showing.video, own),
        raised=raised[project.id] if project else None,
        obstacle=obstacles[project.id] if project else None,
    )
