"""Reconciliation: what the provider says has happened against what we were told and have booked.

`questions` is what to ask and `compare` what to do with the answers; the asking in between is outside of
any transaction. An event that no webhook told is kept, which settles it, and listed as repaired. What no
event can repair is a difference, for a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core import audit, clock, tasks
from app.donations import events
from app.donations.models import Donation, PaymentEvent, Refund
from app.donations.settlement import SUCCESSES
from app.finance import differences, finding_differences, payouts
from app.finance.differences import Found
from app.finance.models import Reconciliation
from app.gateways.payments.contract import Awaited, SentPayout, VerifiedEvent
from app.nonprofits.models import PaymentAccount

AT_LEAST = timedelta(days=3)  # how far back is asked, however short ago the last comparison was
OVERLAP = timedelta(days=1)
PAYOUTS_BACK = timedelta(days=40)
TOLD_BY_THEN = timedelta(hours=1)  # after that, news of a payment is not on its way any more
CLOCKS_APART = timedelta(hours=1)
CHUNK = 1000


@dataclass(frozen=True)
class Questions:
    """What to ask a provider: since when, of which accounts, and of which payments by name."""

    since: datetime
    at: datetime
    accounts: Sequence[str]
    awaited: Sequence[Awaited]


@dataclass(frozen=True)
class Answers:
    """What the provider said. `refused` are accounts it would not list, with its reason."""

    events: Sequence[VerifiedEvent]
    payouts: Mapping[str, Sequence[SentPayout]] = field(default_factory=dict[str, Sequence[SentPayout]])
    refused: Mapping[str, str] = field(default_factory=dict[str, str])


def ask_now(session: Session, nonprofit_code: str, person_id: int) -> None:
    """Have the provider asked now instead of at the hour: once a minute, however many people wish it."""
    name = "donations.reconcile"
    if tasks.defer(session, name, dedupe_key=f"{name}:{clock.now():%Y-%m-%dT%H:%M}") is not None:
        audit.record(session, "reconciliation.asked", person_id, f"nonprofit:{nonprofit_code}")


def repaired_by(session: Session, run: Reconciliation) -> Sequence[PaymentEvent]:
    """The events that a comparison found and no webhook had told."""
    return session.scalars(
        select(PaymentEvent)
        .where(PaymentEvent.provider == run.provider, PaymentEvent.event_id.in_(run.repaired["events"]))
        .order_by(PaymentEvent.id)
    ).all()


def questions(session: Session, provider: str, at: datetime, *, lists_events: bool) -> Questions:
    """What to ask; it reaches back beyond the last comparison, so that an outage leaves no gap.

    Payments are named to providers that list no events; others are not asked about each.
    """
    last = session.scalar(select(func.max(Reconciliation.at)).where(Reconciliation.provider == provider))
    since = min(at - AT_LEAST, last - OVERLAP) if last else at - AT_LEAST
    accounts = session.scalars(
        select(PaymentAccount.reference).where(PaymentAccount.provider == provider)
    ).all()
    awaited = () if lists_events else _awaited(session, provider, since)
    return Questions(since, at, accounts, awaited)


def compare(
    session: Session, provider: str, asked: Questions, answers: Answers, *, lists_events: bool
) -> Reconciliation:
    """Keep what no webhook told, keep and book payouts, and note every difference."""
    repaired = _repair(session, provider, answers.events)
    run = Reconciliation(
        provider=provider,
        since=asked.since,
        at=asked.at,
        seen=len(answers.events),
        repaired={"events": repaired},
    )
    session.add(run)
    session.flush()
    accounts = session.scalars(select(PaymentAccount).where(PaymentAccount.provider == provider)).all()
    kept = [payouts.keep(session, one, answers.payouts.get(one.reference, ())) for one in accounts]
    with_lines = [payout_id for one in kept for payout_id in one.with_lines]
    found = [found for one in kept for found in one.differences]
    found += finding_differences.all_of(session, provider, asked.at, asked.since, with_lines)
    if lists_events:
        found += _not_listed(session, provider, asked, answers)
    found += [
        Found("account_refused", account.reference, account.nonprofit_id, None, {"said": said})
        for account in accounts
        if (said := answers.refused.get(account.reference)) is not None
    ]
    differences.note(session, found)
    return run


def _awaited(session: Session, provider: str, since: datetime) -> list[Awaited]:
    """Payments that may have news: opened and not paid, or with a refund that nobody has told of yet."""
    sent = Refund.state.in_(("asked", "sent"))
    refunds = select(func.array_agg(Refund.code)).where(Refund.donation_id == Donation.id, sent)
    waiting = select(Refund.id).where(Refund.donation_id == Donation.id, sent).exists()
    opened = (Donation.captured_minor == 0) & (Donation.created_at >= since)
    rows = session.execute(
        select(PaymentAccount.reference, Donation.reference, refunds.scalar_subquery())
        .join(PaymentAccount, PaymentAccount.id == Donation.payment_account_id)
        .where(Donation.provider == provider, Donation.reference.is_not(None), opened | waiting)
    )
    return [Awaited(account, reference or "", codes or ()) for account, reference, codes in rows]


def _repair(session: Session, provider: str, told: Sequence[VerifiedEvent]) -> list[str]:
    repaired: list[str] = []
    for chunk in _chunks(told):
        known = set(
            session.scalars(
                select(PaymentEvent.event_id).where(
                    PaymentEvent.provider == provider,
                    PaymentEvent.event_id.in_([event.event_id for event in chunk]),
                )
            )
        )
        missing = [event for event in chunk if event.event_id not in known]
        repaired += [event.event_id for event in missing if events.record(session, event)]
    return repaired


def _chunks(told: Sequence[VerifiedEvent]) -> Iterable[Sequence[VerifiedEvent]]:
    return (told[start : start + CHUNK] for start in range(0, len(told), CHUNK))


def _not_listed(session: Session, provider: str, asked: Questions, answers: Answers) -> list[Found]:
    """Gifts that we have as paid in that time and the provider does not list."""
    listed = {name for event in answers.events for name in (event.reference, event.alias) if name}
    paid = session.execute(_told_as_paid(provider, asked, answers).execution_options(yield_per=CHUNK))
    return [
        Found(
            "paid_here_only",
            name or told_of,
            nonprofit_id,
            donation_id,
            {"here": minor, "currency": currency},
        )
        for donation_id, nonprofit_id, name, capture, told_of, minor, currency in paid
        if not {name, capture} & listed
    ]


def _told_as_paid(provider: str, asked: Questions, answers: Answers) -> Select[*tuple[Any, ...]]:
    """Gifts we have as paid, with the event of that time that said so."""
    told = aliased(PaymentEvent)
    of_the_event = and_(
        Donation.provider == told.provider,
        or_(Donation.reference == told.reference, Donation.capture_reference == told.reference),
    )
    return (
        select(
            Donation.id,
            Donation.nonprofit_id,
            Donation.reference,
            Donation.capture_reference,
            told.reference,
            told.amount_minor,
            told.currency,
        )
        .select_from(told)
        .join(Donation, of_the_event)
        .join(PaymentAccount, PaymentAccount.id == Donation.payment_account_id)
        .where(
            told.provider == provider,
            told.kind.in_(SUCCESSES),
            told.applied_at.is_not(None),
            told.occurred_at >= asked.since,
            told.received_at >= asked.since - CLOCKS_APART,  # which says the same, and has an index
            told.occurred_at < asked.at - TOLD_BY_THEN,
            Donation.captured_minor > 0,
            PaymentAccount.reference.not_in(list(answers.refused)),
        )
    )
