"""What a ranking counts: net credit, without held parts and without gifts that a bank disputes now."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, Subquery, bindparam, exists, func, null, select, union_all
from sqlalchemy.orm import Session

from app.core.money import Money
from app.credit.models import Credit, CreditReversal, CreditWithdrawal, HeldPart
from app.donations.models import Dispute, Donation
from app.projects.models import Project

Key = tuple[int, int, str]  # creator, video, currency


def held(session: Session, nonprofit_id: int, starts_at: datetime, ends_at: datetime) -> Counter[Key]:
    """Net minor units that a nonprofit's ranking of a half-open period leaves out.

    Take them off the net figure of a report: what remains is the ranked total. The money stays credited.
    """
    rows = session.execute(
        _held(), {"nonprofit_id": nonprofit_id, "starts_at": starts_at, "ends_at": ends_at}
    )
    out: Counter[Key] = Counter()
    for creator_id, video_id, currency, minor in rows:
        out[creator_id, video_id, currency] += int(minor)
    return +out


def amounts(held: Mapping[Key, int]) -> list[Money]:
    """What is held in all, an amount a currency."""
    found: Counter[str] = Counter()
    for (_creator_id, _video_id, currency), minor in held.items():
        found[currency] += minor
    return [Money(minor, currency) for currency, minor in sorted(found.items())]


@cache
def _held() -> CompoundSelect[*tuple[Any, ...]]:
    gone = CreditReversal.amount_minor + CreditReversal.fee_minor
    left = Credit.amount_minor - CreditWithdrawal.refunded_minor - CreditWithdrawal.fee_minor
    lines = _lines(bindparam("nonprofit_id"), Credit.amount_minor - Credit.fee_minor, gone, left)
    moments = (Credit.at, CreditReversal.at, CreditWithdrawal.at)
    return union_all(
        *(
            query.where(at >= bindparam("starts_at"), at < bindparam("ends_at"))
            for query, at in zip(lines, moments, strict=True)
        )
    )


def held_of_project(project: Project) -> Subquery:
    """What a ranking of all that a project's videos brought leaves out: `video_id`, `minor`.

    In the project's currency, after refunds, the provider's fees not taken off: as its public pages count.
    """
    left = Credit.amount_minor - CreditWithdrawal.refunded_minor
    of_project = select(Donation.id).where(Donation.project_id == project.id)
    lines = union_all(
        *(
            query.where(Credit.donation_id.in_(of_project), Credit.currency == project.currency)
            for query in _lines(project.nonprofit_id, Credit.amount_minor, CreditReversal.amount_minor, left)
        )
    ).subquery()
    return (
        select(lines.c.video_id, func.sum(lines.c.minor).label("minor")).group_by(lines.c.video_id).subquery()
    )


def _lines(nonprofit_id: Any, credited: Any, gone: Any, left: Any) -> tuple[Select[*tuple[Any, ...]], ...]:
    """What held parts were credited with, what was taken back of it, and what was moved away."""
    return (
        _sums(nonprofit_id, credited),
        _sums(nonprofit_id, -gone).join(CreditReversal, CreditReversal.credit_id == Credit.id),
        _sums(nonprofit_id, -left).join(CreditWithdrawal, CreditWithdrawal.credit_id == Credit.id),
    )


def _held_gifts(nonprofit_id: Any) -> Subquery:
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


def _sums(nonprofit_id: Any, minor: Any) -> Select[*tuple[Any, ...]]:
    which = _held_gifts(nonprofit_id)
    those = exists().where(
        which.c.donation_id == Credit.donation_id,
        func.coalesce(which.c.creator_id, Credit.creator_id) == Credit.creator_id,
    )
    return (
        select(Credit.creator_id, Credit.video_id, Credit.currency, func.sum(minor).label("minor"))
        .select_from(Credit)
        .where(Credit.donation_id.in_(select(which.c.donation_id)), Credit.video_id.is_not(None), those)
        .group_by(Credit.creator_id, Credit.video_id, Credit.currency)
    )
