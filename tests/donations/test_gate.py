"""The gate at its real functions and a real Valkey: card testers against donors, and the rules one by one."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from redis import ConnectionError as NoConnection

from app.core.gate_settings import GateSettings
from app.core.settings import Settings
from app.donations.gate import Gate, Outcome
from app.donations.gate_rules import Answer
from app.donations.givers import Giver, giver
from app.gateways.counters import Counters
from bench import crowds
from bench.crowds import Street
from tests.engines import Engines

AT = datetime(2026, 5, 4, 9, 0, 30, tzinfo=UTC)
LIMITS = GateSettings()
CARDS, DONORS = 10_000, 1_000


@pytest.fixture
def gate(engines: Engines, settings: Settings) -> Gate:
    engines.empty_redis(engines.worker)
    return Gate(Counters(settings.redis_url), LIMITS)


@pytest.mark.parametrize("addresses", [1, 50, 500])
def test_at_most_one_card_in_a_hundred_reaches_the_provider_and_donors_get_through(
    gate: Gate, addresses: int
):
    street = Street(gate, random.Random(addresses))
    crowds.donors(street, DONORS, seconds=3600)
    crowds.testers(street, addresses, CARDS, seconds=3600, domains=10)
    street.play()
    assert 0 < street.told["cards_reached"] <= CARDS / 100
    assert street.told["donors"] >= DONORS
    assert street.told["donors_refused"] <= street.told["donors"] / 200
    assert street.told["donors_paid"] >= 0.75 * DONORS  # some never pay, or leave the mailbox unread


def test_without_an_attack_nobody_is_asked_for_anything(gate: Gate):
    street = Street(gate, random.Random(7))
    crowds.donors(street, DONORS // 2, seconds=1800)
    street.play()
    assert street.told["donors_asked"] == street.told["donors_refused"] == 0


def who(address: str, payment: str, email: str = "") -> Giver:
    return giver("secret", address, payment, payment, email)


def pay(
    gate: Gate,
    address: str,
    payment: str,
    *,
    succeeded: bool,
    card: str = "",
    email: str = "",
    at: datetime = AT,
    project: str = "1",
) -> list[str]:
    """A payment that is opened and ends at once."""
    assert gate.ask(payment, who(address, payment, email), project, at).answer is Answer.PASS
    return gate.learn([Outcome(payment, project, f"event of {payment}", succeeded, card)], at)


def answer(
    gate: Gate, address: str, email: str = "", at: datetime = AT, payment: str = "next", project: str = "1"
) -> Answer:
    return gate.ask(payment, who(address, payment, email), project, at).answer


def test_three_failures_a_minute_and_ten_a_day_are_enough_for_an_address(gate: Gate):
    for number in range(3):
        pay(gate, "45.0.0.1", f"a{number}", succeeded=False)
    assert answer(gate, "45.0.0.1") is Answer.PROVE
    later = AT + timedelta(minutes=3)
    assert answer(gate, "45.0.0.1", at=later, payment="later") is Answer.PASS
    for number in range(7):
        pay(
            gate,
            "45.0.0.1",
            f"b{number}",
            succeeded=False,
            at=later + timedelta(minutes=2 * number),
            project=f"{number}",
        )
    assert answer(gate, "45.0.0.1", at=AT + timedelta(hours=5), payment="x", project="9") is Answer.PROVE
    assert answer(gate, "45.0.0.1", at=AT + timedelta(days=2), payment="y", project="9") is Answer.PASS


def test_gifts_that_succeed_make_room_for_those_that_fail(gate: Gate):
    for number in range(12):
        pay(gate, "203.0.113.5", f"good{number}", succeeded=True)
    for number in range(5):
        pay(gate, "203.0.113.5", f"bad{number}", succeeded=False)
    assert answer(gate, "203.0.113.5") is Answer.PASS


def test_payments_that_are_opened_and_never_paid_count_and_are_slowly_forgiven(gate: Gate):
    answers = [answer(gate, "45.0.0.1", payment=f"open{number}") for number in range(13)]
    assert answers == [Answer.PASS] * 12 + [Answer.PROVE]
    assert answer(gate, "45.0.0.1", at=AT + timedelta(hours=2), payment="later") is Answer.PASS


def test_a_customer_of_ipv6_is_a_whole_network(gate: Gate):
    for number in range(3):
        pay(gate, f"2001:db8:1:2::{number + 1:x}", f"v6-{number}", succeeded=False)
    assert answer(gate, "2001:db8:1:2:ffff::9") is Answer.PROVE
    assert answer(gate, "2001:db8:1:3::9", payment="neighbour") is Answer.PASS
    assert who("::ffff:45.0.0.1", "x") == who("45.0.0.1", "x")


def test_spellings_of_a_mailbox_are_one_and_a_domain_of_ones_own_is_one(gate: Gate):
    assert who("1.1.1.1", "x", "A.b+1@gmail.com") == who("1.1.1.1", "x", "ab@googlemail.com")
    assert who("1.1.1.1", "x", "a@mail.cards.example").domain == who("1.1.1.1", "x", "b@cards.example").domain
    assert who("1.1.1.1", "x", "a@one.com.cn").domain != who("1.1.1.1", "x", "a@two.com.cn").domain
    assert who("1.1.1.1", "x", "a@qq.com").domain == ""


def test_a_card_that_keeps_failing_closes_every_page_it_is_tried_on(gate: Gate):
    closed = [
        pay(gate, f"45.0.0.{number}", f"p{number}", succeeded=False, card="one card", project=f"{number}")
        for number in range(6)
    ]
    assert closed == [[], [], [], [], ["p4"], ["p5"]]


def test_an_event_that_comes_twice_counts_once(gate: Gate):
    pay(gate, "45.0.0.1", "p", succeeded=False)
    for _ in range(5):
        gate.learn([Outcome("p", "1", "event of p", succeeded=False)], AT)
    assert answer(gate, "45.0.0.1") is Answer.PASS


def test_an_attack_is_reported_once_and_does_not_touch_other_projects(gate: Gate):
    for number in range(10):
        pay(gate, f"45.0.0.{number}", f"p{number}", succeeded=False)
    verdicts = [gate.ask(f"q{n}", who(f"45.0.1.{n}", f"q{n}"), "1", AT) for n in range(3)]
    assert [verdict.answer for verdict in verdicts] == [Answer.PROVE] * 3
    assert [verdict.attack_on for verdict in verdicts] == ["1", None, None]
    assert answer(gate, "45.0.2.1", payment="elsewhere", project="2") is Answer.PASS
    assert answer(gate, "45.0.2.2", at=AT + timedelta(hours=1), payment="over") is Answer.PASS


def test_an_attack_on_many_projects_is_one_on_the_site(gate: Gate):
    for number in range(50):
        pay(gate, f"45.0.0.{number}", f"p{number}", succeeded=False, project=f"{number}")
    verdict = gate.ask("q", who("45.0.1.1", "q"), "a new one", AT)
    assert (verdict.answer, verdict.attack_on) == (Answer.PROVE, "site")


def test_many_at_once_do_not_get_past_a_limit(gate: Gate):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: answer(gate, "45.0.0.1", payment=f"p{n}"), range(40)))
    assert 0 < answers.count(Answer.PASS) <= LIMITS.gate_open_payments


def test_a_payment_that_was_let_in_is_let_in_again_and_counts_once(gate: Gate):
    assert [answer(gate, "45.0.0.1", payment="same") for _ in range(30)] == [Answer.PASS] * 30
    assert answer(gate, "45.0.0.1", payment="another") is Answer.PASS


def test_without_its_counts_the_gate_gives_no_answer(settings: Settings):
    with pytest.raises(NoConnection):
        answer(Gate(Counters("redis://127.0.0.1:1/0"), settings), "45.0.0.1")
