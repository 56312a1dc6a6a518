"""Mails about the credit of gifts: a creator's question, to who decides it, and the answer."""

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.accounts.permissions import Action, permits
from app.credit.models import CreditDispute
from app.donations.models import Donation
from app.nonprofits.models import Membership, Nonprofit
from app.videos.models import Video
from workers.letters import Letter, address


def credit_question(session: Session, *, dispute_id: int, person_id: int) -> Letter | None:
    """Tells somebody who decides it what a creator asks about the credit of a gift; not once it is closed."""
    dispute, creator, video, number, nonprofit = _about(session, dispute_id)
    reader = session.get_one(Person, person_id)
    role = session.scalar(
        select(Membership.role).where(
            Membership.nonprofit_id == nonprofit.id, Membership.person_id == person_id
        )
    )
    if dispute.outcome != "open" or not permits(role, Action.CREDIT_DECIDE):
        return None
    values = {
        "name": reader.name,
        "creator": creator.name,
        "video": video.title,
        "number": number,
        "words": dispute.words,
        "link": address(f"/desk/{nonprofit.code}/credit/{dispute.code}"),
    }
    return Letter(reader.email, reader.locale, values)


def credit_dispute(session: Session, *, dispute_id: int) -> Letter:
    """Tells a creator what the organisation answered to what was said of a credit."""
    dispute, creator, video, number, nonprofit = _about(session, dispute_id)
    values = {
        "name": creator.name,
        "video": video.title,
        "number": number,
        "payee": nonprofit.name,
        "moved": dispute.outcome == "moved",
        "reason": dispute.reason,
        "link": address(f"/studio/credit/{number}"),
    }
    return Letter(creator.email, creator.locale, values)


def _about(session: Session, dispute_id: int) -> Row[CreditDispute, Person, Video, str, Nonprofit]:
    return session.execute(
        select(CreditDispute, Person, Video, Donation.number, Nonprofit)
        .join(Person, Person.id == CreditDispute.creator_id)
        .join(Video, Video.id == CreditDispute.video_id)
        .join(Donation, Donation.id == CreditDispute.donation_id)
        .join(Nonprofit, Nonprofit.id == Donation.nonprofit_id)
        .where(CreditDispute.id == dispute_id)
    ).one()
