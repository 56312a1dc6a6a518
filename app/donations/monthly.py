"""Monthly gifts in the donor's hand: begun with the first donation, then paused, resumed, changed, ended.

The caller asks the provider between `holding` and the noting, outside of any transaction. If the note is
lost, the donor's next try asks the provider again, which is safe.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, ids
from app.core.errors import KindrelayError, NotFound
from app.core.i18n import N_
from app.core.money import Money
from app.donations import amounts, donors, renewals
from app.donations.models import CODE_LENGTH, Donation, MonthlyGift, PaymentEvent
from app.gateways.payments.contract import EventKind, PaymentGateway
from app.nonprofits.models import Nonprofit, PaymentAccount
from app.projects.models import Project
from app.videos.models import Video

LINK_DAYS = 400  # the newest mail's link must outlive the longest pause between two mails
NEVER_BEGUN = "pending"


class Change(StrEnum):
    """What a donor can do with a monthly gift."""

    PAUSE = "pause"
    RESUME = "resume"
    CARD = "card"
    AMOUNT = "amount"
    END = "end"


OPEN_TO: Mapping[str, tuple[Change, ...]] = {
    "active": (Change.PAUSE, Change.CARD, Change.AMOUNT, Change.END),
    "failing": (Change.CARD, Change.END),
    "paused": (Change.RESUME, Change.CARD, Change.AMOUNT, Change.END),
}


@dataclass(frozen=True)
class Holding:
    """A monthly gift with all that its page shows, and what its provider calls it."""

    gift: MonthlyGift
    first: Donation
    project: Project
    nonprofit: Nonprofit
    video: Video | None
    account: str

    @property
    def amount(self) -> Money:
        """What is given each month."""
        return Money(self.gift.amount_minor, self.gift.currency)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What can be done with it as it stands; one that the platform holds back can only be ended."""
        if self.gift.held_at is not None and self.gift.state != "ended":
            return (Change.END,)
        return OPEN_TO.get(self.gift.state, ())

    @property
    def waits_with_a_new_card(self) -> bool:
        """Whether a card was put in place since the last payment failed."""
        card_at, failed_at = self.gift.card_at, self.gift.failed_at
        return card_at is not None and failed_at is not None and card_at > failed_at

    @property
    def reference(self) -> str:
        """The provider's name for the subscription. Raises KindrelayError before its first payment."""
        if self.gift.reference is None:
            raise KindrelayError(N_("This monthly gift has not begun yet."))
        return self.gift.reference


@dataclass(frozen=True)
class Card:
    """A card that a donor has given, as its provider is asked to take it."""

    provider: str
    account: str
    subscription: str
    part: str


def begin(session: Session, donation: Donation) -> None:
    """Write the monthly gift that a donation begins, once; it stays pending until the first payment."""
    session.execute(
        insert(MonthlyGift)
        .values(
            code=ids.new_code(CODE_LENGTH),
            first_donation_id=donation.id,
            payment_account_id=donation.payment_account_id,
            provider=donation.provider,
            amount_minor=donation.amount_minor,
            currency=donation.currency,
            state=NEVER_BEGUN,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=[MonthlyGift.first_donation_id])
    )
    donation.monthly_gift_id = session.scalars(
        select(MonthlyGift.id).where(MonthlyGift.first_donation_id == donation.id)
    ).one()
    session.flush()


def link_token(gift: MonthlyGift, secret_key: str) -> str:
    """What lets its holder change and end this one gift; it is mailed to the donor."""
    return _signer(secret_key).dumps(gift.code)


def by_token(session: Session, token: str, secret_key: str) -> Holding:
    """The monthly gift of a mailed link. Raises NotFound when it is forged or too old."""
    try:
        code = _signer(secret_key).loads(token, max_age=LINK_DAYS * 86_400)
    except BadSignature:
        code = None
    found = _holdings(session, MonthlyGift.code == code) if code is not None else []
    if not found:
        raise NotFound(N_("This link is too old, or a part of it is missing. Ask for a new one."))
    return found[0]


def holding(session: Session, gift: MonthlyGift) -> Holding:
    """A monthly gift that has begun, with all that is shown of it. Raises NotFound for another."""
    found = _holdings(session, MonthlyGift.id == gift.id)
    if not found:
        raise NotFound(N_("This monthly gift has not begun yet."))
    return found[0]


def of_donor(session: Session, email: str) -> list[Holding]:
    """The monthly gifts that a donor has begun, newest first, also those that are over."""
    return _holdings(session, donors.given_by(email))


def check(held: Holding, change: Change, amount: Money | None = None) -> None:
    """Raises KindrelayError when this cannot be done as the gift stands, Invalid for the amount."""
    if change not in held.changes:
        raise KindrelayError(N_("This cannot be done with the gift as it stands now."))
    if amount is not None:
        amounts.check(amount)


def rises_much(held: Holding, amount: Money, times: int) -> bool:
    """Whether this is more than `times` what is given each month now; a slip of a digit is ten times."""
    return amount.minor > held.gift.amount_minor * times


def ask(
    gateway: PaymentGateway, account: str, subscription: str, change: Change, amount: Money | None = None
) -> None:
    """Ask the provider for a change. Raises PaymentRefused, and PaymentsUnavailable when it is silent."""
    if change is Change.PAUSE:
        gateway.pause_monthly(account, subscription)
    elif change is Change.RESUME:
        gateway.resume_monthly(account, subscription)
    elif change is Change.END:
        gateway.end_monthly(account, subscription)
    elif amount is not None:
        gateway.change_monthly(account, subscription, amount)


def note(session: Session, gift_id: int, change: Change, amount: Money | None = None) -> None:
    """Note what the provider has done; doing it again changes nothing."""
    gift = session.get_one(MonthlyGift, gift_id, with_for_update=True, populate_existing=True)
    if change is Change.END:
        renewals.end(session, gift, clock.now(), "donor")
    elif change is Change.AMOUNT and amount is not None:
        gift.amount_minor = amount.minor
    elif change is Change.PAUSE and gift.state in ("active", "failing"):
        gift.state, gift.next_at = "paused", None
    elif change is Change.RESUME and gift.state == "paused":
        first = session.get_one(Donation, gift.first_donation_id)
        gift.state = "active"
        gift.next_at = renewals.next_payment(first.paid_at or gift.created_at, clock.now())
    session.flush()


def card_given(session: Session, gift_id: int) -> Card | None:
    """The newest card that a donor has given for a monthly gift; None when there is none, or it has ended."""
    gift = session.get_one(MonthlyGift, gift_id)
    account = session.get_one(PaymentAccount, gift.payment_account_id).reference
    part = session.scalar(
        select(PaymentEvent.part)
        .where(
            PaymentEvent.provider == gift.provider,
            PaymentEvent.subscription == gift.reference,
            PaymentEvent.kind == EventKind.CARD_GIVEN,
            PaymentEvent.account == account,
        )
        .order_by(PaymentEvent.occurred_at.desc(), PaymentEvent.id.desc())
        .limit(1)
    )
    if part is None or gift.reference is None or gift.state == "ended":
        return None
    return Card(gift.provider, account, gift.reference, part)


def note_card(session: Session, gift_id: int) -> None:
    """Note that the next payments are taken from another card."""
    gift = session.get_one(MonthlyGift, gift_id, with_for_update=True, populate_existing=True)
    gift.card_at = clock.now()


def _holdings(session: Session, which: ColumnElement[bool]) -> list[Holding]:
    rows = session.execute(
        select(MonthlyGift, Donation, Project, Nonprofit, Video, PaymentAccount.reference)
        .join(Donation, Donation.id == MonthlyGift.first_donation_id)
        .join(Project, Project.id == Donation.project_id)
        .join(Nonprofit, Nonprofit.id == Donation.nonprofit_id)
        .join(PaymentAccount, PaymentAccount.id == MonthlyGift.payment_account_id)
        .outerjoin(Video, Video.id == Donation.video_id)
        .where(which, MonthlyGift.state != NEVER_BEGUN)
        .order_by(MonthlyGift.id.desc())
    )
    return [Holding(*row) for row in rows]


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="monthly-gift")
