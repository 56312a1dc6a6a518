"""Every level of a report says what a plain count of the rows says, in whatever order money came and went."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock
from app.core.money import Money
from app.credit import relay, touch_counts, touches
from app.credit.models import Credit, CreditDispute, CreditReversal, CreditWithdrawal
from app.donations.models import Donation
from app.gateways.payments.contract import EventKind
from app.gateways.touch_stream import Entry
from app.reports import (
    cohorts,
    decisions,
    lines_sql,
    movements,
    people,
    queries,
    report_table,
    rollups,
    series,
    summed,
    tables,
)
from app.reports.figures import Figures, Line
from app.reports.periods import Period
from app.reports.which import Which
from app.videos.models import Video
from tests import factories
from workers import credit
from workers.runner import run_due

_numbers = count(1)
ZONE = "Asia/Shanghai"
BEGIN = datetime(2026, 1, 30, 12, tzinfo=UTC)
ALL = Period(date(2026, 1, 1), date(2027, 1, 1), ZONE)

# A gift: who gives, what they watched (none, some or all of three videos), how much, hours since the last,
# what part is refunded, and whether credit is moved to another video.
gifts = st.tuples(
    st.integers(0, 3),
    st.sets(st.integers(0, 2)),
    st.integers(1, 999),
    st.integers(0, 500),
    st.integers(0, 3),
    st.booleans(),
)


class World:
    """A project with a video of one creator and two of another; gifts come and go as the clock goes on."""

    def __init__(self, session: Session, patch: pytest.MonkeyPatch) -> None:
        self.session, self.patch, self.now = session, patch, BEGIN
        self.project = factories.project(session, factories.nonprofit(session, time_zone=ZONE))
        self.project.credit_rule = "linear"
        alone, both = factories.person(session), factories.person(session)
        before = BEGIN - timedelta(days=1)
        self.videos = [
            factories.video(session, one, carries=self.project, created_at=before)
            for one in (alone, both, both)
        ]
        self.session.execute(text("UPDATE donation_link SET created_at = :at"), {"at": before})
        self.later(0)

    @property
    def nonprofit_id(self) -> int:
        return self.project.nonprofit_id

    def later(self, hours: int) -> None:
        self.now += timedelta(hours=hours, seconds=1)
        self.patch.setattr(clock, "now", lambda now=self.now: now)

    def settle(self, donation: Donation, kind: EventKind, minor: int, **values: Any) -> None:
        event = factories.event(self.session, donation, kind, minor, **values)
        credit.settle(self.session, event_ids=[event.id])

    def give(self, who: int, watched: Sequence[int], minor: int, **values: Any) -> Donation:
        visitor = f"visitor-{self.now:%d-%H-%M-%S}"
        for place in watched:
            self.touch(visitor, self.videos[place], "view")
        self.later(1)
        donation = factories.donation(
            self.session,
            self.videos[watched[-1]] if watched else None,
            self.project,
            **{"visitor": visitor, "amount_minor": minor, "email": f"donor{who}@example.org", **values},
        )
        donation.created_at = self.now
        self.settle(donation, EventKind.SUCCEEDED, minor, fee_minor=minor // 10)
        return donation

    def touch(self, visitor: str, video: Video, kind: str) -> None:
        at = self.now.timestamp()
        told = {"visitor": visitor, "session": at, "now": at, "told": [[video.code, kind, 0]], "through": ""}
        touches.write(self.session, [Entry(f"{next(_numbers)}-0", told)])

    def move(self, donation: Donation, to: Video) -> None:
        dispute = CreditDispute(
            donation_id=donation.id, video_id=to.id, creator_id=to.creator_id, words="It was mine."
        )
        self.session.add(dispute)
        self.session.flush()
        decisions.move(self.session, dispute, {to.code: 1}, "It was.", to.creator_id)

    def count_people(self) -> None:
        run_due("money", "reports")

    def report(self, period: Period = ALL) -> queries.Report:
        return queries.report(self.session, self.nonprofit_id, period)


@pytest.fixture
def world(session: Session, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(session, monkeypatch)


@settings(
    max_examples=5,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(gifts, min_size=2, max_size=5))
def test_every_level_adds_up_and_counts_as_the_rows_do(
    session: Session, told: list[tuple[int, set[int], int, int, int, bool]]
) -> None:
    with session.begin_nested() as kept, pytest.MonkeyPatch.context() as patch:
        world = World(session, patch)
        for who, watched, minor, hours, refunded, moved in told:
            world.later(hours)
            donation = world.give(who, sorted(watched), minor)
            if who % 2:
                world.count_people()  # before what comes, or with it
            if moved:
                world.later(30)
                world.move(donation, world.videos[who % 3])
            if back := minor * refunded // 3:
                world.later(700)
                world.settle(donation, EventKind.REFUNDED, back)
        world.count_people()
        assert_kept_right(world)
        for period in (ALL, Period(date(2026, 2, 1), date(2026, 2, 20), ZONE)):
            assert_as_counted_plainly(session, world, period)
        assert_steps_are_periods(world, Period(date(2026, 1, 22), date(2026, 3, 4), ZONE))
        kept.rollback()


def assert_kept_right(world: World) -> None:
    with world.session.begin_nested() as look:
        assert rollups.apart(world.session) == rollups.differences(world.session, world.nonprofit_id) == []
        assert people.differences(world.session, world.nonprofit_id) == []
        assert touch_counts.differences(world.session) == []
        assert not any(summed.differences(world.session, name) for name in summed.NAMES)
        look.rollback()  # of how the database was told to look for differences, which takes others long


def assert_as_counted_plainly(session: Session, world: World, period: Period) -> None:
    lines = plain_lines(session, world.nonprofit_id, period)
    report = world.report(period)
    for level, name in (
        ("creators", "creator"),
        ("videos", "video"),
        ("projects", "project"),
        ("totals", ""),
    ):
        found = {_id_of(line, name): line.now for line in getattr(report, level)}
        assert found == plain_figures(session, lines, name, found), level
    money = movements.statement(world.nonprofit_id, period, Which())
    rows = session.execute(money).all()
    assert [(row.at, row.place, row.id) for row in rows] == sorted(
        (row.at, row.place, row.id) for row in rows
    )
    assert movements.sums(session, world.nonprofit_id, period, Which()).lines == len(rows) == len(lines)
    months = series.over_time(session, world.nonprofit_id, period, "month")
    for total in report.totals:
        assert sum(line.donations for step in months for line in step.lines) == total.now.donations
        assert sum(line.net.minor for step in months for line in step.lines) == total.now.net.minor


def assert_steps_are_periods(world: World, period: Period) -> None:
    for step in ("week", "month"):
        for one in series.over_time(world.session, world.nonprofit_id, period, step):
            totals = [line.now for line in world.report(Period(one.first, one.until, ZONE)).totals]
            assert not_empty(one.lines) == not_empty(totals), (step, one.first)


def not_empty(found: Sequence[Figures]) -> list[Figures]:
    return [figures for figures in found if figures != Figures(figures.currency)]


def _id_of(line: Line, name: str) -> int:
    named = getattr(line, name) if name else None
    return named.id if named else 0


class Plain(NamedTuple):
    """What one row of credit says: of whom, by which split, and what it adds."""

    donation_id: int
    split: tuple[int, int | None, str]
    sign: int
    of: dict[str, int]
    gross: int
    refunded: int
    fee: int


def plain_lines(session: Session, nonprofit_id: int, period: Period) -> list[Plain]:
    """Every row of a period, in plain Python."""
    found: list[Plain] = []
    for table, sign in ((Credit, 1), (CreditReversal, 0), (CreditWithdrawal, -1)):
        query = select(table, Credit).where(table.at >= period.starts_at, table.at < period.ends_at)
        if table is not Credit:
            query = query.join(Credit, Credit.id == table.credit_id)
        for row, credit_row in session.execute(query):
            if session.get_one(Donation, credit_row.donation_id).nonprofit_id != nonprofit_id:
                continue
            names = ("creator", "video", "project")
            of = {name: getattr(credit_row, f"{name}_id") or 0 for name in names}
            money = {
                1: (credit_row.amount_minor, 0, credit_row.fee_minor),
                0: (0, row.amount_minor if sign == 0 else 0, row.fee_minor),
                -1: (-credit_row.amount_minor, -getattr(row, "refunded_minor", 0), -row.fee_minor),
            }[sign]
            split = (credit_row.donation_id, credit_row.decision_id, "in" if sign > 0 else "out")
            found.append(Plain(credit_row.donation_id, split, sign, {**of, "": 0}, *money))
    return found


def plain_figures(
    session: Session, lines: Sequence[Plain], name: str, found: Mapping[int, Figures]
) -> dict[int, Figures]:
    """What the rows say of each creator, video, project or (name "") of all: with the touches as found."""
    expected: dict[int, Figures] = {}
    for one in {line.of[name] for line in lines} | set(found):
        own = [line for line in lines if line.of[name] == one]
        splits = {line.split: line.sign for line in own if line.sign}
        people_there = {
            session.get_one(Donation, line.donation_id).email
            for line in own
            if line.sign > 0 and (name in ("creator", "video") or line.split[1] is None)
        }
        expected[one] = found[one]._replace(
            donations=sum(splits.values()),
            donors=len(people_there),
            gross_minor=sum(line.gross for line in own),
            refunded_minor=sum(line.refunded for line in own),
            fee_minor=sum(line.fee for line in own),
            relay_minor=0,
        )
    return expected


def test_a_gift_split_among_three_videos_of_two_creators_counts_once_at_each_level(world: World) -> None:
    world.give(1, [0, 1, 2], 100)
    world.give(1, [1, 2], 100)
    world.give(2, [1], 100)
    world.count_people()
    report = world.report()
    assert [line.now.donations for line in report.videos] == [3, 2, 1]
    assert [line.now.donations for line in report.creators] == [3, 1]
    assert [line.now.donations for line in report.totals] == [3]
    assert [line.now.donors for line in report.videos] == [2, 1, 1]
    assert [line.now.donors for line in report.creators] == [2, 1]
    assert [line.now.donors for line in report.projects] == [2]
    assert [line.now.views for line in report.videos] == [3, 2, 1]
    assert report.totals[0].now.conversion == Fraction(3, 6)
    for table in queries.LEVELS:  # asked for alone, it is read by fewer keys
        alone = queries.report(world.session, world.nonprofit_id, ALL, only=(table,))
        assert getattr(alone, table) == getattr(report, table)


def test_the_database_orders_the_lines_and_gives_those_that_are_shown(world: World) -> None:
    for who, watched, minor in ((1, [0], 1200), (2, [1, 2], 500), (3, [1], 700), (4, [], 300)):
        world.give(who, watched, minor)
    world.touch("somebody", world.videos[0], "view")
    world.count_people()
    first, second, third = (video.code for video in world.videos)

    def order(sort: str = "", **values: Any) -> list[str]:
        asked = queries.Order(sort, **values)
        found = queries.report(world.session, world.nonprofit_id, ALL, ("videos",), asked)
        assert found.counts == {("videos", "EUR"): 4}
        return [line.video.code if line.video else "" for line in found.videos]

    order()
    kept = lines_sql.statement.cache_info().currsize
    order("nonsense")
    assert lines_sql.statement.cache_info().currsize == kept
    assert order() == order("nonsense") == order("net") == [first, second, third, ""]
    assert order("net", is_upward=True) == [third, second, first, ""]
    assert order("donations") == [second, first, third, ""]
    assert order("conversion") == [second, third, first, ""]
    held = {(world.videos[0].creator_id, world.videos[0].id, "EUR"): 1000}
    assert order(held=held) == [second, third, first, ""]
    assert order("gross", held=held) == [first, second, third, ""]
    assert order(most=1) == [first, ""]
    assert order("gross", is_upward=True, most=1, leading=1) == [third, first, ""]


def test_donors_are_unique_in_each_step_and_in_the_whole(world: World) -> None:
    for who, days in ((1, 0), (2, 1), (1, 1), (1, 40), (3, 1)):
        world.later(24 * days)
        world.give(who, [], 100)
    world.count_people()
    [total] = world.report().totals
    assert total.now.donors == 3
    steps = series.over_time(world.session, world.nonprofit_id, ALL, "month")
    donors = {step.first.month: step.lines[0].donors for step in steps}
    assert (donors[1], donors[2], donors[3]) == (2, 1, 2)
    assert len(steps) == 12


def test_cohorts_say_how_many_gave_again_and_how_much(world: World) -> None:
    for who, days, minor in ((1, 0, 100), (2, 0, 50), (1, 30, 70), (3, 0, 10), (1, 30, 5)):
        world.later(24 * days)
        world.give(who, [], minor)
    world.count_people()
    first, second = cohorts.of(world.session, world.nonprofit_id)
    assert (first.began, first.donors) == (date(2026, 1, 1), 2)
    assert [(one.donors, one.gross.minor) for one in first.months] == [(2, 150), (0, 0), (1, 70), (1, 5)]
    assert (second.began, second.donors) == (date(2026, 3, 1), 1)


def test_a_closed_month_stays_byte_for_byte_and_a_late_refund_shows_in_its_own(world: World) -> None:
    donation = world.give(1, [0, 1], 1000)
    world.count_people()
    february = Period(date(2026, 1, 1), date(2026, 2, 1), ZONE)

    def file() -> str:
        made, written = report_table.table(world.report(february), february.ends_at, str), io.StringIO()
        tables.into(written, made.header, made.rows)
        return written.getvalue()

    world.later(24 * 40)
    closed = file()
    world.settle(donation, EventKind.REFUNDED, 300)
    world.move(donation, world.videos[2])
    world.give(1, [2], 500)
    world.project.credit_rule = "first"
    world.count_people()
    assert file() == closed
    [march] = world.report(Period(date(2026, 3, 1), date(2026, 4, 1), ZONE)).totals
    assert (march.now.refunded_minor, march.now.donations, march.now.donors) == (300, 1, 1)


def test_lines_behind_a_figure_are_paged_without_gap_or_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    donation = world.give(1, [0, 1, 2], 900)
    world.settle(donation, EventKind.REFUNDED, 90)
    world.move(donation, world.videos[0])
    monkeypatch.setattr(movements, "PAGE", 2)
    for which in (Which(), Which(creator_code=creator_code(world.session, world.videos[0])), Which("EUR")):
        read: list[Any] = []
        after = ""
        while True:
            page = movements.page(world.session, world.nonprofit_id, ALL, which, after)
            read += page.movements
            if not (after := page.next):
                break
        rows = world.session.execute(movements.statement(world.nonprofit_id, ALL, which)).all()
        told = [(row.at, row.kind == "gift", row.gross - row.refunded) for row in reversed(rows)]
        assert [(one.at, one.is_gift, one.amount.minor) for one in read] == told
        [sums] = movements.sums(world.session, world.nonprofit_id, ALL, which).figures
        assert sums.net.minor == sum(one.amount.minor - one.fee.minor for one in read)


def creator_code(session: Session, video: Video) -> str:
    return session.get_one(Person, video.creator_id).code


def test_a_gift_that_came_by_a_share_is_the_relays_part_of_the_net(world: World) -> None:
    share = relay.make(world.session, world.videos[0].id, "")
    world.give(1, [0], 1000, share_id=share.id)
    world.give(2, [0], 1000)
    [total] = world.report().totals
    assert total.now.relay == Money(900, "EUR")
    assert total.now.relay_share == Fraction(1, 2)
    through = Which(relay=True)
    [line] = movements.page(world.session, world.nonprofit_id, ALL, through).movements
    [figures], count = movements.sums(world.session, world.nonprofit_id, ALL, through)
    assert line.amount - line.fee == figures.net == total.now.relay
    assert count == figures.donations == 1


@pytest.mark.parametrize(
    "table",
    [
        "day_rollup SET gifts",
        "day_donors SET donors",
        "video_count SET count",
        "week_rollup SET gifts",
        "week_donors SET donors",
        "day_reach SET views",
        "week_reach SET opens",
    ],
)
def test_a_count_that_was_tampered_with_is_found_and_put_right(world: World, table: str) -> None:
    world.give(1, [0, 1], 1000)
    world.later(24 * 10)
    world.give(1, [0, 1], 1000)
    world.count_people()

    def found() -> list[Any]:
        of_nonprofit = [one.differences(world.session, world.nonprofit_id) for one in (rollups, people)]
        sums = [row for name in summed.NAMES for row in summed.differences(world.session, name)]
        return [*of_nonprofit[0], *of_nonprofit[1], *touch_counts.differences(world.session), *sums]

    assert found() == []
    world.session.execute(text(f"UPDATE {table} = {table.rpartition(' ')[2]} + 1"))
    assert found() != []
    rollups.rebuild(world.session, world.nonprofit_id)
    people.rebuild(world.session, world.nonprofit_id)
    touch_counts.rebuild(world.session)
    for name in summed.NAMES:
        summed.rebuild(world.session, name)
    assert found() == []
