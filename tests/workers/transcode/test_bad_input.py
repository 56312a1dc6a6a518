"""Hostile and broken files, each sent through the worker's own code while a canary is watched."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import lists
from tests.hostile.canary import SEES_OPENING, Canary
from tests.hostile.catalogue import SAMPLES
from tests.hostile.kit import Good, Kit, Sample
from tests.hostile.names import NAMES
from tests.hostile.watched import Outcome, measured, worked
from workers.transcode import run as runner
from workers.transcode.encode import Tools
from workers.transcode.run import Limits

MIB = 1 << 20
MOST_MEMORY = 256 * MIB
MOST_CPU_SECONDS = 10
MOST_WRITTEN = 8 * MIB
SLACK_SECONDS = 0.25
OPEN_LAUNCHER = Path(lists.__file__).with_name("open_launcher.py")


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    canary = Canary(tmp_path_factory.mktemp("canary"))
    yield canary
    canary.close()


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory, canary: Canary) -> Kit:
    return Kit(tmp_path_factory.mktemp("kit"), canary)


@pytest.fixture
def tools(kit: Kit) -> Tools:
    return Tools(kit.ffmpeg, kit.ffprobe, "ultrafast")


@pytest.fixture
def folder(tmp_path: Path, canary: Canary) -> Path:
    """An empty folder for a source, the canary beside it."""
    folder = tmp_path / "in"
    folder.mkdir()
    canary.lay_beside(folder)
    return folder


def laid(sample: Sample, kit: Kit, folder: Path) -> Path:
    source = folder / sample.name
    source.write_bytes(sample.make(kit))
    return source


def strangers(folder: Path) -> set[str]:
    return set(os.listdir(folder))  # noqa: PTH208 (names, however odd)


def must_be_within_limits(outcome: Outcome, out: Path) -> None:
    assert outcome.error is None
    assert outcome.leaks == ()
    assert outcome.peak_bytes < MOST_MEMORY < Limits().memory_bytes
    assert outcome.cpu_seconds < MOST_CPU_SECONDS < Limits().cpu_seconds
    assert sum(path.stat().st_size for path in out.rglob("*")) < MOST_WRITTEN < Limits().file_bytes


def must_be_as_promised(kit: Kit, out: Path, outcome: Outcome, good: Good) -> None:
    """The size, the length and the sound of what came out, every frame of it."""
    assert (outcome.reason, outcome.warnings) == (None, good.warnings)
    wanted = "stream=codec_type,width,height,nb_read_packets,duration"
    command = [kit.ffprobe, "-v", "error", "-count_packets", "-show_entries", wanted, "-of", "json"]
    told = subprocess.run([*command, str(out / "video.mp4")], check=True, capture_output=True, timeout=30)
    video, *sound = json.loads(told.stdout)["streams"]
    assert (video["width"], video["height"], len(sound)) == (good.width, good.height, int(good.sound))
    assert float(video["duration"]) == pytest.approx(good.seconds, abs=SLACK_SECONDS)
    assert int(video["nb_read_packets"]) > 0.9 * float(video["duration"]) * good.rate


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.what)
def test_a_file_ends_in_its_verdict_and_touches_nothing(
    sample: Sample, kit: Kit, canary: Canary, tools: Tools, folder: Path, out: Path
):
    source = laid(sample, kit, folder)
    before = strangers(folder)
    with canary.watched() as touched:
        outcome = worked(tools, source, out)
    must_be_within_limits(outcome, out)
    assert (touched.opened, touched.called) == (0, 0)
    assert strangers(folder) == before
    assert not canary.shows_in(out)
    if isinstance(sample.verdict, Good):
        must_be_as_promised(kit, out, outcome, sample.verdict)
    else:
        assert outcome.reason == sample.verdict


CALLING = [sample for sample in SAMPLES if "web address" in sample.what or "waiting" in sample.what]


@pytest.mark.parametrize("sample", CALLING, ids=lambda sample: sample.what)
def test_a_file_calls_nobody_even_where_the_network_is_open(
    sample: Sample,
    kit: Kit,
    canary: Canary,
    tools: Tools,
    folder: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(runner, "LAUNCHER", OPEN_LAUNCHER)
    source = laid(sample, kit, folder)
    with canary.watched() as touched:
        outcome = worked(tools, source, out)
    must_be_within_limits(outcome, out)
    assert (touched.opened, touched.called) == (0, 0)
    assert outcome.reason == (sample.verdict if isinstance(sample.verdict, str) else None)


@pytest.mark.parametrize(("parent", "name"), list(zip(NAMES[1::2], NAMES[::2], strict=True)), ids=ascii)
def test_an_odd_name_is_only_a_name(
    parent: str, name: str, kit: Kit, canary: Canary, tools: Tools, folder: Path, out: Path
):
    inside = folder / parent
    inside.mkdir()
    canary.lay_beside(inside)
    source = inside / name
    source.write_bytes(kit.film)
    before = strangers(inside)
    with canary.watched() as touched:
        outcome = worked(tools, source, out)
    must_be_within_limits(outcome, out)
    assert (touched.opened, touched.called) == (0, 0)
    assert strangers(inside) == before
    must_be_as_promised(kit, out, outcome, Good())


def test_there_are_enough_of_them_and_no_two_alike():
    names = [sample.what for sample in SAMPLES]
    assert len(names) == len(set(names))
    assert len(names) > 150


class TestTheWatchItself:
    """What is asserted above can fail: each watch notices what it is there for."""

    def test_a_file_that_is_opened_and_shown_is_noticed(
        self, kit: Kit, canary: Canary, folder: Path, out: Path
    ):
        source = laid(a_list("a concat list naming its neighbour"), kit, folder)
        poster = out / "poster.jpg"
        unguarded = [kit.ffmpeg, "-v", "error", "-i", str(source), "-frames:v", "1", str(poster)]
        with canary.watched() as touched:
            subprocess.run(unguarded, check=True, timeout=30)
        assert (touched.opened > 0) == SEES_OPENING
        assert canary.shows_in(out)

    def test_a_secret_text_in_what_came_out_is_noticed(self, canary: Canary, out: Path):
        (out / "video.mp4").write_bytes(b"before " + canary.token + b" after")
        assert canary.shows_in(out)

    def test_a_call_is_noticed(self, kit: Kit, canary: Canary, folder: Path):
        source = laid(a_list("a concat list naming a web address"), kit, folder)
        open_to_all = ("-f", "concat", "-safe", "0", "-protocol_whitelist", "file,http,tcp")
        with (
            canary.watched() as touched,
            subprocess.Popen([kit.ffprobe, *open_to_all, str(source)]) as player,
        ):
            assert canary.is_called(within_seconds=30)
            player.kill()
        assert touched.called == 1

    def test_memory_and_seconds_are_counted(self):
        greedy = "held = b'x' * (300 << 20)\nwhile __import__('time').process_time() < 0.5: pass"

        def work() -> tuple[str, ...]:
            subprocess.run([sys.executable, "-S", "-c", greedy], check=True, timeout=60)
            return ()

        outcome = measured(work)
        assert outcome.peak_bytes > MOST_MEMORY
        assert outcome.cpu_seconds >= 0.5

    def test_a_hang_is_ended(self):
        def work() -> tuple[str, ...]:
            time.sleep(60)
            return ()

        assert measured(work, patience_seconds=0.2).error == "it hangs"

    def test_what_is_left_open_or_running_is_told(self, tmp_path: Path):
        def work() -> tuple[str, ...]:
            os.open(tmp_path, os.O_RDONLY)
            kept = subprocess.Popen([sys.executable, "-S", "-c", ""])
            return (str(kept.pid),)

        leaks = measured(work).leaks
        assert any(leak.startswith("open file") for leak in leaks)
        assert "a child process" in leaks

    def test_an_error_that_nobody_expected_is_told(self):
        error = measured(lambda: (str(1 // 0),)).error
        assert error is not None
        assert "ZeroDivisionError" in error

    def test_the_namespace_is_left_out_where_the_test_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(runner, "LAUNCHER", OPEN_LAUNCHER)
        lines: list[str] = []
        code = "import socket; print(len(socket.if_nameindex()), flush=True)"

        def keep(line: str) -> bool:
            lines.append(line)
            return True

        runner.run([sys.executable, "-c", code], tmp_path, Limits(), keep)
        assert lines == [str(len(socket.if_nameindex()))]


def a_list(what: str) -> Sample:
    return next(sample for sample in lists.SAMPLES if sample.what == what)
