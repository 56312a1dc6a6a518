"""Ways to game a ranking: each changes no ranked total. Honest people are never held."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.credit import credits, flags, integrity, marks, ranking, relay, touches
from app.credit.integrity import Gift, Reason
from app.credit.models import Credit, CreditDispute, CreditReversal, Flag, HeldPart
from app.credit.relay import Chain
from app.donations.models import Donation
from app.gateways.payments.contract import EventKind
from app.gateways.touch_stream import Entry
from app.reports import decisions
from app.videos.models import Video
from tests import factories
from workers import credit
from workers.runner import run_due

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
EVE, MAL, SAM, TOM = 1, 2, 3, 4  # creators


def gift(number: int, to: int, *marks: str, minor: int = 1000, hours: float = 0, of: int = 0) -> Gift:
    whole = of or minor
    at = NOW + timedelta(hours=hours)
    return Gift(number, at, whole, "EUR", frozenset(marks), {to: minor})


def many(count: int, *marks: str, hours: float = 1) -> list[Gift]:
    return [gift(n, EVE, f"mail:{n}", *marks, hours=n * hours) for n in range(1, count + 1)]


ROUND = [(EVE, MAL), (MAL, SAM), (SAM, EVE)]
LONG_ROUND = [(EVE, MAL), (MAL, SAM), (SAM, TOM), (TOM, EVE)]


def ring(steps: list[tuple[int, int]], *amounts: int, kind: str = "account") -> list[Gift]:
    return [
        gift(n, to, f"{kind}:{giver}", minor=amounts[n % len(amounts)], hours=24.0 * n)
        for n, (giver, to) in enumerate(steps)
    ]


WAYS: dict[str, tuple[list[Gift], Reason]] = {
    "signed in": ([gift(1, EVE, "account:1")], Reason.OWN_ACCOUNT),
    "own mailbox": ([gift(1, EVE, "inbox:1", "mail:e")], Reason.OWN_MAILBOX),
    "own browser": ([gift(1, EVE, "browser:1", "mail:x")], Reason.OWN_DEVICE),
    "second account": ([gift(1, EVE, "account:9", "shares:1")], Reason.SECOND_ACCOUNT),
    "a part of the way": ([gift(1, EVE, "account:1", minor=10, of=1000)], Reason.OWN_ACCOUNT),
    "own mailbox, each month": ([gift(n, EVE, "inbox:1", hours=n * 720) for n in (1, 2)], Reason.OWN_MAILBOX),
    "six at once": ([gift(n, EVE, "mail:a") for n in range(6)], Reason.SPLIT),
    "six over a day": ([gift(n, EVE, "mail:a", hours=n * 4) for n in range(6)], Reason.SPLIT),
    "forty small ones": ([gift(n, EVE, "card:a", minor=100) for n in range(40)], Reason.SPLIT),
    "split, one account": ([gift(n, EVE, "account:9") for n in range(6)], Reason.SPLIT),
    "split, no names": ([gift(n, EVE, "visitor:v") for n in range(6)], Reason.SPLIT),
    "split, two cards in turn": (
        [gift(n, EVE, "visitor:v", f"card:{n % 2}") for n in range(6)],
        Reason.SPLIT,
    ),
    "one card, four names": (many(4, "card:a"), Reason.ONE_CARD),
    "one card, four names in weeks": (many(4, "card:a", hours=100), Reason.ONE_CARD),
    "each other": (ring([(EVE, MAL), (MAL, EVE)], 1000), Reason.RING),
    "each other, unlike amounts": (ring([(EVE, MAL), (MAL, EVE)], 1000, 90), Reason.RING),
    "each other, signed out": (ring([(EVE, MAL), (MAL, EVE)], 1000, kind="browser"), Reason.RING),
    "three in a ring": (ring(ROUND, 1000), Reason.RING),
    "three, not quite alike": (ring(ROUND, 1000, 800), Reason.RING),
    "four in a ring": (ring(LONG_ROUND, 1000), Reason.RING),
}


def test_thousands_of_gifts_are_looked_at_in_a_moment() -> None:
    round_and_round = [
        gift(n, to, f"account:{giver}", minor=1000 + n, hours=n / 9)
        for n, (giver, to) in enumerate(LONG_ROUND * 50)
    ]
    one_after_the_other = [gift(n, EVE, "mail:a", "card:a", hours=n / 100) for n in range(1000)]
    began = time.process_time()
    assert {one.gift_id for one in integrity.find(round_and_round)} == set(range(200))
    assert {one.gift_id for one in integrity.find(one_after_the_other)} == set(range(1000))
    assert time.process_time() - began < 5


@pytest.mark.parametrize("way", WAYS)
def test_every_gift_of_it_is_found(way: str) -> None:
    gifts, reason = WAYS[way]
    found = integrity.find(gifts)
    assert {one.gift_id for one in found if one.reason == reason} == {one.id for one in gifts}


def test_a_card_of_ones_own_is_known_from_another_gift_before_or_after() -> None:
    washed = gift(5, EVE, "card:e", "mail:other")
    for number in (1, 9):
        own = gift(number, SAM, "account:1", "card:e")
        assert [(one.gift_id, one.reason) for one in integrity.find([own, washed])] == [(5, Reason.OWN_CARD)]


def test_a_ring_is_no_ring_after_a_month_or_of_unlike_gifts() -> None:
    late = replace(ring([(EVE, MAL), (MAL, EVE)], 1000)[1], at=NOW + timedelta(days=31))
    assert integrity.find([gift(0, MAL, "account:1"), late]) == []
    assert integrity.find(ring(ROUND, 1000, 100, 1000)) == []


def honest() -> Iterator[Gift]:
    """A crowd: families on one card, an office, faithful and generous donors, creators who give on."""
    chance = Random(4)
    for n in range(1200):
        home = n % 400
        day = chance.randrange(90)
        to = 100 + chance.randrange(12)
        marks = {f"mail:{n}", f"card:{home}"} if n % 3 else {f"mail:{n}"}
        if n % 7 == 0:
            marks.add(f"visitor:{n}")
        yield gift(n, to, *marks, minor=chance.choice((500, 1000, 2500)), hours=24.0 * day)
    for month in range(12):  # each month the same
        yield gift(2000 + month, 100, "mail:faithful", "card:faithful", hours=720.0 * month)
    for to in range(12):  # to many creators in one hour
        yield gift(3000 + to, 100 + to, "mail:generous", "card:generous")
    for n in range(30):  # a tablet at the door: one browser, everybody's own card
        yield gift(4000 + n, 101, "visitor:door", f"mail:door{n}", f"card:door{n}")
    for n in range(11):  # creators who give to others, in no ring
        yield gift(5000 + n, 101 + n, f"account:{100 + n}", f"mail:creator{n}")


def test_no_honest_gift_is_held() -> None:
    crowd = list(honest())
    assert len(crowd) > 1000
    assert integrity.find(crowd) == []


class Town:
    """Creators with a video each for one project, and its ranked totals."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.project = factories.project(session)
        self.eve = factories.person(session, "Eve", email="eve.creator@gmail.com")
        self.video = factories.video(session, self.eve, carries=self.project)
        self.gives("honest@example.org")
        self.before = self.ranked()

    def gives(
        self,
        email: str,
        through: Video | None = None,
        card: str = "",
        before: Callable[[Donation], None] | None = None,
        **values: Any,
    ) -> Donation:
        made = factories.donation(self.session, through or self.video, email=email, **values)
        if before is not None:
            before(made)
        credit.settle(self.session, event_ids=[factories.event(self.session, made, card=card).id])
        flags.look(self.session, [made.id])
        return made

    def tells(self, about: Donation, kind: EventKind, minor: int | None = None, **values: Any) -> None:
        event = factories.event(self.session, about, kind, minor, **values)
        credit.settle(self.session, event_ids=[event.id])

    def ranked(self) -> int:
        credited = sum(self.session.scalars(select(Credit.amount_minor).where(credits.stands())))
        credited -= sum(self.session.scalars(select(CreditReversal.amount_minor)))
        day = timedelta(days=1)
        out = ranking.held(self.session, self.project.nonprofit_id, clock.now() - day, clock.now() + day)
        return credited - sum(out.values())


@pytest.mark.parametrize(
    "spelling",
    [
        "eve.creator@gmail.com",
        "EVE.Creator@GMail.com",
        "evecreator@gmail.com",
        "e.v.e.creator+x@googlemail.com",
    ],
)
def test_a_creators_mailbox_in_any_spelling_changes_no_total_and_the_money_stays(
    session: Session, spelling: str
) -> None:
    town = Town(session)
    before = town.ranked()
    own = town.gives(spelling)
    assert town.ranked() == before
    assert sum(session.scalars(select(Credit.amount_minor).where(Credit.donation_id == own.id))) == 1000


def test_a_cleared_gift_counts_and_waits_again_when_more_is_found(session: Session) -> None:
    town = Town(session)
    before = town.ranked()
    own = town.gives("evecreator@gmail.com")
    [part] = session.scalars(select(HeldPart)).all()
    someone = factories.person(session)
    flags.decide(session, part.nonprofit_id, part.code, "cleared", "Her mother's gift.", someone.id)
    assert town.ranked() == before + 1000
    for _ in range(5):
        town.gives("evecreator@gmail.com")
    assert town.ranked() == before
    session.expire_all()
    assert session.get_one(HeldPart, (own.id, town.eve.id)).state == "waiting"


def test_money_that_went_back_or_is_disputed_counts_for_nothing(session: Session) -> None:
    town = Town(session)
    before = town.ranked()
    town.tells(town.gives("big@example.org"), EventKind.DISPUTE_OPENED, part="dispute")
    assert town.ranked() == before


def test_what_is_found_is_never_edited(session: Session) -> None:
    Town(session).gives("evecreator@gmail.com")
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(delete(Flag))


def test_a_gift_that_is_settled_is_looked_at_by_a_task_of_its_own(session: Session) -> None:
    town = Town(session)
    made = factories.donation(session, town.video, email="evecreator@gmail.com")
    tasks.defer(session, "credit.settle", event_id=factories.event(session, made).id)
    run_due("money")
    [part] = session.scalars(select(HeldPart)).all()
    assert (part.donation_id, part.state) == (made.id, "waiting")


def own_session(town: Town) -> None:
    town.gives("x@example.org", before=lambda made: marks.signed_in(town.session, made.id, town.eve.id))


def own_browser(town: Town) -> None:
    touches.link(town.session, "eves browser", town.eve.id)
    town.gives("x@example.org", visitor="eves browser")


def signed_in_afterwards(town: Town) -> None:
    town.gives("x@example.org", visitor="eves browser")
    touches.link(town.session, "eves browser", town.eve.id)
    flags.follow_sign_in(town.session, "eves browser")
    run_due("money")


def second_account(town: Town) -> None:
    second = factories.person(town.session, "Eva", email="eva@example.org")
    for person in (town.eve, second):
        touches.link(town.session, "eves browser", person.id)
    town.gives("eva@example.org")


def second_account_afterwards(town: Town) -> None:
    second = factories.person(town.session, "Eva", email="eva@example.org")
    touches.link(town.session, "eves browser", second.id)
    town.gives("eva@example.org")
    touches.link(town.session, "eves browser", town.eve.id)
    flags.follow_sign_in(town.session, "eves browser")
    run_due("money")


def own_card(town: Town) -> None:
    town.gives(town.eve.email, card="card of eve")
    town.gives("x@example.org", card="card of eve")


def own_card_known_afterwards(town: Town) -> None:
    town.gives("x@example.org", card="card of eve")
    town.gives(town.eve.email, card="card of eve")


def split_gifts(town: Town) -> None:
    for _ in range(6):
        town.gives("many@example.org", amount_minor=100)


def split_gifts_in_spellings(town: Town) -> None:
    for number in range(6):
        town.gives(f"many+{number}@gmail.com", amount_minor=100)


def one_card_many_names(town: Town) -> None:
    for number in range(4):
        town.gives(f"name{number}@example.org", card="one card")


def each_other(town: Town) -> None:
    mal = factories.person(town.session, "Mal", email="mal@example.org")
    of_mal = factories.video(town.session, mal, carries=town.project)
    town.gives(town.eve.email, of_mal)
    town.gives(mal.email)


def given_and_taken_back(town: Town) -> None:
    own = town.gives(town.eve.email)
    town.tells(own, EventKind.REFUNDED, 400, part="re1")


def moved_to_the_giver(town: Town) -> None:
    mal = factories.person(town.session, "Mal", email="mal@example.org")
    of_mal = factories.video(town.session, mal, carries=town.project)
    made = town.gives(town.eve.email, of_mal)
    town.before += 1000  # what Mal moved stands in the ranking until it is moved
    assert town.ranked() == town.before
    asked = CreditDispute(
        donation_id=made.id, video_id=town.video.id, creator_id=town.eve.id, words="It was mine."
    )
    town.session.add(asked)
    town.session.flush()
    decisions.move(town.session, asked, {town.video.code: 1}, "Hers.", mal.id)
    run_due("money")
    town.before -= 1000


def altered_share_code(town: Town) -> None:
    share = relay.make(town.session, town.video.id, "")
    altered = share.code[::-1]
    assert relay.make(town.session, town.video.id, altered).parent_id is None
    relay.arrived(town.session, {altered: 1000})
    assert relay.chain(town.session, share.id) == Chain(0, 0, 0, 0, [])


def own_gift_through_own_share(town: Town) -> None:
    share = relay.of_gift(town.session, town.gives("sharer@gmail.com"))
    assert share is not None
    town.gives("s.harer+again@gmail.com", share_id=share.id)
    assert relay.chain(town.session, share.id).gifts == 0
    town.gives("friend@example.org", share_id=share.id)
    assert relay.chain(town.session, share.id).gifts == 1
    town.before += 3000  # three gifts of people who are no creators: honest money


THROUGH = (
    own_session,
    own_browser,
    signed_in_afterwards,
    second_account,
    second_account_afterwards,
    own_card,
    own_card_known_afterwards,
    split_gifts,
    split_gifts_in_spellings,
    one_card_many_names,
    each_other,
    given_and_taken_back,
    moved_to_the_giver,
    altered_share_code,
    own_gift_through_own_share,
)


def test_no_way_through_settlement_changes_a_ranked_total(session: Session) -> None:
    town = Town(session)
    start = town.ranked()
    moved: dict[str, int] = {}
    for way in THROUGH:
        town.before = start
        step = session.begin_nested()
        way(town)
        moved[way.__name__] = town.ranked() - town.before
        step.rollback()
        session.expire_all()
    assert {name: minor for name, minor in moved.items() if minor} == {}


def test_there_are_thirty_ways_and_more() -> None:
    assert len({*WAYS, *(way.__name__ for way in THROUGH)}) >= 30


def test_beacons_that_are_replayed_in_other_sessions_move_no_money(session: Session) -> None:
    town = Town(session)
    town.project.credit_rule = "linear"
    other = factories.video(session, factories.person(session, "Sam"), carries=town.project)
    seen = clock.now() - timedelta(hours=1)
    for visitor, times in (("ann", 1), ("bot", 30)):
        for n in range(times):  # each a session of its own
            body = {
                "visitor": visitor,
                "session": (seen - timedelta(minutes=n)).timestamp(),
                "now": seen.timestamp(),
            }
            told = {**body, "told": [[town.video.code, "view", 0]], "through": ""}
            touches.write(session, [Entry(f"{visitor}-{n}-{again}", told) for again in range(2)])
    replayed = {
        "visitor": "ann",
        "session": (seen - timedelta(minutes=9)).timestamp(),
        "now": seen.timestamp(),
        "told": [[town.video.code, "view", 0]],
        "through": "",
        "held": "visitor",  # it counts in no figure of views, and the path of a gift has it all the same
    }
    touches.write(session, [Entry(f"replayed-{n}", replayed) for n in range(20)])
    assert touches.counts(session, [town.video.id]) == {town.video.id: {"view": 31, "visitor": 1}}
    made = town.gives("ann@example.org", other, visitor="ann")
    parts = session.execute(
        select(Credit.video_id, Credit.amount_minor).where(Credit.donation_id == made.id)
    ).all()
    assert sorted(tuple(row) for row in parts) == sorted([(town.video.id, 500), (other.id, 500)])
