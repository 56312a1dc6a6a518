"""Payouts: kept as the provider lists them, matched to donations line by line, booked once they are paid."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.core import clock
from app.donations import ledger
from app.donations.ledger import Posting
from app.donations.models import Donation
from app.finance.models import Payout, PayoutItem
from app.gateways.payments.contract import PayoutLine, SentPayout
from app.nonprofits.models import PaymentAccount

MATCHED_BY_THEN = timedelta(days=1)


def keep(session: Session, account: PaymentAccount, listed: Sequence[SentPayout]) -> None:
    """Keep what an account was sent. Told again, only a state changes; one that failed is booked back."""
    for sent in listed:
        _keep(session, account, sent)


def matched(session: Session, provider: str, references: Collection[str]) -> dict[str, int]:
    """The donations of payments, by any name that the provider has for them."""
    rows = session.execute(
        select(Donation.id, Donation.reference, Donation.capture_reference).where(
            Donation.provider == provider,
            or_(Donation.reference.in_(references), Donation.capture_reference.in_(references)),
        )
    )
    return {name: id_ for id_, *names in rows for name in names if name}


def _keep(session: Session, account: PaymentAccount, sent: SentPayout) -> None:
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
    _keep_lines(session, account, payout, sent)
    _follow(session, account, payout, sent)


def _keep_lines(session: Session, account: PaymentAccount, payout: Payout, sent: SentPayout) -> None:
    if session.scalar(select(PayoutItem.id).where(PayoutItem.payout_id == payout.id).limit(1)) is not None:
        return
    donations = matched(session, account.provider, {line.reference for line in sent.lines})
    # A donation may still be on its way. What is kept of a line stays as it is, so it waits for a while.
    complete = all(line.reference in donations for line in sent.lines)
    if sent.lines and (complete or clock.now() - sent.at > MATCHED_BY_THEN):
        session.execute(insert(PayoutItem), list(_rows(payout, sent.lines, donations)))


def _rows(
    payout: Payout, lines: Sequence[PayoutLine], donations: Mapping[str, int]
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
        }


def _follow(session: Session, account: PaymentAccount, payout: Payout, sent: SentPayout) -> None:
    before, payout.state = payout.state, sent.state
    if "paid" not in (before, sent.state) or before == sent.state:
        return
    arrived = sent.state == "paid"
    payout.paid_at = sent.at if arrived else payout.paid_at
    kind = "payout" if arrived else "payout_failed"
    minor = payout.amount_minor if arrived else -payout.amount_minor
    sides = {"bank": minor, "provider": -minor}
    posting = Posting(
        kind, f"{kind}:{payout.id}", clock.now(), payout.currency, sides, nonprofit_id=account.nonprofit_id
    )
    ledger.book(session, [posting])
