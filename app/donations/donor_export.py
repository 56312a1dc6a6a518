"""All that is kept about a donor, to take along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.donations import donors, monthly
from app.donations.models import Donation, Receipt
from app.donations.monthly import Holding


@dataclass(frozen=True)
class Export:
    """A donor's gifts with the numbers of their receipts, and the monthly gifts."""

    email: str
    gifts: Sequence[tuple[Donation, list[int]]]
    monthly: Sequence[Holding]

    def body(self, credited: Mapping[int, list[str]]) -> dict[str, Any]:
        """JSON values; `credited` names the videos of each donation by its id. Amounts are in minor units."""
        return {
            "email": self.email,
            "gifts": [
                _gift(gift, numbers) | {"credited_videos": credited.get(gift.id, [])}
                for gift, numbers in self.gifts
            ],
            "monthly_gifts": [_monthly(one) for one in self.monthly],
        }


def of_donor(session: Session, email: str) -> Export:
    """Everything that was given with an email, paid or not."""
    gifts = donors.gifts_of(session, email)
    numbers: dict[int, list[int]] = {gift.id: [] for gift in gifts}
    rows = session.execute(
        select(Receipt.donation_id, Receipt.number)
        .where(Receipt.donation_id.in_(numbers))
        .order_by(Receipt.id)
    )
    for donation_id, number in rows:
        numbers[donation_id].append(number)
    return Export(email, [(gift, numbers[gift.id]) for gift in gifts], monthly.of_donor(session, email))


def _gift(gift: Donation, receipts: list[int]) -> dict[str, Any]:
    return {
        "number": gift.number,
        "begun_at": gift.created_at.isoformat(),
        "paid_at": gift.paid_at.isoformat() if gift.paid_at else None,
        "state": gift.state,
        "amount_minor": gift.amount_minor,
        "kept_minor": gift.kept.minor,
        "currency": gift.currency,
        "organisation": gift.nonprofit.legal_name,
        "project": gift.project.title,
        "given_from_video": gift.video.code if gift.video else None,
        "name": gift.donor_name,
        "anonymous": gift.anonymous,
        "email": gift.email,
        "language": gift.locale,
        "public_message": gift.public_message,
        "private_note": gift.private_note,
        "visitor": gift.visitor,
        "payment_provider": gift.provider,
        "payment_reference": gift.reference,
        "receipt_numbers": receipts,
    }


def _monthly(held: Holding) -> dict[str, Any]:
    gift = held.gift
    return {
        "organisation": held.nonprofit.legal_name,
        "project": held.project.title,
        "amount_minor": gift.amount_minor,
        "currency": gift.currency,
        "state": gift.state,
        "begun_at": gift.created_at.isoformat(),
        "ended_at": gift.ended_at.isoformat() if gift.ended_at else None,
        "another_card_since": gift.card_at.isoformat() if gift.card_at else None,
        "first_gift": held.first.number,
    }
