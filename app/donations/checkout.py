"""From the donor's form to the provider's pay page.

`start` writes the pending donation and commits; then the caller opens the payment with `payment_request`,
outside of any transaction; `opened` notes where it is. Any step may be lost and done again: the form's
token makes one donation, the donation's code makes one payment. A form that was changed before it was paid
leaves an open payment behind; `left_behind` names it, so that the caller can close it at the provider.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from app.accounts import people
from app.core import clock, ids
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_, known
from app.core.money import Money
from app.donations import amounts, monthly
from app.donations.models import CODE_LENGTH, Donation
from app.donations.offers import Offer
from app.gateways.payments.contract import OpenedPayment, PaymentRequest
from app.nonprofits.models import PaymentAccount

MAX_MESSAGE_LENGTH = 500
MIN_TOKEN_LENGTH, MAX_TOKEN_LENGTH = 16, 64


@dataclass(frozen=True)
class Gift:
    """What a donor has filled in.

    The email is for the receipt and may be left empty, unless the gift is `monthly`: whoever gives each month
    must be able to change and end it.
    """

    amount: Money
    name: str = ""
    anonymous: bool = False
    email: str = ""
    public_message: str = ""
    private_note: str = ""
    locale: str = "en"
    monthly: bool = False


@dataclass(frozen=True)
class Origin:
    """How the donor came: the code of a visitor who agreed to be known by it, and the share come by."""

    visitor: str = ""
    share_id: int | None = None


NOWHERE = Origin()


def start(session: Session, offer: Offer, gift: Gift, token: str, origin: Origin = NOWHERE) -> Donation:
    """Write a pending donation, once for a form's token and what was filled in; sent again, it is the same.

    A form that was changed and sent again with its old token is another gift and becomes another donation;
    so does one that was changed back, when what it began at first cannot be paid any more.
    Raises NotEligible with the reason why the project may not receive, Invalid for a field.
    """
    account = offer.payee()
    gift = _checked(offer, gift)
    keys = (_key(offer, gift, token, turn) for turn in count())
    written = (_written(session, _row(offer, account, gift, key) | asdict(origin)) for key in keys)
    donation = next(one for one in written if not _is_over(one))
    if gift.monthly:
        monthly.begin(session, donation)
    return donation


def left_behind(session: Session, donation: Donation) -> Sequence[Donation]:
    """The donations that earlier versions of the same form began and that could still be paid."""
    token = donation.idempotency.partition(":")[0]
    return session.scalars(
        select(Donation)
        .where(
            Donation.idempotency.like(f"{token}:%"),
            Donation.state.in_(("pending", "failed")),
            Donation.reference.is_not(None),
            Donation.pay_url.is_not(None),
            Donation.id != donation.id,
        )
        .options(joinedload(Donation.payment_account))
        .order_by(Donation.id)
    ).all()


def payment_request(donation: Donation, return_url: str, *, mobile: bool = False) -> PaymentRequest:
    """What to ask the provider for; the donation comes from `start`. Asked twice, it is one payment."""
    return PaymentRequest(
        account=donation.payment_account.reference,
        amount=donation.amount,
        description=donation.project.title,
        return_url=return_url,
        key=donation.code,
        monthly=donation.monthly_gift_id is not None,
        email=donation.email,
        locale=donation.locale,
        mobile=mobile,
    )


def opened(session: Session, donation_id: int, payment: OpenedPayment) -> None:
    """Note the provider's payment on its donation. Raises KindrelayError if another one stands there."""
    donation = session.get_one(Donation, donation_id, with_for_update=True, populate_existing=True)
    if donation.reference not in (None, payment.reference):
        raise KindrelayError(N_("Another payment was opened for this gift. Please start again."))
    donation.reference = payment.reference
    donation.pay_url = payment.pay_url


def closed(session: Session, donation_id: int) -> None:
    """Note that the payment of a donation was closed at the provider: nobody is sent there any more."""
    session.get_one(Donation, donation_id, with_for_update=True, populate_existing=True).pay_url = None


def _written(session: Session, row: dict[str, Any]) -> Donation:
    """The donation of a row's key: this row, or the one that was written before."""
    session.execute(
        insert(Donation).values(**row).on_conflict_do_nothing(index_elements=[Donation.idempotency])
    )
    return session.scalars(
        select(Donation)
        .where(Donation.idempotency == row["idempotency"])
        .options(joinedload(Donation.payment_account), joinedload(Donation.project))
    ).one()


def _is_over(donation: Donation) -> bool:
    """Whether a donation was not paid, and nobody can pay it any more."""
    is_closed = donation.reference is not None and donation.pay_url is None
    return donation.state == "expired" or (donation.state in ("pending", "failed") and is_closed)


def _checked(offer: Offer, gift: Gift) -> Gift:
    if gift.amount.currency != offer.project.currency:
        raise Invalid("amount", N_("This project receives %(currency)s."), currency=offer.project.currency)
    amounts.check(gift.amount)
    if gift.monthly and not gift.email.strip():
        raise Invalid(
            "email", N_("A monthly gift needs your email: the link to change or end it goes there.")
        )
    for field, text in (("public_message", gift.public_message), ("private_note", gift.private_note)):
        if len(text) > MAX_MESSAGE_LENGTH:
            raise Invalid(field, N_("Use at most %(length)s characters."), length=MAX_MESSAGE_LENGTH)
    return Gift(
        amount=gift.amount,
        name=people.checked_name(gift.name) if gift.name.strip() else "",
        anonymous=gift.anonymous,
        email=people.checked_email(gift.email) if gift.email.strip() else "",
        public_message=gift.public_message.strip(),
        private_note=gift.private_note.strip(),
        locale=known(gift.locale),
        monthly=gift.monthly,
    )


def _row(offer: Offer, account: PaymentAccount, gift: Gift, key: str) -> dict[str, Any]:
    return {
        "code": ids.new_code(CODE_LENGTH),
        "number": ids.new_code(),
        "idempotency": key,
        "nonprofit_id": offer.nonprofit.id,
        "project_id": offer.project.id,
        "payment_account_id": account.id,
        "video_id": offer.video.id if offer.video else None,
        "link_id": offer.link.id if offer.link else None,
        "amount_minor": gift.amount.minor,
        "currency": gift.amount.currency,
        "donor_name": gift.name,
        "anonymous": gift.anonymous,
        "email": gift.email,
        "public_message": gift.public_message,
        "private_note": gift.private_note,
        "locale": gift.locale,
        "provider": account.provider,
        "created_at": clock.now(),
        "state": "pending",
        "captured_minor": 0,
        "refunded_minor": 0,
        "fee_minor": 0,
    }


def _key(offer: Offer, gift: Gift, token: str, turn: int) -> str:
    """The name of what a form says, sent for the first time or, at a later `turn`, after that was over."""
    if not (MIN_TOKEN_LENGTH <= len(token) <= MAX_TOKEN_LENGTH and token.isascii() and token.isalnum()):
        raise Invalid(
            "idempotency", N_("This form is incomplete. Load the page again and send it once more.")
        )
    place = [offer.project.code, offer.video.code if offer.video else None]
    meant = json.dumps([place, astuple(gift), *([turn] if turn else [])], ensure_ascii=False)
    return f"{token}:{hashlib.sha256(meant.encode()).hexdigest()[:32]}"
