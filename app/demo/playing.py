"""The demo's past, played by a clock that is set: people look, give and pass on, month after month.

Everything is done by the functions that pages, the provider and the workers call. It is one transaction, so
that nobody finds a gift of last summer that is not paid yet, and no half of a past is ever there.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from random import Random
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, ids
from app.core.db import unit_of_work
from app.core.money import Money
from app.core.settings import Settings
from app.credit import relay, touch_rows, touches
from app.credit.models import Share
from app.demo import filming, founding, giving, planning, visiting
from app.demo.calendar import ago, midnight
from app.demo.content.donations import PRESENTS
from app.demo.planning import FILMS, Given
from app.donations import checkout, events, refunds
from app.donations.checkout import Origin
from app.donations.models import CODE_LENGTH, Donation, PaymentEvent
from app.donations.offers import Offer
from app.gateways.models import SandboxPayment, SandboxSubscription
from app.gateways.payments.contract import OpenedPayment
from app.gateways.payments.sandbox import disputes, messages, news, payments, payouts, provider, subscriptions
from app.gateways.payments.sandbox import refunds as sandbox_refunds
from app.gateways.touch_stream import Entry

# The card whose news no webhook brings: the past is asked for in the provider's list, as after an outage.
CARD = "4000000000000036"
TOKEN = "demopast"  # noqa: S105 (what the forms of the past begin with)
AT_ONCE = 500  # visits
TOLD_AFTER = timedelta(seconds=20)
CHARGED_AFTER, GIVEN_BACK_AFTER = timedelta(minutes=20), timedelta(days=2)
# Days ago. The platform asks for payouts of the last weeks; a bank's question of so lately is still open.
PAID_OUT, DISPUTED = (35, 28, 21, 14, 7), 1
# Who has a link of their own: those by whose link others came, and these.
PASSING_ON = frozenset(name for one in PRESENTS if one.through for name in (one.through, one.name))


class Settle(Protocol):
    """Applies verified payment events that were kept, all or nothing."""

    def __call__(self, session: Session, *, event_ids: Sequence[int]) -> None: ...


def play(settings: Settings, settle: Settle) -> None:
    """Have the past happen, unless it has."""
    with unit_of_work() as session:
        begun = select(Donation.id).where(Donation.idempotency.startswith(TOKEN))
        if not session.scalar(select(begun.exists())):
            _Past(session, settings, settle).play(planning.gifts())


class _Past:
    """The past as far as it has come."""

    def __init__(self, session: Session, settings: Settings, settle: Settle) -> None:
        self._session = session
        self._settings = settings
        self._settle = settle
        self._offers: dict[str, Offer] = {}
        self._shares: dict[str, Share] = {}  # by the name of who passes it on
        self._paid: list[tuple[Given, Donation, SandboxPayment]] = []  # and not told yet
        self._promised: list[tuple[datetime, Callable[[datetime], None]]] = [
            (ago(days), self._pay_out) for days in PAID_OUT
        ]
        found = ((key, filming.find(session, film)) for key, film in FILMS.items())
        self._codes = {key: video.code for key, video in found if video is not None}
        self._chance = Random(1905)  # noqa: S311 (the same past each time)

    def play(self, given: Sequence[Given]) -> None:
        entries = [
            visit.entry(f"demo-{number}", self._codes) for number, visit in enumerate(visiting.visits(given))
        ]
        for first in range(0, len(entries), AT_ONCE):
            self._tell(entries[first : first + AT_ONCE])
        for _, day in groupby(given, key=lambda one: one.at.date()):
            gifts = list(day)
            self._catch_up(gifts[0].at)
            for one in gifts:
                self._pay(one, given)
            self._hear(given)
        self._catch_up(midnight())

    def _tell(self, entries: Sequence[Entry]) -> None:
        touches.write(self._session, entries)
        touch_rows.forget_entries(self._session, [entry.name for entry in entries])

    def _pay(self, one: Given, given: Sequence[Given]) -> None:
        """From the form to the provider's page and its button."""
        if one.present.through:
            self._hear(given)  # the link that this one came by
        share = self._shares.get(one.present.through)
        origin = Origin(one.giver.visitor, share.id if share else None)
        with clock.set_to(one.at):
            offer = self._offer(one.present.place)
            gift = giving.gift(one.present, offer.project.currency)
            donation = checkout.start(self._session, offer, gift, f"{TOKEN}{one.number:08d}", origin)
            site = self._settings.base_url.rstrip("/")
            asked = checkout.payment_request(donation, f"{site}/d/{donation.code}")
            payment = payments.open_payment(self._session, asked)
            page = OpenedPayment(payment.code, f"{site}/sandbox/pay/{payment.code}")
            checkout.opened(self._session, donation.id, page)
            provider.pay(self._session, payment.code, CARD)
        self._paid.append((one, donation, payment))

    def _offer(self, place: str) -> Offer:
        if place not in self._offers:
            self._offers[place] = giving.offer(self._session, place, self._settings.payment_provider)
        return self._offers[place]

    def _hear(self, given: Sequence[Given]) -> None:
        """Hear of what was paid; then those who pass a film on can do so."""
        if not self._paid:
            return
        paid, self._paid = self._paid, []
        self._settle_news([payment for _, _, payment in paid], paid[-1][0].at + TOLD_AFTER)
        for one, donation, payment in paid:
            if one.present.name in PASSING_ON:
                self._pass_on(one, donation, given)
            if one.present.refunded:
                promise = partial(self._give_back, one, donation)
                self._promised.append((one.at + GIVEN_BACK_AFTER, promise))
            if one.present.disputed:
                self._promised.append((ago(DISPUTED), partial(self._dispute, one, payment)))

    def _settle_news(self, about: Iterable[SandboxPayment], at: datetime) -> None:
        """Keep what the provider has in its list of these payments, and settle what is new of it."""
        bodies = [event.body for payment in about for event in news.of(self._session, payment)]
        with clock.set_to(at):
            new = events.record_all(
                self._session, [messages.decode(messages.encode(body)) for body in bodies]
            )
            kept = select(PaymentEvent.id).where(
                PaymentEvent.provider == messages.PROVIDER,
                PaymentEvent.event_id.in_([name for _, name in new]),
            )
            self._settle(self._session, event_ids=self._session.scalars(kept).all())

    def _pass_on(self, one: Given, donation: Donation, given: Sequence[Given]) -> None:
        """Make the giver's own link, as the thank-you page does, and have people come by it."""
        with clock.set_to(donation.paid_at or one.at):
            share = relay.of_gift(self._session, donation)
        if share is None:
            return
        self._shares[one.present.name] = share
        children = [other for other in given if other.present.through == one.present.name]
        came = [
            visiting.by_share(one, child, number, self._chance)
            for number, child in enumerate([*children, *([None] * visiting.ARRIVALS)])
        ]
        self._tell(
            [
                visit.entry(f"demo-share-{one.number}-{number}", self._codes, share.code)
                for number, visit in enumerate(came)
            ]
        )

    def _catch_up(self, until: datetime) -> None:
        """Charge what is given monthly and do what was promised, until a moment, in the order of time."""
        for at, step in sorted(self._promised, key=lambda one: one[0]):
            if at <= until:
                self._charge(at)
                step(at)
        self._promised = [one for one in self._promised if one[0] > until]
        self._charge(until)

    def _charge(self, until: datetime) -> None:
        due = select(SandboxSubscription).where(SandboxSubscription.next_at <= until)
        for subscription in self._session.scalars(due.order_by(SandboxSubscription.next_at)).all():
            at = (subscription.next_at or until) + CHARGED_AFTER
            with clock.set_to(at):
                payment = subscriptions.renew(self._session, subscription.code)
            self._settle_news([payment] if payment else [], at + TOLD_AFTER)

    def _pay_out(self, at: datetime) -> None:
        """The provider sends the organisations what it holds for them."""
        with clock.set_to(at):
            payouts.pay_out(self._session)

    def _dispute(self, one: Given, payment: SandboxPayment, at: datetime) -> None:
        """The bank of somebody who gave asks for the gift back."""
        with clock.set_to(at):
            disputes.open_dispute(self._session, payment.code, one.present.disputed)
        self._settle_news([payment], at + TOLD_AFTER)

    def _give_back(self, one: Given, donation: Donation, at: datetime) -> None:
        """A refund from the desk, and through the provider."""
        owner = founding.OWNER_OF[planning.project_of(one.present.place).owner]
        amount = Money(one.present.refunded, donation.currency)
        with clock.set_to(at):
            asked_by = founding.person(self._session, owner.email).id
            code = ids.new_code(CODE_LENGTH)
            reason = one.present.refund_reason
            refund = refunds.ask(self._session, donation, amount, reason, asked_by, code)
            if (order := refunds.order(self._session, refund.id)) is None:
                return
            payment = payments.find(self._session, order.reference, account=order.account, lock=True)
            made = sandbox_refunds.refund(self._session, payment, order.key, order.amount)
            refunds.sent(self._session, refund.id, made.code or "")
        self._settle_news([payment], at + TOLD_AFTER)
