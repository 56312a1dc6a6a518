"""What a donor stands in front of: a project, its payee, perhaps a video, and whether it may receive."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock
from app.core.errors import NotFound
from app.core.i18n import N_
from app.donations import eligibility
from app.donations.eligibility import NotEligible
from app.nonprofits import payees
from app.nonprofits.models import Nonprofit, PaymentAccount
from app.projects import queries
from app.projects.models import Project
from app.videos import feed, links
from app.videos.models import DonationLink, Video


@dataclass(frozen=True)
class Offer:
    """A chance to give. `obstacle` is the English key of why not, None when the project may receive."""

    project: Project
    nonprofit: Nonprofit
    account: PaymentAccount | None
    obstacle: str | None
    video: Video | None = None
    creator: Person | None = None
    link: DonationLink | None = None

    def payee(self) -> PaymentAccount:
        """The account that receives. Raises NotEligible with the reason why there is none."""
        if self.obstacle is not None or self.account is None:
            raise NotEligible(self.obstacle or eligibility.NO_ACCOUNT)
        return self.account


def of_project(session: Session, code: str, provider: str) -> Offer:
    """The chance to give to a published project. Raises NotFound."""
    project = queries.by_code(session, code)
    account = payees.account_of(session, project.nonprofit)
    return Offer(project, project.nonprofit, account, obstacle_of(project, account, provider))


def of_video(session: Session, code: str, provider: str) -> Offer:
    """The chance to give through a video. Raises NotFound for a hidden one and for one without a project."""
    showing = feed.by_code(session, code)
    link = links.live_link(session, showing.video)
    project = showing.project
    if project is None or link is None or project.status == "draft":
        raise NotFound(N_("This video does not raise money for a project."))
    account = payees.account_of(session, project.nonprofit)
    why_not = obstacle_of(project, account, provider)
    return Offer(project, project.nonprofit, account, why_not, showing.video, showing.creator, link)


def obstacle_of(project: Project, account: PaymentAccount | None, provider: str) -> str | None:
    """Why a project (loaded with its nonprofit) may not receive now, or None when it may."""
    today = clock.now().astimezone(ZoneInfo(project.nonprofit.time_zone)).date()
    return eligibility.obstacle(project, project.nonprofit, account, provider, today)
