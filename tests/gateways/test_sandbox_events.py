"""What the simulated provider tells: disputes, refunds that fail, subscriptions, payouts, and on cue."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import KindrelayError
from app.core.models import Task
from app.core.money import Money
from app.core.settings import Settings
from app.gateways import traffic
from app.gateways.models import SandboxEvent, SandboxSubscription
from app.gateways.payments.contract import (
    CardRequest,
    EventKind,
    PaymentRefused,
    PaymentRequest,
    VerifiedEvent,
)
from app.gateways.payments.sandbox import cards, disputes, payouts, provider, scripts, subscriptions
from app.gateways.payments.sandbox.client import SandboxGateway
from app.gateways.payments.sandbox.scripts import PLAIN_CARD, Script, fingerprint
from app.web import create_app
from workers import sandbox
from workers.runner import run_due

AT = "an account"
CARD_OF = {script: card for card, script in scripts.CARDS.items()}
OTHER_PLAIN = f"{scripts.PLAIN_START}1234"


@pytest.fixture(scope="module")
def transport(settings: Settings) -> httpx.WSGITransport:
    return httpx.WSGITransport(create_app(settings))


@pytest.fixture
def gateway(settings: Settings, transport: httpx.WSGITransport, session: Session) -> SandboxGateway:
    return SandboxGateway(settings.base_url, settings.sandbox_secret, transport)


@pytest.fixture
def posted(settings: Settings) -> Iterator[list[VerifiedEvent]]:
    """The events that the platform's webhook was told, in the order in which they came."""
    told: list[VerifiedEvent] = []
    reader = SandboxGateway(settings.base_url, settings.sandbox_secret)

    def take(request: httpx.Request) -> httpx.Response:
        told.extend(reader.verify_webhook(request.content, request.headers))
        return httpx.Response(200)

    with traffic.routed(httpx.MockTransport(take)):
        yield told


def paid(
    gateway: SandboxGateway,
    session: Session,
    script: Script = Script.PAYS,
    amount: int = 3000,
    *,
    monthly: bool = False,
    account: str = AT,
    currency: str = "EUR",
) -> str:
    key = f"{script}-{amount}-{account}-{currency}"
    asked = PaymentRequest(account, Money(amount, currency), "A swing", "http://x/d/y", key, monthly=monthly)
    reference = gateway.open_payment(asked).reference
    provider.pay(session, reference, CARD_OF[script])
    return reference


def told(gateway: SandboxGateway, account: str = AT) -> list[VerifiedEvent]:
    return gateway.list_settled(clock.now() - timedelta(hours=1), [account])


def kinds(events: list[VerifiedEvent]) -> list[tuple[EventKind, int]]:
    return [(event.kind, event.amount.minor) for event in events]


def later(session: Session) -> None:
    """Let the time pass that waiting tasks wait for."""
    session.execute(update(Task).where(Task.done_at.is_(None)).values(run_after=clock.now()))
    run_due("outbound")


def test_the_list_is_of_the_accounts_that_were_asked_for(gateway: SandboxGateway, session: Session):
    paid(gateway, session)
    paid(gateway, session, account="another")
    since = clock.now() - timedelta(hours=1)
    assert {event.account for event in gateway.list_settled(since, [AT])} == {AT}
    many = [AT, "another", *(f"empty {n}" for n in range(120))]
    assert {event.account for event in gateway.list_settled(since, many)} == {AT, "another"}
    assert gateway.list_settled(since, []) == []


def test_an_account_cannot_ask_for_the_payments_of_another(gateway: SandboxGateway, session: Session):
    reference = paid(gateway, session)
    for ask in (
        lambda: gateway.fetch("another", reference),
        lambda: gateway.refund("another", reference, Money(1, "EUR"), "key"),
        lambda: gateway.close_payment("another", reference),
    ):
        with pytest.raises(PaymentRefused) as refused:
            ask()
        assert "404" in refused.value.detail


def test_each_card_has_a_lasting_fingerprint_that_does_not_tell_its_number(
    gateway: SandboxGateway, session: Session
):
    for number, card in enumerate((scripts.PLAIN_CARD, OTHER_PLAIN, OTHER_PLAIN, CARD_OF[Script.DECLINED])):
        asked = PaymentRequest(AT, Money(500, "EUR"), "", "http://x", f"card {number}")
        provider.pay(session, gateway.open_payment(asked).reference, card)
    first, second, third, declined = (event.card for event in told(gateway))
    assert second == third
    assert len({first, second, declined}) == 3
    assert "4242" not in first


@pytest.mark.parametrize("card", ["4242424242421", "424242424242１２３４", "4242424242424242 0", "", "4111"])
def test_a_card_that_is_not_in_the_list_is_refused(gateway: SandboxGateway, session: Session, card: str):
    asked = PaymentRequest(AT, Money(500, "EUR"), "", "http://x", "odd card")
    reference = gateway.open_payment(asked).reference
    with pytest.raises(KindrelayError, match="test cards"):
        provider.pay(session, reference, card)


def test_a_closed_payment_cannot_be_paid_and_tells_so_once(gateway: SandboxGateway, session: Session):
    asked = PaymentRequest(AT, Money(500, "EUR"), "", "http://x", "to be closed")
    reference = gateway.open_payment(asked).reference
    gateway.close_payment(AT, reference)
    gateway.close_payment(AT, reference)
    with pytest.raises(KindrelayError, match="cancelled"):
        provider.pay(session, reference, scripts.PLAIN_CARD)
    assert kinds(told(gateway)) == [(EventKind.EXPIRED, 500)]
    done = paid(gateway, session)
    gateway.close_payment(AT, done)
    assert gateway.fetch(AT, done).state == "paid"


def test_a_challenged_card_pays_once_the_bank_has_its_answer(gateway: SandboxGateway, session: Session):
    reference = paid(gateway, session, Script.CHALLENGED)
    assert gateway.fetch(AT, reference).state == "open"
    assert provider.confirm(session, reference, agreed=False) == "declined"
    assert provider.pay(session, reference, CARD_OF[Script.CHALLENGED]) == "challenged"
    assert provider.confirm(session, reference, agreed=True) == "paid"
    assert kinds(told(gateway)) == [(EventKind.FAILED, 3000), (EventKind.SUCCEEDED, 3000)]


def test_nobody_confirms_a_payment_that_the_bank_did_not_ask_about(gateway: SandboxGateway, session: Session):
    reference = paid(gateway, session, Script.DECLINED)
    with pytest.raises(KindrelayError):
        provider.confirm(session, reference, agreed=True)
    assert gateway.fetch(AT, reference).state == "declined"


@pytest.mark.parametrize(
    ("script", "at_once", "in_the_end"),
    [
        (Script.PAYS, [EventKind.SUCCEEDED], [EventKind.SUCCEEDED]),
        (Script.LATE, [], [EventKind.SUCCEEDED]),
        (Script.TWICE, [EventKind.SUCCEEDED] * 2, [EventKind.SUCCEEDED] * 2),
        (Script.LOST, [], []),
        (Script.REORDERED, [EventKind.REFUNDED], [EventKind.REFUNDED, EventKind.SUCCEEDED]),
        (Script.DISPUTED, [EventKind.SUCCEEDED], [EventKind.SUCCEEDED, EventKind.DISPUTE_OPENED]),
        (Script.DECLINED, [EventKind.FAILED], [EventKind.FAILED]),
    ],
)
def test_the_news_of_a_payment_comes_as_its_script_says(
    gateway: SandboxGateway,
    session: Session,
    posted: list[VerifiedEvent],
    script: Script,
    at_once: list[EventKind],
    in_the_end: list[EventKind],
):
    paid(gateway, session, script)
    run_due("outbound")
    assert [event.kind for event in posted] == at_once
    later(session)
    later(session)
    assert [event.kind for event in posted] == in_the_end
    assert {event.event_id for event in told(gateway)} >= {event.event_id for event in posted}


def test_a_refund_that_fails_afterwards_gives_the_money_back_under_the_same_name(
    gateway: SandboxGateway, session: Session, posted: list[VerifiedEvent]
):
    reference = paid(gateway, session, Script.REFUND_FAILS)
    part = gateway.refund(AT, reference, Money(1000, "EUR"), "a refund")
    assert gateway.fetch(AT, reference).refunded == Money(1000, "EUR")
    later(session)
    later(session)
    assert gateway.fetch(AT, reference).refunded == Money(0, "EUR")
    assert [(event.kind, event.part, event.amount.minor) for event in posted] == [
        (EventKind.SUCCEEDED, "", 3000),
        (EventKind.REFUNDED, part, 1000),
        (EventKind.REFUND_FAILED, part, 1000),
    ]
    assert posted[-1].reason == "expired_or_canceled_card"


def test_a_dispute_holds_what_is_left_and_its_decision_is_told_once(
    gateway: SandboxGateway, session: Session
):
    reference = paid(gateway, session)
    gateway.refund(AT, reference, Money(1000, "EUR"), "before")
    dispute = disputes.open_dispute(session, reference, "duplicate")
    for refused in (
        lambda: disputes.open_dispute(session, reference, "general"),
        lambda: gateway.refund(AT, reference, Money(1, "EUR"), "meanwhile"),
    ):
        with pytest.raises(KindrelayError):
            refused()
    disputes.decide(session, dispute.code, "lost")
    with pytest.raises(KindrelayError, match="closed already"):
        disputes.decide(session, dispute.code, "won")
    *_, opened, lost = told(gateway)
    assert (opened.kind, opened.part, opened.amount.minor) == (EventKind.DISPUTE_OPENED, dispute.code, 2000)
    assert (opened.reason, opened.respond_by) == ("duplicate", dispute.respond_by.replace(microsecond=0))
    assert (lost.kind, lost.part, lost.fee_minor) == (EventKind.DISPUTE_LOST, dispute.code, 1500)
    with pytest.raises(PaymentRefused):
        gateway.refund(AT, reference, Money(1, "EUR"), "after it was lost")


def test_a_won_dispute_frees_the_money_and_a_tiny_one_costs_no_more_than_itself(
    gateway: SandboxGateway, session: Session
):
    for amount, decision, kind, fee in (
        (700, "withdrawn", EventKind.DISPUTE_WON, 0),
        (800, "won", EventKind.DISPUTE_WON, 0),
        (900, "lost", EventKind.DISPUTE_LOST, 900),
    ):
        dispute = disputes.open_dispute(session, paid(gateway, session, amount=amount), "fraudulent")
        payment = disputes.decide(session, dispute.code, decision)
        event = told(gateway)[-1]
        assert (event.kind, event.fee_minor, event.amount.minor) == (kind, fee, amount)
        assert disputes.left(session, payment) == (0 if decision == "lost" else amount)


def test_payouts_send_what_is_settled_once_and_their_lines_add_up(gateway: SandboxGateway, session: Session):
    first = paid(gateway, session)
    paid(gateway, session, amount=500, currency="KWD")
    gateway.refund(AT, first, Money(1000, "EUR"), "a part")
    assert len(payouts.pay_out(session, AT)) == 2
    dispute = disputes.open_dispute(session, first, "general")
    assert list(payouts.pay_out(session, AT)) == []
    disputes.decide(session, dispute.code, "lost")
    paid(gateway, session, amount=9000)
    sandbox.pay_out(session)
    sent = gateway.list_payouts(clock.now() - timedelta(hours=1), AT)
    assert [(one.amount, one.state) for one in sent] == [
        (Money(3000 - 87 - 1000, "EUR"), "paid"),
        (Money(500 - 15, "KWD"), "paid"),
        (Money(9000 - 261 - 2000 - 1500, "EUR"), "paid"),
    ]
    for one in sent:
        assert sum(line.amount_minor - line.fee_minor for line in one.lines) == one.amount.minor
    assert [line.kind for line in sent[2].lines] == [
        EventKind.DISPUTE_OPENED,
        EventKind.DISPUTE_LOST,
        EventKind.SUCCEEDED,
    ]
    assert gateway.list_payouts(clock.now() + timedelta(hours=1), AT) == []
    assert gateway.list_payouts(clock.now() - timedelta(hours=1), "another") == []


def subscription_of(session: Session) -> SandboxSubscription:
    return session.scalars(select(SandboxSubscription).order_by(SandboxSubscription.id.desc())).all()[0]


def due(session: Session) -> SandboxSubscription:
    """The newest subscription, with its month over."""
    subscription = subscription_of(session)
    subscription.next_at = clock.now() - timedelta(minutes=1)
    session.flush()
    return subscription


def test_a_monthly_payment_begins_a_subscription_and_is_renewed_when_its_month_is_over(
    gateway: SandboxGateway, session: Session
):
    reference = paid(gateway, session, monthly=True)
    assert subscriptions.renew_due(session) == 0
    subscription = due(session)
    sandbox.renew(session)
    sandbox.renew(session)
    first, renewal = told(gateway)
    assert (first.kind, first.reference) == (EventKind.SUCCEEDED, reference)
    assert (renewal.kind, renewal.amount.minor, renewal.fee_minor) == (EventKind.RENEWED, 3000, 87)
    assert first.subscription == renewal.subscription == subscription.code
    assert first.card == renewal.card != ""
    assert gateway.fetch(AT, renewal.reference).state == "paid"
    assert renewal.reference != reference
    assert gateway.refund(AT, renewal.reference, Money(1, "EUR"), "of a renewal")


def test_a_paused_subscription_is_not_charged_nor_the_months_it_missed(
    gateway: SandboxGateway, session: Session
):
    paid(gateway, session, monthly=True)
    subscription = subscription_of(session)
    subscription.next_at = clock.now() - timedelta(days=70)
    session.flush()
    gateway.pause_monthly(AT, subscription.code)
    assert subscriptions.renew_due(session) == 0
    with pytest.raises(KindrelayError, match="paused"):
        subscriptions.renew(session, subscription.code)
    gateway.resume_monthly(AT, subscription.code)
    assert subscriptions.renew_due(session) == 0
    assert subscription.next_at is not None
    assert clock.now() < subscription.next_at < clock.now() + timedelta(days=32)


def test_another_amount_counts_from_the_next_month_on_and_the_currency_stays(
    gateway: SandboxGateway, session: Session
):
    paid(gateway, session, monthly=True)
    subscription = due(session)
    gateway.change_monthly(AT, subscription.code, Money(4500, "EUR"))
    with pytest.raises(PaymentRefused):
        gateway.change_monthly(AT, subscription.code, Money(4500, "USD"))
    with pytest.raises(PaymentRefused):
        gateway.change_monthly("another", subscription.code, Money(1, "EUR"))
    subscriptions.renew_due(session)
    assert kinds(told(gateway)) == [(EventKind.SUCCEEDED, 3000), (EventKind.RENEWED, 4500)]


def test_an_ended_subscription_tells_so_once_and_stays_ended(gateway: SandboxGateway, session: Session):
    paid(gateway, session, monthly=True)
    subscription = subscription_of(session)
    gateway.end_monthly(AT, subscription.code)
    gateway.end_monthly(AT, subscription.code)
    for again in (gateway.pause_monthly, gateway.resume_monthly):
        with pytest.raises(PaymentRefused):
            again(AT, subscription.code)
    *_, ended = told(gateway)
    assert [kind for kind, _ in kinds(told(gateway))] == [EventKind.SUCCEEDED, EventKind.SUBSCRIPTION_ENDED]
    assert (ended.reference, ended.subscription) == ("", subscription.code)
    assert ended.reason == "cancellation_requested"


def test_a_card_that_fails_each_month_is_tried_again_and_given_up_in_the_end(
    gateway: SandboxGateway, session: Session
):
    paid(gateway, session, Script.RENEWAL_FAILS, monthly=True)
    for _ in range(subscriptions.MAX_FAILURES + 1):
        if subscription_of(session).state != "ended":
            due(session)
        subscriptions.renew_due(session)
    first, *failures, ended = told(gateway)
    assert first.kind is EventKind.SUCCEEDED
    assert [event.kind for event in failures] == [EventKind.RENEWAL_FAILED] * 4
    assert {(event.reference, event.subscription) for event in failures} == {("", first.subscription)}
    assert (ended.kind, ended.reason) == (EventKind.SUBSCRIPTION_ENDED, "payment_failed")


def another_card(gateway: SandboxGateway, session: Session, key: str) -> str:
    """The code of a page that was opened for another card of the newest subscription."""
    subscription = subscription_of(session).code
    asked = CardRequest(AT, subscription, "EUR", "http://x/given", "http://x/back", key)
    page = gateway.ask_card(asked)
    assert gateway.ask_card(asked) == page
    return page.rpartition("/")[2]


def test_another_card_is_taken_once_it_was_given_and_mends_a_subscription(
    gateway: SandboxGateway, session: Session
):
    paid(gateway, session, Script.RENEWAL_FAILS, monthly=True)
    subscription = due(session)
    subscriptions.renew_due(session)
    page = another_card(gateway, session, "key")
    with pytest.raises(PaymentRefused):
        gateway.take_card(AT, subscription.code, page)
    with pytest.raises(KindrelayError, match="declined"):
        cards.give(session, page, CARD_OF[Script.DECLINED])
    for card in (PLAIN_CARD, CARD_OF[Script.LATE]):
        cards.give(session, page, card)
    given = [event for event in told(gateway) if event.kind is EventKind.CARD_GIVEN]
    assert [(one.part, one.subscription, one.card) for one in given] == [
        (page, subscription.code, fingerprint(PLAIN_CARD))
    ]
    gateway.take_card(AT, subscription.code, page)
    due(session)
    subscriptions.renew_due(session)
    assert (told(gateway)[-1].kind, subscription.state) == (EventKind.RENEWED, "active")


def test_the_card_of_one_subscription_pays_no_other(gateway: SandboxGateway, session: Session):
    paid(gateway, session, monthly=True)
    first, page = subscription_of(session).code, another_card(gateway, session, "first")
    cards.give(session, page, CARD_OF[Script.LATE])
    paid(gateway, session, amount=4500, monthly=True)
    for account, subscription in ((AT, subscription_of(session).code), ("another", first)):
        with pytest.raises(PaymentRefused):
            gateway.take_card(account, subscription, page)


@pytest.mark.parametrize(
    ("at", "day", "expected"),
    [("2026-01-31", 31, "2026-02-28"), ("2026-02-28", 31, "2026-03-31"), ("2026-12-05", 5, "2027-01-05")],
)
def test_a_month_later_is_the_same_day_or_the_last_of_a_shorter_month(at: str, day: int, expected: str):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert f"{subscriptions.month_after(moment, day):%Y-%m-%d}" == expected


def test_every_card_and_amount_has_a_script_and_every_script_an_explanation():
    assert {scripts.script_for(card, 1) for card in scripts.CARDS} == set(Script)
    assert {*scripts.AMOUNT_ENDINGS.values(), Script.PAYS} == set(Script) == set(scripts.EXPLANATIONS)
    assert scripts.script_for(OTHER_PLAIN, 54_007) is Script.DISPUTED


def test_the_bodies_of_all_events_decode_as_they_were_told(gateway: SandboxGateway, session: Session):
    paid(gateway, session, monthly=True)
    gateway.end_monthly(AT, subscription_of(session).code)
    stored = session.scalars(select(SandboxEvent).order_by(SandboxEvent.id)).all()
    assert [event.payload for event in told(gateway)] == [event.body for event in stored]
