"""Money matters that ask the provider: refunds, reconciliation; and the closing of days in the ledger."""

from collections.abc import Callable, Collection
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from app.core import clock, db, runtime
from app.core.tasks import Claim
from app.donations import refunds
from app.finance import reconciliation, snapshots
from app.finance.models import Reconciliation
from app.finance.reconciliation import PAYOUTS_BACK, Answers, Questions
from app.gateways import traffic
from app.gateways.payments.contract import (
    PaymentGateway,
    PaymentRefused,
    SentPayout,
    VerifiedEvent,
)
from app.gateways.payments.registry import open_gateway
from workers.lease import Finisher, GiveUp, Lease, nothing

T = TypeVar("T")


def snapshot(session: Session) -> None:
    """Close the days of the ledger that have ended."""
    snapshots.take(session)


def refund(_claim: Claim, _lease: Lease, *, refund_id: int) -> Finisher:
    """Send a refund to the provider, under its own key: sent again, it is the same refund."""
    with db.unit_of_work() as session:
        order = refunds.order(session, refund_id)
    if order is None:
        return nothing
    gateway = open_gateway(runtime.settings(), traffic.transport())
    if gateway is None or gateway.name != order.provider:
        raise GiveUp(f"this gift was paid through {order.provider}, which is not set up")
    try:
        reference = gateway.refund(order.account, order.reference, order.amount, order.key)
    except PaymentRefused as error:
        reason = error.detail
        return lambda session: refunds.refused(session, refund_id, reason)
    return lambda session: refunds.sent(session, refund_id, reference)


def reconcile(_claim: Claim, _lease: Lease) -> Finisher:
    """Ask the provider what has happened, keep what its webhooks have not told, and note what differs."""
    comparison = ask_provider()
    if comparison is None:
        return nothing

    def compare(session: Session) -> None:
        comparison(session)

    return compare


def ask_provider() -> Callable[[Session], Reconciliation] | None:
    """Ask the provider what has happened; the answer, laid beside the books of a session, is a comparison.

    None when the site has no provider. Raises Unavailable when it does not answer.
    """
    gateway = open_gateway(runtime.settings(), traffic.transport())
    if gateway is None:
        return None
    lists = gateway.capabilities().lists_events
    with db.unit_of_work() as session:
        asked = reconciliation.questions(session, gateway.name, clock.now(), lists_events=lists)
    answers = _ask(gateway, asked)

    def compare(session: Session) -> Reconciliation:
        return reconciliation.compare(session, gateway.name, asked, answers, lists_events=lists)

    return compare


def _ask(gateway: PaymentGateway, asked: Questions) -> Answers:
    refused: dict[str, str] = {}
    payouts: dict[str, list[SentPayout]] = {}
    events = _events(gateway, asked, refused)
    if gateway.capabilities().payouts:
        since = asked.at - PAYOUTS_BACK
        for account in asked.accounts:
            list_payouts = partial(gateway.list_payouts, since, account)
            payouts[account] = _or_refused(list_payouts, account, refused)
    return Answers(events, payouts, refused)


def _events(gateway: PaymentGateway, asked: Questions, refused: dict[str, str]) -> list[VerifiedEvent]:
    def of(accounts: Collection[str]) -> list[VerifiedEvent]:
        awaited = [one for one in asked.awaited if one.account in accounts]
        return gateway.list_settled(asked.since, accounts, awaited)

    try:
        return of(set(asked.accounts))
    except PaymentRefused:  # one account that was closed must not hide the others
        each = [_or_refused(partial(of, {account}), account, refused) for account in asked.accounts]
        return [event for events in each for event in events]


def _or_refused(ask: Callable[[], list[T]], account: str, refused: dict[str, str]) -> list[T]:
    try:
        return ask()
    except PaymentRefused as error:
        refused[account] = error.detail
        return []
