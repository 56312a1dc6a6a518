"""Credit that a nonprofit moves: worked out by hand, and what holds whatever happens in whatever order."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.errors import Invalid, KindrelayError
from app.credit import disputes, evidence, split
from app.credit.models import CreditDispute
from app.donations.models import Donation
from app.finance import books
from app.gateways.payments.contract import EventKind
from app.projects.models import Project
from app.reports import decisions
from app.videos.models import Video
from tests import factories
from workers import credit

SHARES = st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("refund"), st.integers(0, 10**9)),
        st.tuples(st.just("failed refund"), st.integers(0, 10**9)),
        st.tuples(st.just("decision"), SHARES),
    ),
    max_size=12,
)


@given(st.integers(1, 10**9), SHARES, STEPS)
def test_parts_are_whole_after_any_refunds_and_decisions(
    captured: int, shares: list[int], steps: Sequence[tuple[str, int | list[int]]]
) -> None:
    amounts = split.in_parts(captured, [Fraction(one) for one in shares])
    gone = [0] * len(amounts)
    for kind, size in steps:
        if isinstance(size, list):
            amounts = split.in_parts(captured, [Fraction(one) for one in size])
            gone = split.taken_back(sum(gone), amounts)
        elif kind == "refund":
            left = [have - less for have, less in zip(amounts, gone, strict=True)]
            taken = split.taken_back(min(size, sum(left)), left)
            gone = [less + more for less, more in zip(gone, taken, strict=True)]
        else:
            given_back = split.taken_back(min(size, sum(gone)), gone)
            gone = [less - more for less, more in zip(gone, given_back, strict=True)]
        assert sum(amounts) == captured
        assert all(0 <= less <= have for less, have in zip(gone, amounts, strict=True))


@pytest.fixture
def first(session: Session, project: Project) -> Video:
    return factories.video(session, carries=project)


@pytest.fixture
def second(session: Session, project: Project) -> Video:
    return factories.video(session, factories.person(session, "Bo Creator"), carries=project)


def settled(
    session: Session, about: Donation, kind: EventKind, minor: int | None = None, **values: Any
) -> None:
    event = factories.event(session, about, kind, minor, **values)
    credit.settle(session, event_ids=[event.id])


def parts(session: Session, donation: Donation) -> dict[int | None, tuple[int, int]]:
    return {
        part.credit.video_id: (part.amount.minor, part.taken_back.minor)
        for part in evidence.parts_of(session, donation.id)
    }


def asked(session: Session, donation: Donation, video: Video) -> CreditDispute:
    made = CreditDispute(
        donation_id=donation.id, video_id=video.id, creator_id=video.creator_id, words="It was mine."
    )
    session.add(made)
    session.flush()
    return made


def agree(session: Session) -> None:
    """The database's own checks, the report's rows and the books say that every sum holds."""
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    found = books.check(session)
    assert found.right, (found.findings.named, found.accounts)


def test_a_decision_moves_what_is_left_and_what_was_refunded(
    session: Session, first: Video, second: Video
) -> None:
    donation = factories.donation(session, first, amount_minor=1001)
    settled(session, donation, EventKind.SUCCEEDED, fee_minor=31)
    settled(session, donation, EventKind.REFUNDED, 400, part="re1")
    dispute = asked(session, donation, second)
    decisions.move(
        session, dispute, {first.code: 1, second.code: 1, "": 0}, "Both of them.", first.creator_id
    )
    assert parts(session, donation) == {first.id: (501, 200), second.id: (500, 200)}
    agree(session)
    settled(session, donation, EventKind.REFUND_FAILED, 400, part="re1")
    assert parts(session, donation) == {first.id: (501, 0), second.id: (500, 0)}
    settled(session, donation, EventKind.REFUNDED, 1001, part="re2")
    assert parts(session, donation) == {first.id: (501, 501), second.id: (500, 500)}
    agree(session)


def test_a_dispute_is_answered_once(session: Session, first: Video, second: Video) -> None:
    donation = factories.donation(session, first)
    settled(session, donation, EventKind.SUCCEEDED)
    dispute = asked(session, donation, second)
    disputes.reject(session, dispute, "The donor told us so.", first.creator_id)
    with pytest.raises(KindrelayError):
        decisions.move(session, dispute, {second.code: 1}, "After all.", first.creator_id)
    assert parts(session, donation) == {first.id: (1000, 0)}


@pytest.mark.parametrize("told", [{"nobody": 1}, {"": 0}, {"": -1}])
def test_parts_that_make_no_split_are_refused(
    session: Session, first: Video, second: Video, told: dict[str, int]
) -> None:
    donation = factories.donation(session, first)
    settled(session, donation, EventKind.SUCCEEDED)
    with pytest.raises(Invalid):
        disputes.move(session, asked(session, donation, second), told, "So.", first.creator_id)


def test_a_video_that_came_after_a_gift_cannot_have_moved_it(
    session: Session, project: Project, first: Video, second: Video
) -> None:
    donation = factories.donation(session, first)
    settled(session, donation, EventKind.SUCCEEDED)
    later = factories.video(session, carries=project)
    later.created_at = donation.created_at + timedelta(seconds=1)
    session.flush()
    assert {video.id for video, _ in disputes.candidates(session, donation)} == {first.id, second.id}
    with pytest.raises(Invalid, match="before the gift"):
        disputes.move(session, asked(session, donation, second), {later.code: 1}, "Hers.", first.creator_id)


def test_a_creator_speaks_of_own_credit_and_of_what_nobody_has(
    session: Session, project: Project, first: Video, second: Video
) -> None:
    credited, uncredited = factories.donation(session, first), factories.donation(session, to=project)
    for one in (credited, uncredited):
        settled(session, one, EventKind.SUCCEEDED)
    assert disputes.may_speak(session, credited, first.creator_id)
    assert not disputes.may_speak(session, credited, second.creator_id)
    assert disputes.may_speak(session, uncredited, second.creator_id)
    disputes.ask(session, uncredited, second.creator_id, second.code, "I showed the page.")
    with pytest.raises(KindrelayError, match="said so already"):
        disputes.ask(session, uncredited, second.creator_id, second.code, "Once more.")


def test_withdrawn_credit_takes_no_refund(session: Session, first: Video, second: Video) -> None:
    donation = factories.donation(session, first)
    settled(session, donation, EventKind.SUCCEEDED)
    decisions.move(session, asked(session, donation, second), {second.code: 1}, "Hers.", first.creator_id)
    with session.begin_nested():
        session.execute(
            text(
                "INSERT INTO credit_reversal (credit_id, project_id, event_id, amount_minor, at)"
                " SELECT credit_id, project_id, payment_event.id, 1, now()"
                " FROM credit_withdrawal, payment_event"
            )
        )
    with pytest.raises(DBAPIError, match="other figures"), session.begin_nested():
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
