"""Refunds: asked for here or made at the provider, and followed to their end."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import audit, clock, tasks
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.core.money import Money
from app.donations.models import CODE_LENGTH, Donation, PaymentEvent, Refund
from app.donations.settlement import Move
from app.nonprofits.models import PaymentAccount

MAX_REASON_LENGTH = 500
MAX_DETAIL_LENGTH = 500
UNDER_WAY = ("asked", "sent")


@dataclass(frozen=True)
class Order:
    """A refund as the provider is asked for it; `key` asked again is the same refund."""

    provider: str
    account: str
    reference: str
    amount: Money
    key: str


def ask(
    session: Session, donation: Donation, amount: Money, reason: str, person_id: int, code: str
) -> Refund:
    """Have a part or all of a donation sent back; the provider's event that follows is what books it.

    `code` names the refund: asked with it again, it is the same one. Raises Invalid for a reason that is
    missing, or an amount beyond what is left and not on its way back already; KindrelayError where nothing
    can be sent back.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid("reason", N_("Say why the money goes back. Only your team sees it."))
    if len(reason) > MAX_REASON_LENGTH:
        raise Invalid("reason", N_("Use at most %(length)s characters."), length=MAX_REASON_LENGTH)
    session.refresh(donation, with_for_update={"of": Donation})
    earlier = session.scalar(select(Refund).where(Refund.code == code))
    if earlier is not None:
        return _same(earlier, donation, amount)
    _refuse_what_cannot_be(session, donation, amount, code)
    refund = Refund(
        code=code,
        donation_id=donation.id,
        amount_minor=amount.minor,
        reason=reason,
        asked_by_id=person_id,
        state="asked",
        created_at=clock.now(),
    )
    session.add(refund)
    session.flush()
    said = {"refund": code, "amount_minor": amount.minor, "currency": amount.currency, "reason": reason}
    audit.record(session, "refund.asked", person_id, f"donation:{donation.number}", **said)
    tasks.defer(session, "donations.refund", refund_id=refund.id, dedupe_key=f"refund:{code}")
    return refund


def left_to_refund(session: Session, donation: Donation) -> Money:
    """What was kept of a donation and is not on its way back already."""
    under_way = session.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
            Refund.donation_id == donation.id, Refund.state.in_(UNDER_WAY)
        )
    )
    return donation.kept - Money(int(under_way or 0), donation.currency)


def of_donation(session: Session, donation_id: int) -> Sequence[Refund]:
    """The refunds of a donation in the order they were asked for."""
    return session.scalars(select(Refund).where(Refund.donation_id == donation_id).order_by(Refund.id)).all()


def order(session: Session, refund_id: int) -> Order | None:
    """What to ask the provider for; None when it has been asked and has answered."""
    row = session.execute(
        select(Refund, Donation, PaymentAccount)
        .join(Donation, Donation.id == Refund.donation_id)
        .join(PaymentAccount, PaymentAccount.id == Donation.payment_account_id)
        .where(Refund.id == refund_id)
    ).one()
    refund, donation, account = row
    if refund.state != "asked" or donation.reference is None:
        return None
    amount = Money(refund.amount_minor, donation.currency)
    return Order(account.provider, account.reference, donation.reference, amount, refund.code)


def sent(session: Session, refund_id: int, reference: str) -> None:
    """Note that the provider has taken a refund on; its event may have come first."""
    refund = session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    if refund.state == "asked":
        refund.state = "sent"
        refund.reference = refund.reference or reference or None


def refused(session: Session, refund_id: int, detail: str) -> None:
    """Note that the provider will not make a refund, and why. No money has moved."""
    refund = session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    if refund.state == "asked":
        refund.state = "refused"
        refund.detail = detail[:MAX_DETAIL_LENGTH]
        refund.settled_at = clock.now()


def follow(session: Session, moves: Sequence[Move]) -> None:
    """Note on each refund what the provider's event has said; one made at the provider gets a row."""
    for move in moves:
        if move.refunded_minor and move.event is not None:
            _note(session, move, move.event)


def _refuse_what_cannot_be(session: Session, donation: Donation, amount: Money, code: str) -> None:
    if len(code) != CODE_LENGTH:
        raise Invalid("code", N_("This form is incomplete. Load the page again and send it once more."))
    if donation.disputed_minor:
        raise KindrelayError(
            N_("The donor's bank disputes this payment. Until that is decided, it cannot be sent back.")
        )
    left = left_to_refund(session, donation)
    if amount.currency != donation.currency or left.minor <= 0:
        raise KindrelayError(N_("Nothing of this gift is left to send back."))
    if not 0 < amount.minor <= left.minor:
        told = f"{left.decimal} {left.currency}"
        raise Invalid("amount", N_("At most %(amount)s of this gift can still be sent back."), amount=told)


def _same(earlier: Refund, donation: Donation, amount: Money) -> Refund:
    if (earlier.donation_id, earlier.amount_minor) != (donation.id, amount.minor):
        raise KindrelayError(N_("This form was sent before, with another amount. Load the page again."))
    return earlier


def _note(session: Session, move: Move, event: PaymentEvent) -> None:
    refund = _find(session, move, event)
    if refund is None:
        refund = Refund(
            donation_id=move.donation.id,
            amount_minor=abs(move.refunded_minor),
            reference=event.part or None,
            created_at=move.at,
        )
        session.add(refund)
    refund.reference = refund.reference or event.part or None
    refund.state = "succeeded" if move.refunded_minor > 0 else "failed"
    refund.detail = event.reason
    refund.settled_at = move.at
    session.flush()


def _find(session: Session, move: Move, event: PaymentEvent) -> Refund | None:
    """The refund by its name; else the oldest one of that amount that was sent and has no answer yet."""
    of_donation = select(Refund).where(Refund.donation_id == move.donation.id).order_by(Refund.id)
    if event.part:
        named = session.scalar(of_donation.where(Refund.reference == event.part))
        if named is not None:
            return named
    unanswered = of_donation.where(
        Refund.amount_minor == move.refunded_minor,
        Refund.reference.is_(None),
        Refund.state.in_(("asked", "sent")),
    )
    return session.scalars(unanswered.limit(1)).first()
