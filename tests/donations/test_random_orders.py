"""A thousand payments of three kinds of life, told three times each, in random orders, by many threads."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Lock

from sqlalchemy import func, select

from app.core import clock
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.money import Money
from app.core.settings import Settings
from app.donations import events
from app.finance import books
from app.gateways.payments.contract import EventKind, VerifiedEvent
from tests import many
from tests.donations.sums import BOOKS, WRONG_REPORTS
from tests.donations.truth import Payment
from workers.runner import run_due

ORDERS, THREADS, TIMES = 1000, 16, 3
SETTLE_EACH = 150  # deliveries, by whichever thread makes them


def lived(name: str, account: str, which: int) -> Payment:
    """A payment that was refunded twice, whose refund failed, or that was refunded and lost to a dispute."""
    payment = Payment(name, account, Money(many.AMOUNT, many.CURRENCY), clock.now())
    payment.pay(many.FEE)
    payment.refund(700)
    if which == 0:
        payment.refund(700)
    elif which == 1:
        payment.fail_refund(payment.standing_refunds[0])
    else:
        payment.open_dispute(many.AMOUNT)
        payment.close_dispute(EventKind.DISPUTE_LOST, 1500)
    return payment


def told_by_many_threads(deliveries: Iterator[VerifiedEvent]) -> None:
    lock = Lock()

    def tell() -> None:
        while True:
            with lock:
                batch = list(islice(deliveries, SETTLE_EACH))
            if not batch:
                return
            for event in batch:
                with unit_of_work() as session:
                    events.record(session, event)
            run_due("money")

    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(tell) for _ in range(THREADS)]:
            done.result()


def in_random_orders(payments: Sequence[Payment], chance: random.Random) -> Iterator[VerifiedEvent]:
    """Each payment's events, three times each, in an order of its own, crossed with all the others'."""
    orders = [chance.sample(payment.events * TIMES, len(payment.events) * TIMES) for payment in payments]
    turns = [order for order in orders for _ in order]
    chance.shuffle(turns)
    return iter([order.pop() for order in turns])


def test_any_order_from_any_thread_any_number_of_times_leaves_the_same_ledger(live_database: Settings):
    to = many.receiving()
    names = many.begin(to, "ordered", ORDERS)
    payments = [lived(name, to.account, number % 3) for number, name in enumerate(names)]
    told_by_many_threads(in_random_orders(payments, random.Random(20261121)))
    with unit_of_work() as session:
        undone = select(func.count()).select_from(Task).where(Task.done_at.is_(None), Task.queue == "money")
        assert session.scalar(undone) == 0
        kept = {row.reference: row for row in session.execute(BOOKS, {"names": names})}
        for payment in payments:
            row = kept[payment.name]
            assert (row.state, *row.figures) == (payment.state, *payment.figures)
            assert row.accounts["provider"] == payment.balance
        ledgers = {str((row.state, sorted(row.accounts.items()))) for row in kept.values()}
        assert len(ledgers) == 3
        assert session.scalar(WRONG_REPORTS) == 0
        assert books.check(session).right
