"""Receipts: one for each gift, numbered without a gap, void as soon as they no longer say what is left."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import clock, db
from app.core.errors import Invalid, KindrelayError
from app.core.models import AuditEvent
from app.core.settings import Settings
from app.donations import receipts
from app.donations.models import Donation, Receipt
from app.donations.receipts import NoReceipt
from app.gateways.payments.contract import EventKind
from app.nonprofits.models import Nonprofit
from tests import factories
from workers import credit

THREADS = 16
SOMEBODY_WAITS_FOR_ME = text(
    "SELECT EXISTS (SELECT FROM pg_locks"
    " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
)


def paid(session: Session, at: Nonprofit | None = None, **values: object) -> Donation:
    """A gift of 10.00 that has arrived."""
    to = factories.project(session, at) if at else None
    made = {"state": "paid", "captured_minor": 1000, "paid_at": clock.now(), **values}
    return factories.donation(session, to=to, **made)


def refund(session: Session, gift: Donation, minor: int) -> None:
    """The provider has told that `minor` more went back."""
    event = factories.event(session, gift, EventKind.REFUNDED, minor, part=f"refund{minor}")
    credit.settle(session, event_ids=[event.id])


@pytest.fixture
def gift(session: Session) -> Donation:
    """A gift that was settled by its event."""
    made = factories.donation(session)
    credit.settle(session, event_ids=[factories.event(session, made).id])
    return made


def test_a_gift_has_one_receipt_however_often_it_is_asked_for(session: Session, gift: Donation):
    first, again = receipts.ensure(session, gift.id), receipts.ensure(session, gift.id)
    assert again is first
    assert (first.number, first.amount_minor, first.currency) == (1, 1000, "EUR")


def test_there_is_no_receipt_before_the_money_has_come(session: Session):
    with pytest.raises(NoReceipt, match="as soon as"):
        receipts.ensure(session, factories.donation(session).id)


def test_each_organisation_counts_for_itself(session: Session):
    here, elsewhere = factories.nonprofit(session), factories.nonprofit(session)
    numbers = [receipts.ensure(session, paid(session, at).id).number for at in (here, here, elsewhere, here)]
    assert numbers == [1, 2, 1, 3]


def test_sixteen_threads_leave_no_gap_and_no_number_twice(live_database: Settings):
    with db.unit_of_work() as session:
        at = factories.nonprofit(session)
        ids = [paid(session, at).id for _ in range(THREADS)]

    def ask(donation_id: int) -> int:
        with db.unit_of_work() as session:
            return receipts.ensure(session, donation_id).number

    with ThreadPoolExecutor(THREADS) as crowd:
        numbers = list(crowd.map(ask, ids * 3))
    assert sorted(set(numbers)) == list(range(1, THREADS + 1))
    assert numbers[:THREADS] == numbers[THREADS : 2 * THREADS] == numbers[2 * THREADS :]


def test_receipts_asked_for_in_the_other_order_wait_for_settlement_and_never_block_it(
    live_database: Settings,
):
    with db.unit_of_work() as session:
        at = factories.nonprofit(session)
        early, late = (paid(session, at).id for _ in range(2))

    def locked(session: Session, donation_id: int) -> None:
        only = select(Donation.id).where(Donation.id == donation_id)
        session.scalars(only.with_for_update(nowait=True)).one()

    def ask() -> list[int]:
        with db.unit_of_work() as session:
            return sorted(one.number for one in receipts.ensure_all(session, [late, early]).values())

    with ThreadPoolExecutor(1) as statement:
        with db.unit_of_work() as settlement:
            locked(settlement, early)
            asked = statement.submit(ask)
            while not settlement.scalar(SOMEBODY_WAITS_FOR_ME) and not asked.done():
                time.sleep(0.01)
            locked(settlement, late)  # held crosswise, one of the two would be thrown out
        assert asked.result(timeout=30) == [1, 2]


def test_a_receipt_that_was_never_written_leaves_no_gap(session: Session):
    at = factories.nonprofit(session)
    attempt = session.begin_nested()
    receipts.ensure(session, paid(session, at).id)
    attempt.rollback()
    assert receipts.ensure(session, paid(session, at).id).number == 1


def test_when_a_part_goes_back_the_receipt_is_void_and_the_next_says_what_is_left(
    session: Session, gift: Donation
):
    first = receipts.ensure(session, gift.id)
    refund(session, gift, 400)
    assert first.voided_at is not None
    assert first.voided_by_id is None
    second = receipts.ensure(session, gift.id)
    assert (second.number, second.amount_minor, second.replaces_id) == (2, 600, first.id)
    content = receipts.content_of(second)
    assert (content.given.minor, content.given_back.minor, content.replaces) == (1000, 400, 1)
    assert receipts.replaced_by(session, first) is second
    assert (first.number, receipts.content_of(first).amount_minor) == (1, 1000)


def test_when_all_goes_back_there_is_no_receipt_any_more(session: Session, gift: Donation):
    first = receipts.ensure(session, gift.id)
    refund(session, gift, 1000)
    assert first.voided_at is not None
    with pytest.raises(NoReceipt, match="given back"):
        receipts.ensure(session, gift.id)


def test_a_lost_dispute_voids_the_receipt_and_an_open_one_does_not(session: Session, gift: Donation):
    issued = receipts.ensure(session, gift.id)
    opened = factories.event(session, gift, EventKind.DISPUTE_OPENED, 1000, part="dp1")
    credit.settle(session, event_ids=[opened.id])
    assert issued.voided_at is None
    lost = factories.event(session, gift, EventKind.DISPUTE_LOST, 1000, part="dp1")
    credit.settle(session, event_ids=[lost.id])
    assert issued.voided_at is not None


def test_a_refund_that_failed_gives_way_to_a_receipt_for_the_whole(session: Session, gift: Donation):
    refund(session, gift, 400)
    less = receipts.ensure(session, gift.id)
    failed = factories.event(session, gift, EventKind.REFUND_FAILED, 400, part="refund400")
    credit.settle(session, event_ids=[failed.id])
    assert less.voided_at is not None
    assert receipts.ensure(session, gift.id).amount_minor == 1000


def test_a_receipt_that_was_withdrawn_does_not_come_back_by_itself(session: Session, gift: Donation):
    issued, finance = receipts.ensure(session, gift.id), factories.person(session)
    receipts.void(session, issued, " Wrong name ", finance.id)
    assert (issued.void_reason, issued.voided_by_id) == ("Wrong name", finance.id)
    with pytest.raises(NoReceipt, match="withdrawn"):
        receipts.ensure(session, gift.id)
    with pytest.raises(KindrelayError, match="void already"):
        receipts.void(session, issued, "Again", finance.id)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "receipt.voided")).one()
    assert (event.actor_id, event.details["reason"]) == (finance.id, "Wrong name")


def test_finance_puts_a_receipt_with_another_name_in_its_place(session: Session, gift: Donation):
    issued, finance = receipts.ensure(session, gift.id), factories.person(session)
    made = receipts.reissue(session, issued, "The name was wrong", finance.id, "Dora Q. Donor")
    assert (made.number, receipts.content_of(made).donor) == (2, "Dora Q. Donor")
    assert receipts.content_of(issued).donor == "Dora Donor"
    assert receipts.ensure(session, gift.id) is made
    with pytest.raises(KindrelayError, match="replaced"):
        receipts.reissue(session, issued, "Once more", finance.id)
    refund(session, gift, 100)
    assert receipts.content_of(receipts.ensure(session, gift.id)).donor == "Dora Q. Donor"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_nothing_is_voided_without_a_reason(session: Session, gift: Donation, reason: str):
    issued = receipts.ensure(session, gift.id)
    for change in (receipts.void, receipts.reissue):
        with pytest.raises(Invalid):
            change(session, issued, reason, 1)
    assert issued.voided_at is None


def test_a_donor_who_is_forgotten_is_not_named_on_a_new_receipt(session: Session, gift: Donation):
    first = receipts.ensure(session, gift.id)
    gift.donor_name, gift.forgotten_at = "", clock.now()
    refund(session, gift, 400)
    assert receipts.content_of(first).donor == "Dora Donor"
    assert receipts.content_of(receipts.ensure(session, gift.id)).donor == ""


@pytest.mark.parametrize(
    "change",
    [
        "amount_minor = 1",
        "number = 7",
        "content = '{}'",
        "locale = 'zh_Hans'",
        "donation_id = donation_id + 1",
    ],
)
def test_the_database_refuses_to_change_what_a_receipt_says(session: Session, gift: Donation, change: str):
    receipts.ensure(session, gift.id)
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(f"UPDATE receipt SET {change}"))


def test_a_void_receipt_never_stands_again_and_none_is_deleted(session: Session, gift: Donation):
    receipts.void(session, receipts.ensure(session, gift.id), "Wrong", factories.person(session).id)
    for statement in ("UPDATE receipt SET voided_at = NULL", "DELETE FROM receipt"):
        with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
            session.execute(text(statement))


def test_the_desk_lists_receipts_by_state(session: Session):
    at = factories.nonprofit(session)
    made = [receipts.ensure(session, paid(session, at).id) for _ in range(3)]
    receipts.void(session, made[1], "Wrong", factories.person(session).id)
    numbers: dict[str, list[int]] = {}
    for state in ("", "valid", "void"):
        found, pages = receipts.page(session, at, state)
        numbers[state] = [one.number for one in found]
        assert pages == 1
    assert numbers == {"": [3, 2, 1], "valid": [3, 1], "void": [2]}


def test_days_are_those_of_the_organisation(session: Session):
    at = factories.nonprofit(session, time_zone="Asia/Shanghai")
    gift = paid(session, at, paid_at=clock.now().replace(year=2026, month=3, day=1, hour=17))
    issued: Receipt = receipts.ensure(session, gift.id)
    assert receipts.content_of(issued).given_on == "2026-03-02"


@pytest.mark.parametrize(
    ("country", "currency", "minor", "speaks"),
    [
        ("US", "USD", 25_000, True),
        ("US", "USD", 24_999, False),
        ("US", "JPY", 100, True),
        ("NL", "USD", 99_900, False),
    ],
)
def test_a_large_gift_in_the_united_states_has_its_sentence(
    session: Session, country: str, currency: str, minor: int, speaks: bool
):
    at = factories.nonprofit(session, country=country)
    gift = paid(session, at, currency=currency, amount_minor=minor, captured_minor=minor)
    assert receipts.content_of(receipts.ensure(session, gift.id)).no_goods is speaks


def test_a_receipt_from_mainland_china_is_not_the_official_invoice(session: Session):
    told = [
        receipts.content_of(
            receipts.ensure(session, paid(session, factories.nonprofit(session, country=country)).id)
        ).no_official_invoice
        for country in ("CN", "NL")
    ]
    assert told == [True, False]
