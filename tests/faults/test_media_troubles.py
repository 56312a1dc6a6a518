"""What transcoding leans on breaks in the middle of the work: one published result, or one clear reason.

Each test ends with the sweeps, after which nothing is left that no row needs.
"""

import contextlib
import signal
from collections.abc import Iterator
from datetime import timedelta

import psutil
import pytest
from sqlalchemy import func, select

from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.core.models import Task
from app.videos import lifecycle, publishing
from app.videos.models import Transcode, Video
from tests import factories
from tests.clips import Clips
from tests.families import family, tell
from tests.faults.house import House, power_off, seen, set_task, task_of, tools_in
from tests.stored import assert_nothing_is_left, keys_of
from workers import media
from workers.transcode import reasons

LAST_BUT_ONE = {"attempts": media.MOST_TRIES - 1}
LAST_BUT_ONE_OF_ENGINES = {"attempts": media.MOST_TRIES_OF_ENGINES - 1}


@pytest.fixture(autouse=True)
def nothing_is_left(house: House) -> Iterator[None]:
    yield
    house.store_engine.start()
    assert_nothing_is_left(house.store)
    assert list(tools_in(house.folder)) == []


def due_now(video_id: int) -> None:
    """Let the pause before the next attempt be over."""
    set_task(video_id, run_after=func.now() - timedelta(seconds=1))


def gave_back(house: House, video_id: int) -> str:
    """Wait for the attempt under way to fail; returns what it said."""
    house.until(lambda: task_of(video_id).last_error and task_of(video_id).lease_token is None)
    return str(task_of(video_id).last_error)


def ends(house: House, video_id: int, state: str) -> Video:
    """Wait for the end of the video's preview."""
    house.until(lambda: task_of(video_id).done_at)
    assert seen(video_id).state == state
    return seen(video_id)


def retried(house: House, video_id: int) -> None:
    """The creator tries again, and this time it works."""
    with unit_of_work() as session:
        lifecycle.retry(session, session.get_one(Video, video_id))
    house.until(lambda: seen(video_id).state == "playable")


def test_a_store_that_is_down_is_waited_for_and_in_the_end_said_to_be_our_fault(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.store_engine.kill()
    house.worker("preview")
    assert "StorageUnavailable" in gave_back(house, video_id)
    assert seen(video_id).state == "probing"
    set_task(video_id, **LAST_BUT_ONE_OF_ENGINES)
    due_now(video_id)
    failed = ends(house, video_id, "failed")
    assert (failed.reason, failed.retryable) == (media.STORE_DOWN, True)
    house.store_engine.start()
    retried(house, video_id)


def test_a_store_that_stops_half_way_gets_all_of_it_once_it_is_back(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.gate.hold_after(3)
    house.worker("preview")
    house.until(house.gate.reached.is_set)
    house.store_engine.kill()
    house.gate.open()
    assert "StorageUnavailable" in gave_back(house, video_id)
    assert (seen(video_id).state, seen(video_id).preview_prefix) == ("preparing", None)
    house.store_engine.start()
    assert 0 < len(keys_of(house.store.media)) <= 6
    due_now(video_id)
    ends(house, video_id, "playable")


def test_valkey_restarted_and_emptied_in_mid_transcode_costs_no_attempt(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.preview_held_in("ffmpeg")
    house.valkey.kill_and_forget()
    house.valkey.start()
    house.go()
    ends(house, video_id, "playable")
    assert task_of(video_id).attempts == 1
    another = house.upload(clips.tiny())  # somebody still listens
    ends(house, another, "playable")


def test_two_workers_on_two_tasks_for_one_video_publish_once(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.preview_held_in("ffmpeg")  # before the other begins: of two that are probing, one gives way there
    first = task_of(video_id)
    with unit_of_work() as session:
        session.add(Task(name=first.name, queue=first.queue, args=first.args, run_after=first.run_after))
    house.workers.start("second", "workers", "preview")
    house.until(lambda: house.held == 2)
    house.go()
    house.until(lambda: unfinished(video_id) == 0)
    assert seen(video_id).state == "playable"
    assert published(video_id) == [seen(video_id).preview_prefix]
    assert task_of(video_id, "media.ladder")
    assert len({key.split("/")[3] for key in keys_of(house.store.media)}) == 2


def test_a_worker_that_was_frozen_past_its_lease_publishes_nothing(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.preview_held_in("ffmpeg", once=True)
    frozen = family(house.workers.running["preview"].pid)
    tell(frozen, signal.SIGSTOP)
    lost = house.workers.log("preview").count("lease lost")
    house.workers.start("second", "workers", "preview")
    video = ends(house, video_id, "playable")
    house.go()
    tell(frozen, signal.SIGCONT)
    house.until(lambda: house.workers.log("preview").count("lease lost") > lost)
    assert (task_of(video_id).attempts, published(video_id)) == (2, [video.preview_prefix])
    assert task_of(video_id, "media.ladder")


def unfinished(video_id: int) -> int:
    with unit_of_work() as session:
        tasks = select(func.count()).where(
            Task.name == "media.preview",
            Task.args["video_id"].as_integer() == video_id,
            Task.done_at.is_(None),
        )
        return session.scalar(tasks) or 0


def published(video_id: int) -> list[str]:
    with unit_of_work() as session:
        return list(session.scalars(select(Transcode.prefix).where(Transcode.video_id == video_id)))


def test_a_video_removed_while_it_is_encoded_ends_the_encoding(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.preview_held_in("ffmpeg")
    with unit_of_work() as session:
        video = session.get_one(Video, video_id)
        lifecycle.remove(session, video, video.creator_id)
    house.go()
    ends(house, video_id, "removed")


def test_a_video_taken_down_while_it_is_encoded_is_made_again_once_it_is_restored(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.preview_held_in("ffmpeg")
    with unit_of_work() as session:
        admin = factories.admin(session)
        publishing.take_down(session, session.get_one(Video, video_id), "Why", admin.id)
        with pytest.raises(KindrelayError, match="still ending"):
            publishing.restore(session, session.get_one(Video, video_id), admin.id)
    house.go()
    ends(house, video_id, "uploaded")
    assert list(keys_of(house.store.media)) == []
    with unit_of_work() as session:
        publishing.restore(session, session.get_one(Video, video_id), admin.id)
    house.until(lambda: seen(video_id).state == "playable")


def test_a_disk_without_room_is_waited_for(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.leave_no_room()
    house.worker("preview")
    assert "NoRoomError" in gave_back(house, video_id)
    said = [line for line in house.workers.log("preview").splitlines() if seen(video_id).code in line]
    assert any("no room for temporary files" in line for line in said)
    house.make_room()
    due_now(video_id)
    ends(house, video_id, "playable")


def test_a_disk_that_fills_up_while_encoding_is_our_fault_and_not_the_files(house: House, clips: Clips):
    video_id = house.upload(clips.short())
    house.fill_disk_before("ffmpeg")
    house.worker("preview")
    assert "NoRoomError" in gave_back(house, video_id)
    set_task(video_id, **LAST_BUT_ONE_OF_ENGINES)
    house.make_room()
    due_now(video_id)
    failed = ends(house, video_id, "failed")
    assert (failed.reason, failed.retryable) == (media.NO_ROOM, True)
    house.make_room()
    house.before("ffmpeg", ":")
    retried(house, video_id)


def test_a_tool_that_hangs_is_ended_with_all_it_started_and_is_our_fault(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.before("ffmpeg", "/bin/sleep 61731 &\n/bin/sleep 61731")
    set_task(video_id, **LAST_BUT_ONE)
    house.hasty_worker("preview")
    failed = ends(house, video_id, "failed")
    assert (failed.reason, failed.retryable) == (media.BROKE_DOWN, True)
    house.until(lambda: sleepers() == 0)
    house.before("ffmpeg", ":")
    power_off(house.hasty, "preview")
    house.worker("preview")
    retried(house, video_id)


def sleepers() -> int:
    found = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            found += "61731" in process.cmdline()
    return found


def test_a_tool_that_writes_megabytes_of_complaints_is_listened_to(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.before("ffmpeg", "/bin/dd if=/dev/zero bs=64k count=64 2>/dev/null | /usr/bin/tr '\\0' '\\n' >&2")
    house.worker("preview")
    assert reasons.DAMAGED in ends(house, video_id, "playable").warnings


def test_a_decompression_bomb_is_refused_before_it_goes_off(house: House, clips: Clips):
    video_id = house.upload(clips.bomb())
    house.worker("preview")
    refused = ends(house, video_id, "rejected")
    assert (refused.reason, refused.retryable) == (reasons.TOO_LARGE, False)


def test_a_probe_that_the_kernel_kills_for_memory_blames_nobodys_file(house: House, clips: Clips):
    video_id = house.upload(clips.tiny())
    house.before("ffprobe", "kill -9 $$", once=True)
    house.worker("preview")
    assert "ffprobe ended with -9" in gave_back(house, video_id)
    due_now(video_id)
    ends(house, video_id, "playable")
