"""Refunds and disputes: by name, in parts, beyond what there is, failing, and crossed with each other."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.donations.models import Dispute, Donation, PaymentEvent, Refund
from app.finance import books
from app.gateways.payments.contract import EventKind
from tests import factories
from tests.donations.sums import balance_of
from tests.donations.test_settlement import credited, moves, told


@pytest.fixture
def donation(session: Session) -> Donation:
    """A gift of 10.00 from a video, paid, of which the provider kept 0.29."""
    video = factories.video(session, carries=factories.project(session))
    donation = factories.donation(session, video)
    told(session, donation, EventKind.SUCCEEDED, fee_minor=29)
    return donation


def about(
    session: Session, donation: Donation, kind: EventKind, part: str, minor: int, fee: int = 0
) -> PaymentEvent:
    return told(session, donation, kind, minor, part=part, fee_minor=fee)


def figures(donation: Donation) -> tuple[str, int, int, int, int]:
    return (
        donation.state,
        donation.refunded_minor,
        donation.disputed_minor,
        donation.lost_minor,
        donation.fee_minor,
    )


def test_two_equal_partial_refunds_are_two(session: Session, donation: Donation):
    for part in ("first", "second", "first"):
        about(session, donation, EventKind.REFUNDED, part, 250)
    assert figures(donation) == ("partly_refunded", 500, 0, 0, 29)
    assert credited(session, donation) == [(1000, 500)]
    assert list(session.scalars(select(Refund.reference).order_by(Refund.id))) == ["first", "second"]
    assert books.check(session).right


def test_more_than_is_left_is_never_refunded(session: Session, donation: Donation):
    about(session, donation, EventKind.REFUNDED, "most", 800)
    beyond = about(session, donation, EventKind.REFUNDED, "too much", 201)
    assert (figures(donation), beyond.applied_at) == (("partly_refunded", 800, 0, 0, 29), None)
    about(session, donation, EventKind.REFUNDED, "the rest", 200)
    assert figures(donation) == ("refunded", 1000, 0, 0, 29)
    assert books.check(session).right


def test_a_refund_that_fails_comes_back_to_the_same_videos(session: Session, donation: Donation):
    about(session, donation, EventKind.REFUNDED, "one", 600)
    about(session, donation, EventKind.REFUND_FAILED, "one", 600)
    assert figures(donation) == ("paid", 0, 0, 0, 29)
    assert credited(session, donation) == [(1000, 0)]
    assert balance_of(session, donation.id)["provider"] == 971
    assert session.scalars(select(Refund.state)).all() == ["failed"]
    assert books.check(session).right


def test_the_failure_of_a_refund_that_is_told_first_waits_for_it(session: Session, donation: Donation):
    failure = about(session, donation, EventKind.REFUND_FAILED, "one", 600)
    assert (figures(donation), failure.applied_at) == (("paid", 0, 0, 0, 29), None)
    about(session, donation, EventKind.REFUNDED, "one", 600)
    assert moves(session, donation) == ["paid", "partly_refunded", "paid"]
    assert books.check(session).right


def test_an_open_dispute_is_held_back_and_takes_no_credit(session: Session, donation: Donation):
    about(session, donation, EventKind.DISPUTE_OPENED, "d", 1000)
    assert figures(donation) == ("disputed", 0, 1000, 0, 29)
    assert balance_of(session, donation.id) == {
        "provider": -29,
        "disputed": 1000,
        "donations": -1000,
        "fees": 29,
    }
    assert credited(session, donation) == [(1000, 0)]


def test_a_dispute_that_is_withdrawn_leaves_the_gift_as_it_was(session: Session, donation: Donation):
    about(session, donation, EventKind.DISPUTE_OPENED, "d", 1000)
    about(session, donation, EventKind.DISPUTE_WON, "d", 1000)
    assert figures(donation) == ("paid", 0, 0, 0, 29)
    assert session.scalars(select(Dispute.state)).all() == ["won"]
    assert books.check(session).right


def test_a_lost_dispute_takes_the_gift_and_costs_its_fee(session: Session, donation: Donation):
    about(session, donation, EventKind.DISPUTE_OPENED, "d", 1000)
    about(session, donation, EventKind.DISPUTE_LOST, "d", 1000, fee=1500)
    assert figures(donation) == ("lost", 0, 0, 1000, 1529)
    assert credited(session, donation) == [(1000, 1000)]
    assert balance_of(session, donation.id)["provider"] == -1529
    assert books.check(session).right


def test_a_dispute_after_a_refund_costs_what_it_takes_beyond_the_gift(session: Session, donation: Donation):
    about(session, donation, EventKind.REFUNDED, "one", 400)
    about(session, donation, EventKind.DISPUTE_OPENED, "d", 1000)
    about(session, donation, EventKind.DISPUTE_LOST, "d", 1000)
    assert figures(donation) == ("lost", 400, 0, 600, 429)
    assert books.check(session).right


def test_a_refund_that_is_told_after_the_dispute_ends_in_the_same_books(session: Session, donation: Donation):
    about(session, donation, EventKind.DISPUTE_OPENED, "d", 1000)
    about(session, donation, EventKind.DISPUTE_LOST, "d", 1000)
    about(session, donation, EventKind.REFUNDED, "one", 400)
    assert figures(donation) == ("lost", 400, 0, 600, 429)
    about(session, donation, EventKind.REFUND_FAILED, "one", 400)
    assert figures(donation) == ("lost", 0, 0, 1000, 29)
    assert books.check(session).right


def test_two_disputes_of_one_gift_are_each_decided(session: Session, donation: Donation):
    for part, minor in (("d", 300), ("e", 500)):
        about(session, donation, EventKind.DISPUTE_OPENED, part, minor)
    about(session, donation, EventKind.DISPUTE_LOST, "d", 300)
    assert figures(donation) == ("disputed", 0, 500, 300, 29)
    about(session, donation, EventKind.DISPUTE_WON, "e", 500)
    assert figures(donation) == ("lost", 0, 0, 300, 29)
    assert books.check(session).right


def test_the_end_of_a_dispute_that_is_told_first_waits_for_its_beginning(
    session: Session, donation: Donation
):
    lost = about(session, donation, EventKind.DISPUTE_LOST, "d", 1000)
    assert (donation.state, lost.applied_at) == ("paid", None)
    about(session, donation, EventKind.DISPUTE_OPENED, "d", 1000)
    assert moves(session, donation) == ["paid", "disputed", "lost"]
