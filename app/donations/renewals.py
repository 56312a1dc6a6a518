"""What a provider says of subscriptions: renewals become donations, failures and endings are noted.

Monthly gifts are locked before any donation, in the order of their ids, so that no two workers block each
other. News of a subscription that is not known yet is kept, and comes again once the first payment is here.
"""

import calendar
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock, ids, tasks
from app.core.i18n import N_
from app.donations.models import CODE_LENGTH, Donation, MonthlyGift, PaymentEvent
from app.donations.settlement import SUCCESSES, Mismatch, Move, UnknownPayment
from app.gateways.payments.contract import EventKind
from app.nonprofits.models import PaymentAccount

ABOUT_A_SUBSCRIPTION = frozenset(
    {EventKind.RENEWAL_FAILED, EventKind.SUBSCRIPTION_ENDED, EventKind.CARD_GIVEN}
)

EARLY = timedelta(days=3)  # how long before its day a renewal may come

# What a renewal takes over from the first donation; its words were said once and are not said again.
COPIED = (
    "nonprofit_id",
    "project_id",
    "payment_account_id",
    "video_id",
    "link_id",
    "visitor",
    "currency",
    "donor_name",
    "anonymous",
    "email",
    "locale",
    "provider",
    "monthly_gift_id",
    "forgotten_at",
)


def prepare(session: Session, told: Sequence[PaymentEvent]) -> list[PaymentEvent]:
    """Note what is said of subscriptions, write a donation for each renewal, and return the events that are
    about a payment. Told any number of times, a renewal is one donation.

    Raises UnknownPayment for a subscription that no first payment has named yet, Mismatch for one of another
    account.
    """
    if not any(event.subscription for event in told):
        return list(told)
    gifts = _locked(session, told)
    for event in told:
        if event.kind in (*ABOUT_A_SUBSCRIPTION, EventKind.RENEWED):
            gift = _gift_of(gifts, event)
            if event.kind == EventKind.RENEWED:
                _write_donation(session, gift, event)
            elif event.applied_at is None:
                _note(session, gift, event)
                event.applied_at = clock.now()
    session.flush()
    return [event for event in told if event.kind not in ABOUT_A_SUBSCRIPTION]


def follow(session: Session, moves: Sequence[Move]) -> None:
    """Begin a monthly gift when its first payment has arrived, and put its date on with each renewal."""
    for move in moves:
        event, gift_id = move.event, move.donation.monthly_gift_id
        if not move.captured_minor or gift_id is None or event is None or not event.subscription:
            continue
        gift = session.get_one(MonthlyGift, gift_id, with_for_update=True)
        if gift.first_donation_id == move.donation.id:
            _begin(session, gift, event)
        elif gift.state in ("active", "failing"):
            _go_on(session, gift, event)
    session.flush()


def next_payment(first: datetime, after: datetime) -> datetime:
    """When a gift that began at `first` is next paid: on its day of the month, or the month's last day."""
    months = first.year * 12 + first.month - 1
    while True:
        months += 1
        year, month = divmod(months, 12)
        day = min(first.day, calendar.monthrange(year, month + 1)[1])
        if (due := first.replace(year=year, month=month + 1, day=day)) > after:
            return due


def end(session: Session, gift: MonthlyGift, at: datetime, reason: str) -> None:
    """Note that a monthly gift is over, and tell the donor, once."""
    if gift.state == "ended":
        return
    gift.state, gift.next_at, gift.failed_at = "ended", None, None
    gift.ended_at, gift.end_reason = at, reason
    tasks.defer(session, "mail.send", mail="monthly_ended", gift_id=gift.id)


def _locked(session: Session, told: Sequence[PaymentEvent]) -> dict[tuple[str, str], tuple[MonthlyGift, str]]:
    """The monthly gifts that the events are about, locked, each with its account, by provider and name."""
    providers = {event.provider for event in told}
    subscriptions = {event.subscription for event in told} - {""}
    opened = {event.reference for event in told if event.subscription} - {""}
    named = select(MonthlyGift.id).where(
        MonthlyGift.provider.in_(providers), MonthlyGift.reference.in_(subscriptions)
    )
    begun = select(Donation.monthly_gift_id).where(
        Donation.provider.in_(providers),
        Donation.reference.in_(opened),
        Donation.monthly_gift_id.is_not(None),
    )
    rows = session.execute(
        select(MonthlyGift, PaymentAccount.reference)
        .join(PaymentAccount, PaymentAccount.id == MonthlyGift.payment_account_id)
        .where(MonthlyGift.id.in_(named.union(begun)))
        .order_by(MonthlyGift.id)
        .with_for_update(of=MonthlyGift)
        .execution_options(populate_existing=True)
    )
    return {(gift.provider, gift.reference): (gift, account) for gift, account in rows if gift.reference}


def _gift_of(gifts: dict[tuple[str, str], tuple[MonthlyGift, str]], event: PaymentEvent) -> MonthlyGift:
    gift, account = gifts.get((event.provider, event.subscription), (None, ""))
    if gift is None:
        raise UnknownPayment(
            N_("No monthly gift has the subscription %(subscription)s."), subscription=event.subscription
        )
    if event.account != account:
        raise Mismatch(
            N_("The provider reports %(told)s; the donation is %(expected)s."),
            told=f"{event.subscription} at {event.account}",
            expected=f"{gift.reference} at {account}",
        )
    return gift


def _write_donation(session: Session, gift: MonthlyGift, event: PaymentEvent) -> None:
    first = session.get_one(Donation, gift.first_donation_id)
    row: dict[str, Any] = {name: getattr(first, name) for name in COPIED}
    row |= {
        "code": ids.new_code(CODE_LENGTH),
        "number": ids.new_code(),
        "idempotency": f"renewal:{event.provider}:{event.reference}",
        "reference": event.reference,
        "amount_minor": event.amount_minor,
        "state": "pending",
        "created_at": event.occurred_at,
        "public_message": "",
        "private_note": "",
        **dict.fromkeys(("captured_minor", "refunded_minor", "fee_minor", "disputed_minor", "lost_minor"), 0),
    }
    session.execute(insert(Donation).values(**row).on_conflict_do_nothing())


def _note(session: Session, gift: MonthlyGift, event: PaymentEvent) -> None:
    if event.kind == EventKind.SUBSCRIPTION_ENDED:
        end(session, gift, event.occurred_at, event.reason or "provider")
    elif event.kind == EventKind.CARD_GIVEN:
        key = f"card:{event.provider}:{event.event_id}"
        tasks.defer(session, "monthly.take_card", dedupe_key=key, gift_id=gift.id)
    elif gift.state in ("active", "paused") and not _paid_since(session, event):
        gift.state, gift.failed_at = "failing", event.occurred_at
        tasks.defer(session, "mail.send", mail="monthly_failed", gift_id=gift.id)


def _paid_since(session: Session, event: PaymentEvent) -> bool:
    """Whether a payment of the subscription has arrived that is newer than this news of a failure."""
    newer = select(PaymentEvent.id).where(
        PaymentEvent.provider == event.provider,
        PaymentEvent.subscription == event.subscription,
        PaymentEvent.kind.in_(SUCCESSES),
        PaymentEvent.occurred_at > event.occurred_at,
    )
    return session.scalar(select(newer.exists())) or False


def _begin(session: Session, gift: MonthlyGift, event: PaymentEvent) -> None:
    if gift.state != "pending":
        return
    gift.reference, gift.state = event.subscription, "active"
    gift.next_at = next_payment(event.occurred_at, event.occurred_at)
    tasks.defer(session, "mail.send", mail="monthly_started", gift_id=gift.id)
    early = select(PaymentEvent.id).where(
        PaymentEvent.provider == event.provider,
        PaymentEvent.subscription == event.subscription,
        PaymentEvent.applied_at.is_(None),
        PaymentEvent.id != event.id,
    )
    for event_id in session.scalars(early.order_by(PaymentEvent.occurred_at, PaymentEvent.id)):
        tasks.defer(session, "credit.settle", event_id=event_id)


def _go_on(session: Session, gift: MonthlyGift, event: PaymentEvent) -> None:
    """A renewal came in; one that is older than the last failure does not mend it."""
    if gift.failed_at is None or event.occurred_at >= gift.failed_at:
        gift.state, gift.failed_at = "active", None
    first = session.get_one(Donation, gift.first_donation_id)
    due = next_payment(first.paid_at or first.created_at, event.occurred_at + EARLY)
    gift.next_at = max(due, gift.next_at or due)
