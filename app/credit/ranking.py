"""What a ranking counts: net credit, without held parts and without gifts that a bank disputes now."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Subquery, exists, func, null, select
from sqlalchemy.orm import Session

from app.credit.models import Credit, CreditReversal, CreditWithdrawal, HeldPart
from app.donations.models import Dispute, Donation

Key = tuple[int, int, str]  # creator, video, currency


def held(session: Session, nonprofit_id: int, starts_at: datetime, ends_at: datetime) -> Counter[Key]:
    """Net minor units that a nonprofit's ranking of a half-open period leaves out.

    Take them off the net figure of a report: what remains is the ranked total. The money stays credited.
    """
    out: Counter[Key] = Counter()
    gone = CreditReversal.amount_minor + CreditReversal.fee_minor
    left = Credit.amount_minor - CreditWithdrawal.refunded_minor - CreditWithdrawal.fee_minor
    lines = (
        _sums(nonprofit_id, Credit.amount_minor - Credit.fee_minor),
        _sums(nonprofit_id, -gone).join(CreditReversal, CreditReversal.credit_id == Credit.id),
        _sums(nonprofit_id, -left).join(CreditWithdrawal, CreditWithdrawal.credit_id == Credit.id),
    )
    for query, at in zip(lines, (Credit.at, CreditReversal.at, CreditWithdrawal.at), strict=True):
        for creator_id, video_id, currency, minor in session.execute(
            query.where(at >= starts_at, at < ends_at)
        ):
            out[creator_id, video_id, currency] += int(minor)
    return +out


def _held_gifts(nonprofit_id: int) -> Subquery:
    """Gifts with a creator whose part is held; without one (NULL), all of the gift is."""
    flagged = select(HeldPart.donation_id, HeldPart.creator_id).where(
        HeldPart.nonprofit_id == nonprofit_id, HeldPart.state != "cleared"
    )
    disputed = (
        select(Dispute.donation_id, null())
        .join(Donation, Donation.id == Dispute.donation_id)
        .where(Donation.nonprofit_id == nonprofit_id, Dispute.state == "open")
    )
    return flagged.union_all(disputed).subquery()


def _sums(nonprofit_id: int, minor: Any) -> Select[*tuple[Any, ...]]:
    which = _held_gifts(nonprofit_id)
    those = exists().where(
        which.c.donation_id == Credit.donation_id,
        func.coalesce(which.c.creator_id, Credit.creator_id) == Credit.creator_id,
    )
    return (
        select(Credit.creator_id, Credit.video_id, Credit.currency, func.sum(minor))
        .select_from(Credit)
        .where(Credit.donation_id.in_(select(which.c.donation_id)), Credit.video_id.is_not(None), those)
        .group_by(Credit.creator_id, Credit.video_id, Credit.currency)
    )
