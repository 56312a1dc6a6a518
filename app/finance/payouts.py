"""Payouts: kept as the provider lists them, matched to donations line by line, booked once they are paid.

An account may have other business than gifts through this site. Its lines are kept and shown beside ours; the
ledger, which knows of gifts alone, gets what ours add up to.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.core import clock
from app.donations import ledger
from app.donations.ledger import Posting
from app.donations.ledger_models import LedgerTransaction
from app.donations.models import Donation, PaymentEvent
from app.finance.differences import Found
from app.finance.models import Payout, PayoutItem
from app.gateways.payments.contract import PayoutLine, SentPayout
from app.nonprofits.models import PaymentAccount

MATCHED_BY_THEN = timedelta(days=1)
# How a payout goes on, from a state to those that may follow. One that came back is sent anew as another.
MOVES: Mapping[str, frozenset[str]] = {
    "in_transit": frozenset({"paid", "failed"}),
    "paid": frozenset({"failed"}),
    "failed": frozenset(),
}


@dataclass
class Kept:
    """What keeping payouts brought: those whose lines are new, and states that cannot follow ours."""

    with_lines: list[int] = field(default_factory=list[int])
    differences: list[Found] = field(default_factory=list[Found])


def keep(session: Session, account: PaymentAccount, listed: Sequence[SentPayout]) -> Kept:
    """Keep what an account was sent; told again, nothing changes but the state, as MOVES allows.

    What of it is ours is booked when it is paid, and booked back when it comes back.
    """
    kept = Kept()
    for sent in listed:
        _keep(session, account, sent, kept)
    return kept


def matched(session: Session, provider: str, references: Collection[str]) -> dict[str, int]:
    """The donations of payments, by any name that the provider has for them."""
    rows = session.execute(
        select(Donation.id, Donation.reference, Donation.capture_reference).where(
            Donation.provider == provider,
            or_(Donation.reference.in_(references), Donation.capture_reference.in_(references)),
        )
    )
    return {name: id_ for id_, *names in rows for name in names if name}


def _keep(session: Session, account: PaymentAccount, sent: SentPayout, kept: Kept) -> None:
    session.execute(
        upsert(Payout)
        .values(
            payment_account_id=account.id,
            reference=sent.reference,
            amount_minor=sent.amount.minor,
            currency=sent.amount.currency,
            state="in_transit",
            created_at=sent.at,
        )
        .on_conflict_do_nothing()
    )
    payout = session.scalars(
        select(Payout)
        .where(Payout.payment_account_id == account.id, Payout.reference == sent.reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if payout.ours_minor is None:
        payout.ours_minor = _keep_lines(session, account, payout, sent)
        kept.with_lines += [payout.id] if payout.ours_minor is not None else []
    if (difference := _follow(account, payout, sent)) is not None:
        kept.differences.append(difference)
    _book(session, account, payout)


def _keep_lines(session: Session, account: PaymentAccount, payout: Payout, sent: SentPayout) -> int | None:
    """Keep the lines once it is known what each is about, and say what ours add up to.

    A provider that cannot say what a payout was made of leaves it to be ours as a whole.
    """
    donations = matched(session, account.provider, {line.reference for line in sent.lines})
    # A donation may still be on its way. What is kept of a line stays as it is, so it waits for a while.
    complete = bool(sent.lines) and all(line.reference in donations for line in sent.lines)
    if not complete and clock.now() - sent.at <= MATCHED_BY_THEN:
        return None
    if not sent.lines:
        return payout.amount_minor
    _write(session, account, payout, sent.lines, donations)
    return session.scalars(
        select(func.coalesce(func.sum(PayoutItem.amount_minor - PayoutItem.fee_minor), 0)).where(
            PayoutItem.payout_id == payout.id, ~PayoutItem.is_other
        )
    ).one()


def _write(
    session: Session,
    account: PaymentAccount,
    payout: Payout,
    lines: Sequence[PayoutLine],
    donations: Mapping[str, int],
) -> None:
    if session.scalar(select(PayoutItem.id).where(PayoutItem.payout_id == payout.id).limit(1)) is not None:
        return
    strange = {line.reference for line in lines} - donations.keys()
    ours = {line.reference for line in lines if line.marked} | _told_of(session, account.provider, strange)
    session.execute(insert(PayoutItem), list(_rows(payout, lines, donations, strange - ours)))


def _told_of(session: Session, provider: str, names: Collection[str]) -> set[str]:
    """Those of the payments that events told us of: they are ours, even where no donation has them."""
    rows = session.execute(
        select(PaymentEvent.reference, PaymentEvent.alias).where(
            PaymentEvent.provider == provider,
            or_(PaymentEvent.reference.in_(names), PaymentEvent.alias.in_(names)),
        )
    )
    return {name for row in rows for name in row}


def _rows(
    payout: Payout, lines: Sequence[PayoutLine], donations: Mapping[str, int], others: Collection[str]
) -> Iterator[dict[str, Any]]:
    for line in lines:
        yield {
            "payout_id": payout.id,
            "kind": line.kind.value,
            "reference": line.reference,
            "donation_id": donations.get(line.reference),
            "amount_minor": line.amount_minor,
            "fee_minor": line.fee_minor,
            "at": line.at,
            "is_other": line.reference in others,
        }


def _follow(account: PaymentAccount, payout: Payout, sent: SentPayout) -> Found | None:
    before = payout.state
    if sent.state == before:
        return None
    if sent.state not in MOVES[before]:
        details = {"payout": payout.reference, "told_state": sent.state, "here_state": before}
        return Found("payout_state", payout.reference, account.nonprofit_id, None, details)
    payout.state = sent.state
    if sent.state == "paid":
        payout.paid_at = sent.arrives_at or clock.now()
    return None


def _book(session: Session, account: PaymentAccount, payout: Payout) -> None:
    """Book what the state asks for and is not booked yet: once there, and once back."""
    there, back = f"payout:{payout.id}", f"payout_failed:{payout.id}"
    booked = session.scalars(
        select(LedgerTransaction.idempotency).where(LedgerTransaction.idempotency.in_((there, back)))
    ).all()
    if payout.state == "paid" and there not in booked:
        _post(session, account, payout, "payout", there)
    elif payout.state == "failed" and there in booked and back not in booked:
        _post(session, account, payout, "payout_failed", back)


def _post(session: Session, account: PaymentAccount, payout: Payout, kind: str, key: str) -> None:
    minor = (payout.ours_minor or 0) * (1 if kind == "payout" else -1)
    if minor:
        sides = {"bank": minor, "provider": -minor}
        whose = account.nonprofit_id
        ledger.book(session, [Posting(kind, key, clock.now(), payout.currency, sides, nonprofit_id=whose)])
