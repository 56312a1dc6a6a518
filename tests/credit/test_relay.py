"""The relay of shares: who came through whom, and what came of it, worked out by hand."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.money import Money
from app.credit import relay
from app.credit.models import Share
from app.credit.relay import Chain
from app.donations.models import Donation
from app.gateways.payments.contract import EventKind
from app.videos.models import Video
from tests import factories
from workers import credit


def given(session: Session, video: Video, through: Share | None, minor: int) -> Donation:
    donation = factories.donation(session, video, amount_minor=minor)
    donation.share_id = through.id if through else None
    session.flush()
    credit.settle(session, event_ids=[factories.event(session, donation).id])
    return donation


def test_a_chain_counts_all_that_came_after_and_nothing_beside(session: Session, video: Video) -> None:
    other = factories.video(session)
    first = relay.make(session, video.id, "")
    second = relay.make(session, other.id, first.code)
    third = relay.make(session, video.id, second.code)
    beside = relay.make(session, video.id, "")
    relay.arrived(session, {first.code: 1, second.code: 1, "nobody": 4})
    relay.arrived(session, {second.code: 1, beside.code: 1})
    given(session, video, second, 1000)
    refunded = given(session, video, third, 500)
    event = factories.event(session, refunded, EventKind.REFUNDED, 200, part="re1")
    credit.settle(session, event_ids=[event.id])
    given(session, video, beside, 7000)
    given(session, video, None, 9000)
    assert relay.chain(session, first.id) == Chain(3, 2, 2, 2, [Money(1300, "EUR")])
    assert relay.chain(session, third.id) == Chain(0, 0, 0, 1, [Money(300, "EUR")])


def test_a_gift_that_went_back_whole_is_none_of_the_chain(session: Session, video: Video) -> None:
    first = relay.make(session, video.id, "")
    refunded = given(session, video, first, 500)
    event = factories.event(session, refunded, EventKind.REFUNDED, 500, part="re1")
    credit.settle(session, event_ids=[event.id])
    assert relay.chain(session, first.id) == Chain(0, 0, 0, 0, [])


def test_a_link_that_lies_unused_is_no_hop(session: Session, video: Video) -> None:
    first = relay.make(session, video.id, "")
    second = relay.make(session, video.id, first.code)
    assert relay.chain(session, first.id) == Chain(0, 0, 0, 0, [])
    relay.arrived(session, {second.code: 1})
    assert relay.chain(session, first.id) == Chain(1, 1, 1, 0, [])


def test_many_chains_are_told_apart_and_hands_are_counted_from_the_first(
    session: Session, video: Video
) -> None:
    first = relay.make(session, video.id, "")
    second = relay.make(session, video.id, first.code)
    beside = relay.make(session, video.id, "")
    given(session, video, second, 500)
    given(session, video, beside, 700)
    chains = relay.chains(session, [first.id, second.id, beside.id])
    assert [chains[one.id].given for one in (first, second, beside)] == [
        [Money(500, "EUR")],
        [Money(500, "EUR")],
        [Money(700, "EUR")],
    ]
    assert [relay.hands(session, code) for code in (first.code, second.code, beside.code, "nobody", "")] == [
        1,
        2,
        1,
        0,
        0,
    ]


def test_what_one_person_shares_twice_is_one_link(session: Session, video: Video) -> None:
    first = relay.make(session, video.id, "")
    assert relay.make(session, video.id, "", [first.code]).id == first.id
    assert relay.make(session, video.id, "", ["somebody"]).id != first.id
    assert relay.make(session, factories.video(session).id, "", [first.code]).id != first.id
    assert relay.make(session, video.id, first.code, [first.code]).parent_id == first.id


def test_an_unknown_code_begins_a_chain_of_its_own(session: Session, video: Video) -> None:
    assert relay.make(session, video.id, "nobody").parent_id is None


def test_a_donors_share_is_one_and_goes_on_from_where_the_donor_came(session: Session, video: Video) -> None:
    first = relay.make(session, video.id, "")
    donation = given(session, video, first, 1000)
    share = relay.of_gift(session, donation)
    assert share is not None
    assert share.parent_id == first.id
    assert relay.of_gift(session, donation) == share


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO share (code, video_id, parent_id, created_at) "
        "SELECT 'ring', video_id, id + 1, now() FROM share",
        "UPDATE share SET parent_id = NULL",
        "DELETE FROM share",
    ],
)
def test_the_tree_can_have_no_ring_and_does_not_change(
    session: Session, video: Video, statement: str
) -> None:
    relay.make(session, video.id, "")
    with pytest.raises(DBAPIError):
        session.execute(text(statement))
