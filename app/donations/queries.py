"""Reading donations."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core.errors import NotFound
from app.core.i18n import N_
from app.donations.models import Donation
from app.videos.models import Video


def by_code(session: Session, code: str) -> Donation:
    """A donation by its secret code, with all that the donor's page shows. Raises NotFound."""
    donation = session.scalar(
        select(Donation)
        .where(Donation.code == code)
        .options(
            joinedload(Donation.nonprofit),
            joinedload(Donation.project),
            joinedload(Donation.payment_account),
            joinedload(Donation.video).joinedload(Video.creator),
        )
    )
    if donation is None:
        raise NotFound(N_("There is no gift at this address."))
    return donation
