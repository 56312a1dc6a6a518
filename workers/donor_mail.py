"""Mails to donors beside the receipt: the link to their gifts, and news of what they give each month."""

from sqlalchemy.orm import Session

from app.core import runtime
from app.donations import donors, monthly
from app.donations.models import Donation, MonthlyGift
from workers.letters import Letter, address


def donor_link(session: Session, *, donation_id: int) -> Letter | None:
    """The link to all gifts of the donor of one of them; none to somebody who was forgotten meanwhile."""
    donation = session.get_one(Donation, donation_id)
    if not donation.email:
        return None
    token = donors.link_token(donation, runtime.settings().secret_key)
    values = {"link": address(f"/gifts/{token}"), "hours": donors.LINK_HOURS}
    return Letter(donation.email, donation.locale, values)


def monthly_started(session: Session, *, gift_id: int) -> Letter | None:
    """Says what is given each month from now on, and how to change or end it."""
    return _about(session, gift_id, "active", "paused", "failing")


def monthly_failed(session: Session, *, gift_id: int) -> Letter | None:
    """Says kindly that a month could not be paid; nothing once it has been, or the gift has ended."""
    return _about(session, gift_id, "failing")


def monthly_ended(session: Session, *, gift_id: int) -> Letter | None:
    """Thanks for what was given, and confirms that nothing more will be taken."""
    return _about(session, gift_id, "ended")


def _about(session: Session, gift_id: int, *states: str) -> Letter | None:
    gift = session.get_one(MonthlyGift, gift_id)
    holding = monthly.holding(session, gift)
    if gift.state not in states or not holding.first.email:
        return None
    token = monthly.link_token(gift, runtime.settings().secret_key)
    values = {
        "donor": holding.first.donor_name,
        "amount": holding.amount,
        "payee": holding.nonprofit.name,
        "project": holding.project.title,
        "next_at": gift.next_at,
        "by_donor": gift.end_reason == "donor",
        "link": address(f"/monthly/{token}"),
        "test_mode": gift.provider == "sandbox",
    }
    return Letter(holding.first.email, holding.first.locale, values)
