"""The ledger: balanced postings, written once and never changed. Debit positive, credit negative."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.donations.models import LedgerEntry, LedgerTransaction
from app.donations.settlement import Move


def post(session: Session, move: Move) -> None:
    """Book what a step added: the gift, the provider's fee, or a refund.

    `provider` is what the provider holds for the payee, `donations` what donors gave, `fees` what it cost.
    """
    donation = move.donation
    gift, fee, refund = move.captured_minor, move.fee_minor, move.refunded_minor
    if gift:
        _post(session, move, "capture", f"capture:{donation.id}", {"provider": gift, "donations": -gift})
    if fee:
        _post(session, move, "fee", f"fee:{donation.id}", {"fees": fee, "provider": -fee})
    if refund:
        _post(session, move, "refund", f"refund:{move.event.id}", {"donations": refund, "provider": -refund})


def balance_of(session: Session, donation_id: int) -> dict[str, int]:
    """What each account holds of one donation, in minor units of its currency."""
    rows = session.execute(
        select(LedgerEntry.account, func.sum(LedgerEntry.amount_minor))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.donation_id == donation_id)
        .group_by(LedgerEntry.account)
    )
    return {account: int(minor) for account, minor in rows}


def _post(session: Session, move: Move, kind: str, key: str, sides: Mapping[str, int]) -> None:
    transaction = LedgerTransaction(kind=kind, idempotency=key, donation_id=move.donation.id, at=move.at)
    session.add(transaction)
    session.flush()
    session.add_all(
        LedgerEntry(
            transaction_id=transaction.id,
            account=account,
            currency=move.donation.currency,
            amount_minor=minor,
        )
        for account, minor in sides.items()
    )
    session.flush()
