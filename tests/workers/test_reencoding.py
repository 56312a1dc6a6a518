"""A library is brought to another recipe while people watch it."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.cli import main
from app.core import clock, runtime
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.settings import Settings
from app.gateways.object_store import ObjectStore
from app.gateways.s3 import open_store
from app.videos import lifecycle, outputs
from app.videos.models import Transcode, Video
from app.videos.recipes import SMALL, STANDARD
from tests import factories, nearby
from tests.clips import Clips
from tests.sending import sent
from workers import media, reencoding
from workers.runner import run_due
from workers.transcode.encode import Tools


@pytest.fixture
def hurried(live_database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    changed = live_database.model_copy(update={"transcode_preset": "ultrafast", "recipe": STANDARD.name})
    monkeypatch.setattr(runtime, "settings", lambda: changed)
    return changed


@pytest.fixture
def store(hurried: Settings) -> ObjectStore:
    return open_store(hurried)


@pytest.fixture
def video_id(hurried: Settings, store: ObjectStore, clips: Clips) -> int:
    """A finished video, made by the standard recipe, under which the workers go on to run."""
    with unit_of_work() as session:
        creator = factories.person(session)
    video_id = sent(hurried, store, creator.id, clips.tiny()).video_id
    run_due("preview", "media")
    assert seen(video_id).state == "ready"
    return video_id


def seen(video_id: int) -> Video:
    with unit_of_work() as session:
        return session.get_one(Video, video_id)


def begun() -> list[int]:
    with unit_of_work() as session:
        return reencoding.begin(session, SMALL.name)


def test_a_new_ladder_takes_the_old_ones_place_and_open_pages_go_on(video_id: int, store: ObjectStore):
    before = seen(video_id)
    task_ids = begun()
    assert begun() == task_ids
    run_due("media")
    after = seen(video_id)
    assert after.state == "ready"
    assert after.ladder_prefix != before.ladder_prefix
    assert f"/{SMALL.name}/" in str(after.ladder_prefix)
    for prefix in (before.ladder_prefix, after.ladder_prefix):
        assert nearby.get(store.media.public_url(f"{prefix}master.m3u8")).status_code == 200
    with unit_of_work() as session:
        kept = select(Transcode.recipe).where(Transcode.retired_at.is_(None))
        assert session.scalars(kept).all() == [SMALL.name]
        assert reencoding.progress(session, task_ids) == reencoding.Library(0, 1, {})
        assert outputs.outdated(session, SMALL.name) == []
    assert begun() == []


def test_what_cannot_be_encoded_anew_stays_as_it_is_and_says_why(video_id: int, store: ObjectStore):
    before = seen(video_id)
    store.private.delete(str(before.source_key))
    task_ids = begun()
    run_due("media")
    after = seen(video_id)
    assert (after.state, after.ladder_prefix, after.reason) == ("ready", before.ladder_prefix, "")
    with unit_of_work() as session:
        failed = reencoding.progress(session, task_ids).failed
    assert failed == {after.code: f"GiveUp: {media.SOURCE_LOST}"}


def test_a_video_removed_meanwhile_gets_no_new_ladder(
    video_id: int, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
):
    begun()
    real = media.whole_ladder

    def removed_meanwhile(job: media.Job, tools: Tools) -> media.Sent:
        made = real(job, tools)
        with unit_of_work() as session:
            video = session.get_one(Video, video_id)
            lifecycle.remove(session, video, video.creator_id)
        return made

    monkeypatch.setattr(media, "whole_ladder", removed_meanwhile)
    run_due("media")
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    run_due("media")
    assert list(store.media.list_prefix(outputs.video_prefix(seen(video_id).code))) == []


def test_the_command_defers_the_work_and_can_be_left(
    video_id: int, hurried: Settings, monkeypatch: pytest.MonkeyPatch
):
    small = hurried.model_copy(update={"recipe": SMALL.name})
    monkeypatch.setattr("app.cli.library.boot", lambda: small)
    answer = CliRunner().invoke(main, ["reencode", "--no-wait"])
    assert "1 videos are to be encoded by h264-2-small." in answer.output
    with unit_of_work() as session:
        assert session.scalars(select(Task.name).where(Task.done_at.is_(None))).all() == [reencoding.NAME]
    run_due("media")
    answer = CliRunner().invoke(main, ["reencode"])
    assert "0 videos" in answer.output
