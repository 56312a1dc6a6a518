"""Reading donations."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core.errors import NotFound
from app.core.i18n import N_
from app.donations.models import Donation
from app.projects.models import Project
from app.videos.models import Video


def by_code(session: Session, code: str) -> Donation:
    """A donation by its secret code, with all that the donor's page shows. Raises NotFound."""
    donation = find(session, code)
    if donation is None:
        raise NotFound(N_("There is no gift at this address."))
    return donation


def find(session: Session, code: str) -> Donation | None:
    """A donation by its secret code, with all that the donor's page shows; None when there is none."""
    return session.scalar(
        select(Donation)
        .where(Donation.code == code)
        .options(
            joinedload(Donation.nonprofit),
            joinedload(Donation.project),
            joinedload(Donation.payment_account),
            joinedload(Donation.video).joinedload(Video.creator),
        )
    )


def has_received(session: Session, project: Project) -> bool:
    """Whether anybody has ever paid for this project, refunded or not."""
    paid = select(Donation.id).where(Donation.project_id == project.id, Donation.captured_minor > 0)
    return session.scalar(select(paid.exists())) or False
