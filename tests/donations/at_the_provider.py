"""What can happen at a provider, as rules of a state machine; how it is told is not decided here."""

from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy.orm import Session

from app.core import clock
from app.core.money import Money
from app.gateways.payments.contract import EventKind, VerifiedEvent
from tests.donations.places import Gift, Place, begin
from tests.donations.truth import Payment

MOST_PAYMENTS = 6

One = TypeVar("One")
which = st.integers(0, 1000)  # of a list, by its place, counted round
share = st.integers(1, 1000)  # of an amount, in thousandths
gift = st.builds(
    Gift,
    place=which,
    video=which,
    minor=st.integers(1, 5000),
    tells_totals=st.booleans(),
    aliased=st.booleans(),
    monthly=st.booleans(),
)


def chosen(some: list[One], which: int) -> One:
    return some[which % len(some)]


class ProviderMachine(RuleBasedStateMachine):
    """Payments at a provider. What it has to tell of them is put on `untold`."""

    def __init__(self, session: Session, places: list[Place]) -> None:
        super().__init__()
        self.session, self.places = session, places
        self.payments: list[Payment] = []
        self.untold: list[VerifiedEvent] = []

    @initialize(gifts=st.lists(gift, min_size=2, max_size=4), paid=st.integers(1, 3))
    def some_begin_to_give_and_pay(self, gifts: list[Gift], paid: int) -> None:
        for one in gifts:
            self.somebody_begins_to_give(one)
        self.gifts_are_paid([0] * paid, 25)

    @precondition(lambda self: len(self.payments) < MOST_PAYMENTS)
    @rule(gift=gift)
    def somebody_begins_to_give(self, gift: Gift) -> None:
        at = self.places[gift.place % len(self.places)]
        name = f"payment-{len(self.payments)}"
        begin(self.session, at, gift, name)
        payment = Payment(name, at.account, Money(gift.minor, at.currency), clock.now(), gift.tells_totals)
        payment.alias = f"captured-{name}" * gift.aliased
        if gift.monthly:
            payment.subscription = f"monthly-{name}"
        self.payments.append(payment)

    @precondition(lambda self: self.unpaid)
    @rule(ones=st.lists(which, min_size=1, max_size=3), fee=st.integers(0, 30))
    def gifts_are_paid(self, ones: list[int], fee: int) -> None:
        for one in ones[: len(self.unpaid)]:
            payment = chosen(self.unpaid, one)
            self.untold.append(payment.pay(fee * payment.amount.minor // 1000))

    @precondition(lambda self: self.unpaid)
    @rule(one=which, kind=st.sampled_from([EventKind.FAILED, EventKind.EXPIRED]))
    def a_payment_fails_or_expires(self, one: int, kind: EventKind) -> None:
        self.untold.append(chosen(self.unpaid, one).give_up(kind))

    @precondition(lambda self: self.monthly and len(self.payments) < MOST_PAYMENTS)
    @rule(one=which, fee=st.integers(0, 30))
    def a_monthly_gift_is_given_again(self, one: int, fee: int) -> None:
        first = chosen(self.monthly, one)
        again = Payment(
            f"payment-{len(self.payments)}", first.account, first.amount, clock.now(), first.tells_totals
        )
        again.alias = f"captured-{again.name}" * bool(first.alias)
        again.subscription, again.renewal = first.subscription, True
        self.payments.append(again)
        self.untold.append(again.pay(fee * again.amount.minor // 1000))

    @precondition(lambda self: self.paid)
    @rule(one=which, fee=st.integers(0, 50))
    def what_it_cost_is_told_apart(self, one: int, fee: int) -> None:
        self.untold.append(chosen(self.paid, one).cost(fee))

    @precondition(lambda self: self.refundable)
    @rule(one=which, thousandths=share)
    def a_part_is_refunded(self, one: int, thousandths: int) -> None:
        payment = chosen(self.refundable, one)
        left = payment.amount.minor - payment.refunded
        self.untold.append(payment.refund(max(1, left * thousandths // 1000)))

    @precondition(lambda self: self.refundable)
    @rule(one=which)
    def all_is_refunded(self, one: int) -> None:
        self.a_part_is_refunded(one, 1000)

    @precondition(lambda self: self.refunds)
    @rule(one=which)
    def a_refund_fails(self, one: int) -> None:
        payment, name = chosen(self.refunds, one)
        self.untold.append(payment.fail_refund(name))

    @precondition(lambda self: self.paid)
    @rule(one=which, thousandths=share)
    def a_dispute_is_opened(self, one: int, thousandths: int) -> None:
        payment = chosen(self.paid, one)
        self.untold.append(payment.open_dispute(max(1, payment.amount.minor * thousandths // 1000)))

    @precondition(lambda self: self.disputed)
    @rule(one=which, cost=st.integers(0, 1500))
    def a_dispute_is_won_or_withdrawn(self, one: int, cost: int) -> None:
        self.untold.append(chosen(self.disputed, one).close_dispute(EventKind.DISPUTE_WON, cost))

    @precondition(lambda self: self.disputed)
    @rule(one=which, cost=st.integers(0, 1500))
    def a_dispute_is_lost(self, one: int, cost: int) -> None:
        self.untold.append(chosen(self.disputed, one).close_dispute(EventKind.DISPUTE_LOST, cost))

    @property
    def unpaid(self) -> list[Payment]:
        return [payment for payment in self.payments if not payment.paid]

    @property
    def paid(self) -> list[Payment]:
        return [payment for payment in self.payments if payment.paid]

    @property
    def monthly(self) -> list[Payment]:
        return [payment for payment in self.paid if payment.subscription and not payment.renewal]

    @property
    def refundable(self) -> list[Payment]:
        return [payment for payment in self.paid if payment.refunded < payment.amount.minor]

    @property
    def refunds(self) -> list[tuple[Payment, str]]:
        named = [payment for payment in self.paid if not payment.tells_totals]
        return [(payment, name) for payment in named for name in payment.standing_refunds]

    @property
    def disputed(self) -> list[Payment]:
        return [payment for payment in self.paid if payment.open_disputes]
