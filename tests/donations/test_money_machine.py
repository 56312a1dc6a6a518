"""Whatever a provider tells, in whatever order, twice, late, crossed or wrong: the books stay right.

A hypothesis state machine. Payments live at a provider that is modelled in `truth.py`; what it tells of them
arrives in any order, more than once, under new ids, alone and in batches, with crashes in between. After each
step the books of every donation must be sound in themselves. Once a payment has been told of entirely, ours
must be the provider's, to the last minor unit.

The stories are played in parts, so that several processes share them, and each part that ends is seen.
`make fuzz-money` plays more of them, and longer ones.
"""

import os
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.money import Money
from app.donations import events
from app.donations.models import PaymentEvent
from app.donations.settlement import UnknownPayment
from app.gateways.payments.contract import EventKind, VerifiedEvent
from tests.donations.at_the_provider import ProviderMachine, which
from tests.donations.places import Place, places
from tests.donations.sums import BOOKS, WRONG_REPORTS, WRONGLY_APPLIED
from tests.donations.truth import Payment
from workers import credit
from workers.runner import run_due

PARTS, STEPS = (20, 50) if "FUZZ_MONEY" in os.environ else (5, 6)
STORIES = settings(
    max_examples=100, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck)
)  # of each part


class CrashError(Exception):
    """A worker is gone before it could commit."""


class MoneyMachine(ProviderMachine):
    def __init__(self, session: Session, places: list[Place]) -> None:
        super().__init__(session, places)
        self.told: list[VerifiedEvent] = []
        self.waiting: list[VerifiedEvent] = []  # told, and kept; no worker has seen it yet
        self.wrong = 0
        self.touched = False
        self.clock = timedelta(0)
        self.patch = pytest.MonkeyPatch()
        real_now = clock.now
        self.patch.setattr(clock, "now", lambda: real_now() + self.clock)
        self.kept = session.begin_nested()

    # How it is told.

    @precondition(lambda self: self.untold)
    @rule(picks=st.lists(which, min_size=1, max_size=6), at_once=st.booleans())
    def news_comes_in_any_order(self, picks: list[int], at_once: bool) -> None:
        for pick in picks[: len(self.untold)]:
            self._tell(self.untold.pop(pick % len(self.untold)))
            if not at_once:
                self.workers_work()
        self.workers_work()

    @precondition(lambda self: self.untold)
    @rule(pick=which)
    def news_is_kept_and_waits_for_a_worker(self, pick: int) -> None:
        self._tell(self.untold.pop(pick % len(self.untold)))

    @precondition(lambda self: self.told)
    @rule(pick=which)
    def the_same_news_comes_again(self, pick: int) -> None:
        assert not events.record(self.session, self.told[pick % len(self.told)])

    @precondition(lambda self: self.told)
    @rule(pick=which)
    def the_same_news_comes_under_a_new_id(self, pick: int) -> None:
        event = self.told[pick % len(self.told)]
        self._tell(replace(event, event_id=f"again-{len(self.told)}-{event.event_id}"))
        self.workers_work()

    @precondition(lambda self: self.told or self.untold)
    @rule(pick=which, wrong=st.sampled_from(["account", "currency", "amount"]))
    def news_with_wrong_figures_comes(self, pick: int, wrong: str) -> None:
        event = [*self.told, *self.untold][pick % len(self.told + self.untold)]
        amount = event.amount
        changes: dict[str, Any] = {
            "account": {"account": "somebody-else"},
            "currency": {"amount": Money(amount.minor, "CHF")},
            "amount": {"amount": Money(amount.minor + 10**6, amount.currency), "kind": EventKind.SUCCEEDED},
        }[wrong]
        self.wrong += 1
        events.record(self.session, replace(event, event_id=f"wrong-{self.wrong}", **changes))

    @precondition(lambda self: self.waiting)
    @rule()
    def workers_work(self) -> None:
        run_due("money")
        self.waiting.clear()
        self.touched = True

    @precondition(lambda self: self.waiting)
    @rule()
    def a_worker_dies_before_it_commits(self) -> None:
        before = self._books()
        names = [event.event_id for event in self.waiting]
        ids = self.session.scalars(select(PaymentEvent.id).where(PaymentEvent.event_id.in_(names))).all()
        with suppress(CrashError, UnknownPayment), self.session.begin_nested():
            credit.settle(self.session, event_ids=ids)
            raise CrashError
        assert self._books() == before

    @precondition(lambda self: self.unpaid and self.clock < timedelta(days=3))
    @rule()
    def a_day_passes(self) -> None:
        self.clock += timedelta(hours=25)
        for row in self._books():
            if row.state == "pending":
                self._named(row.reference).given_up = "expired"
        credit.expire(self.session)
        self.touched = True

    def _tell(self, event: VerifiedEvent) -> None:
        assert events.record(self.session, event)
        self.told.append(event)
        self.waiting.append(event)

    # What must be so.

    @invariant()
    def the_books_are_sound(self) -> None:
        if not self.touched:
            return
        self.touched = False
        self.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"))
        waiting = {event.reference for event in [*self.untold, *self.waiting]}
        for row in self._books():
            captured, refunded, lost, held, fees = row.figures
            assert row.foreign_entries == 0
            assert sum(row.accounts.values()) == 0
            assert {
                account: row.accounts.get(account, 0) for account in ("donations", "fees", "disputed")
            } == {
                "donations": refunded + lost - captured,
                "fees": fees,
                "disputed": held,
            }
            assert (row.minor, row.gone, row.fee + row.gone_fee) == (captured, refunded + lost, fees)
            payment = self._named(row.reference)
            assert captured in (0, payment.amount.minor)
            if self._is_told_of(payment, waiting):
                assert (row.state, *row.figures) == (payment.state, *payment.figures)
                assert row.accounts.get("provider", 0) == payment.balance

    def _is_told_of(self, payment: Payment, waiting: set[str]) -> bool:
        """Whether all that happened to it was told; a renewal waits for the first payment as well."""
        same = {one.name: one for one in (payment, *self.monthly) if one.subscription == payment.subscription}
        return not waiting & {name for one in same.values() for name in (one.name, one.alias)}

    def _named(self, name: str) -> Payment:
        return next(payment for payment in self.payments if payment.name == name)

    def _books(self) -> list[Any]:
        return list(self.session.execute(BOOKS, {"names": [payment.name for payment in self.payments]}))

    def teardown(self) -> None:
        try:
            self._poll()
        finally:
            self.kept.rollback()
            self.session.expunge_all()
            self.patch.undo()

    def _poll(self) -> None:
        """Ask the provider for all that happened: then nothing is left that could differ."""
        for event in self.untold:
            assert events.record(self.session, event)
        self.untold.clear()
        self.workers_work()
        self.the_books_are_sound()
        assert len(self._books()) == len(self.payments)
        assert self.session.scalar(WRONG_REPORTS) == 0
        assert self.session.scalar(WRONGLY_APPLIED) == 0


@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_the_books_are_right_whatever_a_provider_tells_in_whatever_order(part: int, session: Session):
    giving_to = places(session)
    run_state_machine_as_test(lambda: MoneyMachine(session, giving_to), settings=STORIES)
