"""Events that come early, late, twice, wrong, and what each does to state, ledger, credit and report."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.event import listen, remove
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.models import Task
from app.core.money import Money
from app.credit import evidence
from app.credit.models import Credit, CreditReversal
from app.donations import cases
from app.donations.models import Donation, DonationMove, PaymentEvent
from app.finance import books
from app.gateways.payments.contract import EventKind
from app.videos.models import Video
from tests import factories
from tests.donations.sums import balance_of
from workers import credit
from workers.lease import GiveUp
from workers.runner import run_due


@pytest.fixture
def donation(session: Session, video: Video) -> Donation:
    return factories.donation(session, video)


def told(
    session: Session, donation: Donation, kind: EventKind, minor: int | None = None, **values: object
) -> PaymentEvent:
    event = factories.event(session, donation, kind, minor, **values)
    credit.settle(session, event_ids=[event.id])
    return event


def credited(session: Session, donation: Donation) -> list[tuple[int, int]]:
    return [(part.amount.minor, part.taken_back.minor) for part in evidence.parts_of(session, donation.id)]


def moves(session: Session, donation: Donation) -> list[str]:
    query = (
        select(DonationMove.to_state).where(DonationMove.donation_id == donation.id).order_by(DonationMove.id)
    )
    return list(session.scalars(query))


def test_a_success_moves_posts_and_credits_once(session: Session, donation: Donation, video: Video):
    event = told(session, donation, EventKind.SUCCEEDED, fee_minor=29)
    assert (donation.state, donation.captured_minor, donation.fee_minor) == ("paid", 1000, 29)
    assert event.applied_at is not None
    assert balance_of(session, donation.id) == {"provider": 971, "donations": -1000, "fees": 29}
    assert credited(session, donation) == [(1000, 0)]
    assert session.scalars(select(Credit.video_id)).all() == [video.id]
    assert books.check(session).right


def test_the_same_event_settled_again_changes_nothing(session: Session, donation: Donation):
    event = told(session, donation, EventKind.SUCCEEDED)
    credit.settle(session, event_ids=[event.id])
    assert moves(session, donation) == ["paid"]
    assert credited(session, donation) == [(1000, 0)]


def test_the_gate_is_told_of_a_batch_by_one_task_and_not_while_gifts_are_locked(
    session: Session, video: Video
):
    ended = {}
    for kind in (EventKind.SUCCEEDED, EventKind.FAILED, EventKind.SUCCEEDED):
        donation = factories.donation(session, video)
        ended[factories.event(session, donation, kind).id] = donation.id
    credit.settle(session, event_ids=list(ended))
    [task] = session.scalars(select(Task).where(Task.name == "gate.learn"))
    assert dict(task.args["ended"]) == ended
    assert task.done_at is None


def statements_to_settle(session: Session, video: Video, gifts: int) -> list[bool]:
    """Of each statement that settling so many gifts at once takes, whether it was sent row by row."""
    donations = [factories.donation(session, video) for _ in range(gifts)]
    ids = [factories.event(session, one, EventKind.SUCCEEDED).id for one in donations]
    sent: list[bool] = []

    def note(*told: Any) -> None:
        sent.append(told[-1])

    listen(session.get_bind(), "before_cursor_execute", note)
    credit.settle(session, event_ids=ids)
    session.flush()
    remove(session.get_bind(), "before_cursor_execute", note)
    assert {one.state for one in donations} == {"paid"}
    return sent


def test_many_gifts_are_settled_by_as_many_statements_as_one(session: Session, video: Video):
    one, many = (statements_to_settle(session, video, gifts) for gifts in (1, 6))
    assert len(many) == len(one)
    assert not any(many)


def test_the_same_news_under_a_new_id_changes_nothing_and_is_kept(session: Session, donation: Donation):
    told(session, donation, EventKind.SUCCEEDED)
    again = told(session, donation, EventKind.SUCCEEDED)
    assert again.applied_at is not None
    assert moves(session, donation) == ["paid"]
    assert credited(session, donation) == [(1000, 0)]


def test_a_refund_reverses_credit_on_the_same_videos(session: Session, donation: Donation):
    told(session, donation, EventKind.SUCCEEDED)
    told(session, donation, EventKind.REFUNDED, 400)
    assert (donation.state, donation.refunded_minor) == ("partly_refunded", 400)
    assert credited(session, donation) == [(1000, 400)]
    assert balance_of(session, donation.id) == {"provider": 600, "donations": -600}
    assert books.check(session).right


def test_refunds_are_told_as_totals_and_booked_as_differences(session: Session, donation: Donation):
    told(session, donation, EventKind.SUCCEEDED)
    for total in (300, 600, 1000):
        told(session, donation, EventKind.REFUNDED, total)
    query = select(CreditReversal.amount_minor).order_by(CreditReversal.id)
    assert list(session.scalars(query)) == [300, 300, 400]
    assert donation.state == "refunded"
    assert books.check(session).right


def test_an_older_total_that_comes_late_takes_nothing_back(session: Session, donation: Donation):
    told(session, donation, EventKind.SUCCEEDED)
    told(session, donation, EventKind.REFUNDED, 600)
    late = told(session, donation, EventKind.REFUNDED, 300)
    assert late.applied_at is not None
    assert credited(session, donation) == [(1000, 600)]


def test_a_refund_before_its_success_waits_for_it(session: Session, donation: Donation):
    refund = told(session, donation, EventKind.REFUNDED, 250)
    assert (donation.state, refund.applied_at) == ("pending", None)
    told(session, donation, EventKind.SUCCEEDED)
    assert (donation.state, donation.refunded_minor) == ("partly_refunded", 250)
    assert refund.applied_at is not None
    assert books.check(session).right


def test_a_failure_after_success_is_kept_and_never_applied(session: Session, donation: Donation):
    told(session, donation, EventKind.SUCCEEDED)
    failure = told(session, donation, EventKind.FAILED)
    assert (donation.state, failure.applied_at) == ("paid", None)


def test_a_success_after_a_failure_counts(session: Session, donation: Donation):
    told(session, donation, EventKind.FAILED)
    told(session, donation, EventKind.SUCCEEDED)
    assert moves(session, donation) == ["failed", "paid"]


@pytest.mark.parametrize(
    ("kind", "minor", "values"),
    [
        (EventKind.SUCCEEDED, 999, {}),
        (EventKind.SUCCEEDED, 1001, {}),
        (EventKind.SUCCEEDED, 1000, {"currency": "USD"}),
        (EventKind.SUCCEEDED, 1000, {"account": "somebody-else"}),
        (EventKind.SUCCEEDED, 1000, {"fee_minor": 1001}),
        (EventKind.REFUNDED, 1001, {}),
    ],
)
def test_figures_that_are_not_the_donations_are_refused_and_left_for_a_person(
    session: Session, donation: Donation, kind: EventKind, minor: int, values: dict[str, object]
):
    event = factories.event(session, donation, kind, minor, **values)
    task_id = tasks.defer(session, "credit.settle", event_id=event.id)
    run_due("money")
    task = session.get_one(Task, task_id, populate_existing=True)
    assert task.dead_at is not None
    assert "the donation is 1000 EUR" in (task.last_error or "")
    assert (donation.state, event.applied_at) == ("pending", None)
    assert session.scalars(select(func.count()).select_from(Credit)).one() == 0


def test_a_refused_event_does_not_stand_in_the_way_of_the_right_one(session: Session, donation: Donation):
    wrong = factories.event(session, donation, EventKind.SUCCEEDED, 5)
    with pytest.raises(GiveUp):
        credit.settle(session, event_ids=[wrong.id])
    told(session, donation, EventKind.SUCCEEDED)
    assert (donation.state, wrong.applied_at) == ("paid", None)


def test_an_event_about_an_unknown_payment_is_tried_again(session: Session, donation: Donation):
    event = factories.event(session, donation, reference="nobody-knows-this")
    task_id = tasks.defer(session, "credit.settle", event_id=event.id)
    run_due("money")
    task = session.get_one(Task, task_id, populate_existing=True)
    assert (task.done_at, task.dead_at) == (None, None)
    assert "nobody-knows-this" in (task.last_error or "")


def test_abandoned_gifts_expire_and_a_late_payment_still_counts(session: Session, donation: Donation):
    fresh = factories.donation(session, to=factories.project(session))
    donation.created_at = clock.now() - timedelta(hours=25)
    session.flush()
    credit.expire(session)
    assert (donation.state, fresh.state) == ("expired", "pending")
    told(session, donation, EventKind.SUCCEEDED)
    assert moves(session, donation) == ["expired", "paid"]


def test_more_abandoned_gifts_than_one_batch_takes_expire_in_the_next(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cases, "EXPIRE_BATCH", 2)
    at = factories.project(session)
    abandoned = [factories.donation(session, to=at) for _ in range(3)]
    for one in abandoned:
        one.created_at = clock.now() - timedelta(hours=25)
    session.flush()
    tasks.defer(session, "donations.expire")
    run_due("money")
    assert [one.state for one in abandoned] == ["expired"] * 3


def test_a_donation_without_video_is_uncredited_and_still_adds_up(session: Session):
    donation = factories.donation(session, to=factories.project(session))
    told(session, donation, EventKind.SUCCEEDED)
    told(session, donation, EventKind.REFUNDED, 100)
    [part] = evidence.parts_of(session, donation.id)
    assert (part.video, part.amount.minor, part.left.minor) == (None, 1000, 900)
    assert books.check(session).right


def test_a_receipt_goes_out_once_and_only_with_an_address(session: Session, donation: Donation, video: Video):
    silent = factories.donation(session, video, email="")
    for one in (donation, silent):
        told(session, one, EventKind.SUCCEEDED)
        told(session, one, EventKind.REFUNDED, 10)
    mails = session.scalars(select(Task.args).where(Task.name == "mail.send")).all()
    assert mails == [{"mail": "receipt", "donation_id": donation.id}]


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 5000), ("KWD", 5125)])
def test_currencies_without_and_with_three_decimals_are_exact(session: Session, currency: str, minor: int):
    project = factories.project(session, goal=Money(10**6, currency))
    donation = factories.donation(session, to=project, amount_minor=minor)
    told(session, donation, EventKind.SUCCEEDED, fee_minor=7)
    told(session, donation, EventKind.REFUNDED, 1)
    assert balance_of(session, donation.id) == {
        "provider": minor - 8,
        "donations": 1 - minor,
        "fees": 7,
    }
    assert books.check(session).right
