"""Touches come through the stream and are written once, however often and late they are told."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from redis import Redis
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.settings import Settings
from app.credit import moments, months, relay, touches
from app.credit.models import Credit, Touch, TouchEntry
from app.credit.moments import Moment
from app.credit.touch_counts import Days
from app.credit.touches import Told
from app.gateways.touch_stream import GROUP, STREAM, Entry, TouchStream
from app.videos.models import Video
from tests import factories
from workers.runner import run_due

EPOCH = datetime.fromtimestamp(0, UTC)


def begun() -> datetime:
    return clock.now().replace(microsecond=0)


def written(session: Session) -> list[tuple[str, str]]:
    return list(session.execute(select(Touch.visitor, Touch.kind).order_by(Touch.visitor, Touch.kind)).all())


def test_what_is_told_is_written_and_counted(session: Session, stream: TouchStream, video: Video) -> None:
    touches.tell(stream, "ann", begun(), [Told(video.code, "view", 0), Told(video.code, "open", 0)])
    touches.tell(stream, "ben", begun(), [Told(video.code, "view", 0)])
    assert touches.drain(stream) == 3
    assert written(session) == [("ann", "open"), ("ann", "view"), ("ben", "view")]
    assert touches.counts(session, [video.id]) == {video.id: {"view": 2, "open": 1}}


def test_an_entry_that_makes_no_sense_holds_nothing_up(
    session: Session, stream: TouchStream, video: Video
) -> None:
    good = {"visitor": "ann", "session": begun().timestamp(), "now": clock.now().timestamp(), "through": ""}
    stream.append({"told": [], "through": "\0"})
    stream.append({**good, "told": [[video.code, "view", 0]], "session": 253402214400})
    stream.append({**good, "told": [[video.code, "view", 0]]})
    stream.append({"told": [[video.code, "view", 0]]})
    assert touches.drain(stream) == 1
    assert written(session) == [("ann", "view")]
    assert stream.read(10) == []


def test_writing_ends_while_pages_go_on_telling(
    session: Session, stream: TouchStream, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = touches.write

    def write_and_be_told_more(session: Session, entries: Sequence[Entry]) -> int:
        touches.tell(stream, f"ben {stream.length()}", begun(), [Told(video.code, "view", 0)])
        return kept(session, entries)

    monkeypatch.setattr(touches, "write", write_and_be_told_more)
    touches.tell(stream, "ann", begun(), [Told(video.code, "view", 0)])
    assert touches.drain(stream) == 1
    assert stream.length() == 1


def test_a_session_counts_a_view_once(session: Session, stream: TouchStream, video: Video) -> None:
    start = begun()
    for _ in range(3):
        touches.tell(stream, "ann", start, [Told(video.code, "view", 0), Told(video.code, "view", 5)])
    touches.drain(stream)
    touches.tell(stream, "ann", start, [Told(video.code, "view", 0)])
    assert touches.drain(stream) == 0
    touches.tell(stream, "ann", start + timedelta(hours=1), [Told(video.code, "view", 0)])
    assert touches.drain(stream) == 1
    assert touches.counts(session, [video.id]) == {video.id: {"view": 2}}


def test_a_batch_whose_writer_died_before_saying_so_is_not_counted_twice(
    session: Session, stream: TouchStream, video: Video
) -> None:
    touches.tell(stream, "ann", begun(), [Told(video.code, "view", 0)])
    entries = stream.read(10)
    assert touches.write(session, entries) == 1  # and here the writer dies
    assert touches.write(session, entries) == 0


# Where a writer is when it is killed: at the step that it does not take any more.
WHERE = {
    "with what it read": (touches, "_kept"),
    "before its commit": (relay, "arrived"),
    "after its commit": (TouchStream, "done"),
}


@pytest.mark.parametrize("dies", WHERE)
def test_wherever_a_writer_dies_all_is_counted_and_nothing_twice(
    settings: Settings,
    session: Session,
    stream: TouchStream,
    video: Video,
    monkeypatch: pytest.MonkeyPatch,
    dies: str,
) -> None:
    share, start = relay.make(session, video.id, ""), begun()
    for visitor in ("ann", "ben", "ann"):
        told = [Told(video.code, kind, 0) for kind in ("shown", "view", "arrive")]
        touches.tell(stream, visitor, start, told, share.code)
    touches.tell_arrival(stream, share.code)  # nothing is kept of it by which it could be known again
    where, step = WHERE[dies]
    with monkeypatch.context() as until_then:
        until_then.setattr(where, step, killed)
        with pytest.raises(KeyboardInterrupt):
            touches.drain(stream)
    let_go(settings)
    touches.drain(stream)
    touches.drain(stream)
    assert touches.counts(session, [video.id]) == {video.id: {"shown": 2, "view": 2, "arrive": 2}}
    assert relay.chain(session, share.id).opened == 3
    assert stream.length() == 0
    assert session.scalar(select(func.count()).select_from(TouchEntry)) == 0


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def let_go(settings: Settings) -> None:
    """Let what a dead writer had read be taken over: long enough has passed."""
    redis = Redis.from_url(settings.redis_url)
    redis.xclaim(STREAM, GROUP, "dead", 0, [name for name, _ in redis.xrange(STREAM)], idle=60_000)


def test_what_a_dead_writer_had_read_is_read_again(
    settings: Settings, session: Session, stream: TouchStream, video: Video
) -> None:
    touches.tell(stream, "ann", begun(), [Told(video.code, "view", 0)])
    assert len(stream.read(10)) == 1
    assert touches.drain(stream) == 0  # it is another's, who may be alive
    let_go(settings)
    assert touches.drain(stream) == 1
    assert stream.length() == 0


def test_unknown_videos_and_kinds_are_left_out(session: Session, stream: TouchStream, video: Video) -> None:
    told = [Told("nowhere", "view", 0), Told(video.code, "buy", 0), Told(video.code, "view", 0)]
    touches.tell(stream, "ann", begun(), told)
    assert touches.drain(stream) == 1


def test_a_touch_is_as_old_as_the_page_says_within_its_session(
    session: Session, stream: TouchStream, video: Video
) -> None:
    start = begun() - timedelta(minutes=10)
    touches.tell(
        stream, "ann", start, [Told(video.code, "view", 60_000), Told(video.code, "open", 3_600_000)]
    )
    touches.drain(stream)
    rows = dict(session.execute(select(Touch.kind, Touch.at)).all())
    assert abs(rows["view"] - (clock.now() - timedelta(minutes=1))) < timedelta(seconds=30)
    assert rows["open"] == start


@pytest.mark.parametrize(("ago_ms", "within"), [(-5_000, 0), (10**30, 3600)])
def test_a_page_that_says_nonsense_of_when_is_taken_for_one_that_is_wrong_by_little(
    session: Session, stream: TouchStream, video: Video, ago_ms: int, within: int
) -> None:
    touches.tell(stream, "ann", begun() - timedelta(hours=5), [Told(video.code, "view", ago_ms)])
    touches.drain(stream)
    at = session.scalars(select(Touch.at)).one()
    assert abs(clock.now() - timedelta(seconds=within) - at) < timedelta(seconds=30)


def test_of_touches_told_again_among_new_ones_only_the_new_are_counted(
    session: Session, stream: TouchStream, video: Video
) -> None:
    start, other = begun(), factories.video(session)
    told = [Told(video.code, "view", 0), Told(other.code, "open", 0)]
    for news in ([Told(video.code, "open", 0)], [Told(other.code, "view", 0)]):
        for visitor in ("ann", "ben"):
            touches.tell(stream, visitor, start, [*told, *news])
        touches.drain(stream)
    each = {"view": 2, "open": 2}
    assert touches.counts(session, [video.id, other.id]) == {video.id: each, other.id: each}


@pytest.mark.parametrize("zone", ["America/Havana", "America/Sao_Paulo", "Pacific/Apia"])
def test_days_are_those_of_the_clock_on_the_wall(zone: str) -> None:
    days, first = Days(ZoneInfo(zone)), datetime(2011, 10, 1, tzinfo=UTC)
    for number in range(2 * 24 * 92):  # clocks go back to midnight, go on from it, and leave a day out
        for at in (first + timedelta(minutes=30 * number, microseconds=-past) for past in (1, 0)):
            assert days.of((at - EPOCH) // timedelta(microseconds=1)) == at.astimezone(ZoneInfo(zone)).date()


def test_months_that_are_too_old_go_and_counts_stay(
    session: Session, stream: TouchStream, video: Video
) -> None:
    for month in (1, 2, 3):
        moment = datetime(2025, month, 28, 23, 59, tzinfo=UTC)
        touches.tell(stream, "ann", moment, [Told(video.code, "view", 0)])
    touches.drain(stream)
    assert months.forget_before(session, date(2025, 3, 1)) == ["touch_2025_01", "touch_2025_02"]
    assert session.scalar(select(func.count()).select_from(Touch)) == 1
    assert sum(touches.counts(session, [video.id])[video.id].values()) == 3


def test_every_touch_lies_in_the_partition_of_its_month(
    session: Session, stream: TouchStream, video: Video
) -> None:
    touches.tell(stream, "ann", datetime(2025, 12, 31, 23, 0, tzinfo=UTC), [Told(video.code, "view", 0)])
    touches.drain(stream)
    assert session.scalar(text("SELECT count(*) FROM touch_2025_12")) == 1


def test_what_was_told_before_a_gift_is_written_before_it_is_settled(
    session: Session, stream: TouchStream, video: Video
) -> None:
    project = factories.project(session)
    project.credit_rule = "first"
    seen, made_from = (factories.video(session, carries=project) for _ in range(2))
    touches.tell(stream, "ann", begun(), [Told(seen.code, "open", 0)])
    donation = factories.donation(session, made_from)
    donation.visitor, donation.created_at = "ann", clock.now() + timedelta(seconds=1)
    session.flush()
    event = factories.event(session, donation)
    tasks.defer(session, "credit.settle", event_id=event.id)
    run_due("money")
    assert session.scalars(select(Credit.video_id)).all() == [seen.id]


def test_the_second_at_which_a_sheet_was_opened_is_counted_once_and_found_again_at_its_gift(
    session: Session, stream: TouchStream
) -> None:
    video = factories.video(session, carries=factories.project(session), duration_ms=20_000)
    start = begun() - timedelta(minutes=2)
    told = [Told(video.code, "open", 60_000, 14), Told(video.code, "view", 60_000, 6)]
    for visitor in ("ann", "ben", "ann"):
        touches.tell(stream, visitor, start, told)
    touches.tell(stream, "cat", start, [Told(video.code, "open", 60_000, 21)])  # behind the end of the clip
    touches.tell(stream, "dan", start, [Told(video.code, "open", 60_000)])
    touches.drain(stream)
    factories.donation(session, video, state="paid", captured_minor=1000, visitor="ann")
    factories.donation(session, video, visitor="ben")  # never paid
    factories.donation(session, video, state="paid", captured_minor=1000, visitor="dan")
    assert moments.of_video(session, video.id) == [Moment(14, opens=2, gifts=1)]


def test_a_clip_that_is_shown_is_counted_and_leaves_no_touch(
    session: Session, stream: TouchStream, video: Video
) -> None:
    touches.tell(stream, "ann", begun(), [Told(video.code, "shown", 0), Told(video.code, "view", 0)])
    touches.tell(stream, "ben", begun(), [Told(video.code, "shown", 0), Told(video.code, "half", 0)])
    touches.drain(stream)
    assert written(session) == [("ann", "view")]
    assert touches.counts(session, [video.id]) == {video.id: {"shown": 2, "half": 1, "view": 1}}
