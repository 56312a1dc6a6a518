"""Workers lose their power in the middle of a transcode: each time it ends in one published result."""

import pytest
from sqlalchemy import select, text

from app.core.db import unit_of_work
from app.videos.models import Transcode
from tests.clips import Clips, bunny
from tests.faults.house import House, power_off, seen, task_of, tools_in
from tests.stored import assert_nothing_is_left, keys_of
from workers.runner import run_due

PUBLISHING = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'transcode'::regclass"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def recovers(house: House, video_id: int, queue: str, after: str) -> None:
    """Start the worker again; the second attempt publishes, once, and nothing else stays."""
    house.worker(queue)
    house.until(lambda: seen(video_id).state == after)
    stage = "ladder" if queue == "media" else "preview"
    task = task_of(video_id, f"media.{stage}")
    assert (task.attempts, task.done_at is not None) == (2, True)
    video = seen(video_id)
    named = video.ladder_prefix if queue == "media" else video.preview_prefix
    with unit_of_work() as session:
        prefixes = session.scalars(
            select(Transcode.prefix).where(Transcode.video_id == video_id, Transcode.stage == stage)
        )
        assert prefixes.all() == [named]
    assert_nothing_is_left(house.store)
    assert not list(house.disk.glob("kindrelay-media-*"))


@pytest.mark.parametrize(
    ("queue", "during", "after"), [("preview", "preparing", "playable"), ("media", "playable", "ready")]
)
def test_killed_while_encoding(house: House, queue: str, during: str, after: str):
    video_id = house.upload(bunny())
    if queue == "media":
        assert run_due("preview") == 1
    # Long, and no faster than it plays: it shall not be over before somebody has looked, nor end by itself.
    house.before("ffmpeg", 'set -- -re -stream_loop 9 "$@"', once=True)
    house.worker(queue)
    house.until(lambda: seen(video_id).state == during and seen(video_id).percent > 0)
    assert list(tools_in(house.folder))
    power_off(house.workers, queue)
    house.until(lambda: not list(tools_in(house.folder)), 15)
    assert seen(video_id).state == during
    recovers(house, video_id, queue, after)


def test_killed_while_probing(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.preview_held_in("ffprobe", once=True)
    assert seen(video_id).state == "probing"
    power_off(house.workers, "preview")
    house.until(lambda: not list(tools_in(house.folder)), 15)
    recovers(house, video_id, "preview", "playable")


def test_killed_while_uploading(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.gate.hold_after(2)
    house.worker("preview")
    house.until(house.gate.reached.is_set)
    power_off(house.workers, "preview")
    house.gate.open()
    assert 1 <= len(keys_of(house.store.media)) <= 6
    recovers(house, video_id, "preview", "playable")


def test_killed_between_the_last_object_and_the_row(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    with unit_of_work() as holder:
        # Nobody can write which files count now: the worker has sent them all, and waits to say so.
        holder.execute(text("LOCK TABLE transcode IN SHARE MODE"))
        house.worker("preview")
        house.until(lambda: holder.scalar(PUBLISHING) == 1)
        power_off(house.workers, "preview")
    sent = keys_of(house.store.media)
    assert any(key.endswith("/master.m3u8") for key in sent)
    assert (seen(video_id).state, seen(video_id).preview_prefix) == ("preparing", None)
    recovers(house, video_id, "preview", "playable")
    assert not sent & keys_of(house.store.media)
