"""Reconciliation repairs what no webhook told; what no event can repair waits for a person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from httpx import WSGITransport
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.money import Money
from app.donations.models import Donation, PaymentEvent
from app.finance import books, differences, overview, payouts, provider_list, reconciliation, snapshots
from app.finance.models import Difference, Payout, PayoutItem, Reconciliation
from app.finance.reconciliation import Answers
from app.gateways import traffic
from app.gateways.models import SandboxEvent
from app.gateways.payments.contract import EventKind, PayoutLine, SentPayout
from app.gateways.payments.registry import open_gateway
from app.gateways.payments.sandbox import payouts as sandbox_payouts
from app.gateways.payments.sandbox.scripts import CARDS, PLAIN_CARD, Script
from app.projects.models import Project
from tests import factories
from tests.donations.sums import balance_of
from tests.finance.conftest import World, as_told, build, payout_of
from tests.web.conftest import app  # noqa: F401 (a fixture)
from workers.runner import run_due

LOST = next(card for card, script in CARDS.items() if script is Script.LOST)


@pytest.fixture
def money(session: Session) -> World:
    return build(session)


def compare(session: Session, answers: Answers | None = None) -> Reconciliation:
    """A comparison with a provider that has told us everything, or that answers otherwise."""
    asked = reconciliation.questions(session, "sandbox", clock.now(), lists_events=True)
    told = [as_told(event) for event in session.scalars(select(PaymentEvent))]
    run = reconciliation.compare(session, "sandbox", asked, answers or Answers(told), lists_events=True)
    session.flush()
    return run


def kinds(session: Session) -> list[tuple[str, int | None]]:
    session.expire_all()
    found = session.scalars(select(Difference).where(Difference.settled_at.is_(None)).order_by(Difference.id))
    return [(one.kind, one.donation_id) for one in found]


def paid_at_the_provider(session: Session, money: World, card: str, minor: int = 1000) -> Donation:
    to = session.get_one(Project, money.gifts["paid"].project_id)
    return factories.paid_there(session, to, card, minor)


def test_what_no_webhook_told_is_settled_and_listed(session: Session, app: Flask, money: World):  # noqa: F811 (the fixture)
    lost = [paid_at_the_provider(session, money, LOST, minor) for minor in (1000, 1100, 1200)]
    told = paid_at_the_provider(session, money, PLAIN_CARD)
    sandbox_payouts.pay_out(session, money.account.reference)
    with traffic.routed(WSGITransport(app)):
        run_due("outbound", "money")
        assert [gift.state for gift in (*lost, told)] == ["pending"] * 3 + ["paid"]
        tasks.defer(session, "donations.reconcile")
        run_due("money")
        gateway = open_gateway(_settings(app), traffic.transport())
        assert gateway is not None
        listed = provider_list.ask(gateway)
    assert [gift.state for gift in lost] == ["paid"] * 3
    run = session.scalars(select(Reconciliation)).one()
    codes = session.scalars(
        select(SandboxEvent.code).where(
            SandboxEvent.body["payment"].astext.in_([one.reference for one in lost])
        )
    ).all()
    assert sorted(run.repaired["events"]) == sorted(codes)
    ours = {one.number for one in (*lost, told)}
    named = {one.donation for one in books.check(session, listed).findings.named}
    assert not ours & named
    [kept] = [one for one in session.scalars(select(Payout)) if one.reference != "po-1"]
    items = session.scalars(select(PayoutItem).where(PayoutItem.payout_id == kept.id)).all()
    assert {item.donation_id for item in items} == {one.id for one in (*lost, told)}


def _settings(app: Flask):  # noqa: F811 (the fixture)
    return app.extensions["settings"]


def test_money_that_agrees_has_no_differences(session: Session, money: World):
    run = compare(session)
    assert (run.repaired, kinds(session)) == ({"events": []}, [])


def test_what_no_event_can_repair_is_a_difference_each_of_its_own_kind(
    session: Session, money: World, monkeypatch: pytest.MonkeyPatch
):
    paid, plain = money.gifts["paid"], money.gifts["plain"]
    long_ago = clock.now() - timedelta(days=2)
    factories.event(session, paid, EventKind.REFUNDED, 1000, part="re-8", received_at=long_ago)
    factories.event(session, plain, EventKind.REFUNDED, 5001, part="re-9")  # more than the gift
    waiting = money.gifts["waiting"]
    factories.event(session, waiting, received_at=long_ago)
    factories.event(session, waiting, reference="never-seen", received_at=long_ago)
    told = [as_told(e) for e in session.scalars(select(PaymentEvent)) if e.reference != plain.reference]
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    compare(session, Answers(told))
    assert sorted(kinds(session), key=str) == sorted(
        [
            ("mismatch", plain.id),
            ("never_legal", paid.id),
            ("paid_there_only", waiting.id),
            ("unknown_payment", None),
            ("paid_here_only", plain.id),
        ],
        key=str,
    )


def test_a_difference_is_seen_again_and_stays_until_it_is_settled(session: Session, money: World):
    gift = money.gifts["plain"]
    factories.event(session, gift, EventKind.REFUNDED, 5001, part="re-9")
    compare(session)
    [difference] = session.scalars(select(Difference)).all()
    first_seen = difference.seen_at
    compare(session)
    session.refresh(difference)
    assert (difference.seen_at > first_seen, len(kinds(session))) == (True, 1)
    person = factories.person(session)
    differences.settle(session, difference, "The provider was wrong.", person.id)
    compare(session)
    assert kinds(session) == []


def test_a_paid_payout_is_booked_once_and_booked_back_when_it_fails(session: Session, money: World):
    sent = payout_of(money, "po-2", "partly", "lost", state="in_transit")
    for state, held in (("in_transit", 0), ("paid", 1942), ("paid", 1942), ("failed", 0)):
        payouts.keep(session, money.account, [replace(sent, state=state)])
        session.flush()
        assert bank(session, money) == 971 + held
    assert books.check(session).right


def bank(session: Session, money: World) -> int:
    return snapshots.balances(session, money.nonprofit.id)["EUR"]["bank"].minor


def test_a_payout_that_does_not_add_up_or_matches_nothing_is_a_difference(session: Session, money: World):
    sent = payout_of(money, "po-3", "partly")
    line = PayoutLine(EventKind.SUCCEEDED, "never-seen", 500, 0, clock.now())
    wrong = replace(sent, lines=[*sent.lines, line], at=clock.now() - timedelta(days=3))
    told = [as_told(event) for event in session.scalars(select(PaymentEvent))]
    for _ in range(2):  # seen again as long as it is open
        compare(session, Answers(told, {money.account.reference: [wrong]}))
        assert sorted(kind for kind, _ in kinds(session)) == ["payout_line", "payout_sum"]
    assert {one.seen_at > one.found_at for one in session.scalars(select(Difference))} == {True}


def test_other_business_of_an_account_is_listed_and_not_booked(session: Session, money: World):
    sent = payout_of(money, "po-7", "partly")
    shop = PayoutLine(EventKind.SUCCEEDED, "a-shop-sale", 5000, 100, clock.now(), marked=False)
    mixed = replace(
        sent,
        amount=Money(sent.amount.minor + 4900, "EUR"),
        lines=[*sent.lines, shop],
        at=clock.now() - timedelta(days=3),
    )
    told = [as_told(event) for event in session.scalars(select(PaymentEvent))]
    compare(session, Answers(told, {money.account.reference: [mixed]}))
    assert kinds(session) == []
    assert bank(session, money) == 971 + 971
    payout = session.scalars(select(Payout).where(Payout.reference == "po-7")).one()
    parts = overview.parts(session, payout)
    assert parts is not None
    assert (parts.ours.minor, parts.others.minor, parts.unexplained.minor) == (971, 4900, 0)
    assert books.check(session).right


def test_a_payout_goes_on_as_its_states_allow_and_no_other_way(session: Session, money: World):
    day = clock.now() - timedelta(days=1)
    sent = replace(payout_of(money, "po-8", "partly", state="in_transit"), arrives_at=day)
    story = (("paid", 971), ("in_transit", 971), ("paid", 971), ("failed", 0), ("paid", 0))
    strange = 0
    for state, held in story:
        strange += len(payouts.keep(session, money.account, [replace(sent, state=state)]).differences)
        session.flush()
        assert bank(session, money) == 971 + held, state
    payout = session.scalars(select(Payout).where(Payout.reference == "po-8")).one()
    assert (payout.state, payout.paid_at, strange) == ("failed", day, 2)
    assert books.check(session).right


def test_lines_wait_for_a_donation_that_is_still_on_its_way(session: Session, money: World):
    sent = SentPayout(
        "po-4",
        money.account.reference,
        Money(500, "EUR"),
        "paid",
        clock.now(),
        [PayoutLine(EventKind.RENEWED, "next-month", 500, 0, clock.now())],
    )
    payouts.keep(session, money.account, [sent])
    assert session.scalars(select(PayoutItem).where(PayoutItem.reference == "next-month")).all() == []
    factories.donation(
        session,
        amount_minor=500,
        reference="next-month",
        to=session.get_one(Project, money.gifts["paid"].project_id),
    )
    payouts.keep(session, money.account, [sent])
    assert session.scalars(select(PayoutItem).where(PayoutItem.reference == "next-month")).one().donation_id
    assert balance_of(session, money.gifts["paid"].id)["provider"] == 971


def test_an_account_that_the_provider_will_not_list_is_named(session: Session, money: World):
    told = [as_told(event) for event in session.scalars(select(PaymentEvent))]
    compare(session, Answers(told, refused={money.account.reference: "no such account"}))
    assert kinds(session) == [("account_refused", None)]
