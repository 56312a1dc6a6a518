import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.clips import Clips

pytestmark = pytest.mark.usefixtures("in_a_hurry")


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRELAY_TRANSCODE_PRESET", "ultrafast")


def said(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_inspect_tells_what_a_video_shows_and_holds(clips: Clips):
    answer = said("inspect", clips.rotated(), "--json")
    assert answer.exit_code == 0
    told = json.loads(answer.stdout)
    assert (told["accepted"], told["width"], told["height"], told["rotation"]) == (True, 360, 640, 90)
    assert told["decoded_seconds"] == pytest.approx(2, abs=0.05)
    assert told["declared_seconds"] == pytest.approx(2, abs=0.05)
    assert (told["audio_codec"], told["hdr"], told["rungs"]) == ("aac", None, ["360p"])
    assert "360×640" in said("inspect", clips.rotated()).stdout


def test_inspect_refuses_in_words_with_an_exit_code(clips: Clips):
    answer = said("inspect", clips.truncated())
    assert answer.exit_code == 1
    assert answer.stdout.startswith("Refused: This video is not complete")
    told = json.loads(said("inspect", clips.text(), "--json").stdout)
    assert (told["accepted"], told["width"]) == (False, None)


def test_inspect_warns_of_damage(clips: Clips):
    told = json.loads(said("inspect", clips.damaged(), "--json").stdout)
    assert told["accepted"]
    assert any("damaged" in warning for warning in told["warnings"])


def test_transcode_makes_what_a_worker_makes(clips: Clips, tmp_path: Path):
    out = tmp_path / "100%v of it"
    answer = said("transcode", clips.short(), "--out", out, "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    for name in ("master", "preview", "mp4", "poster", "storyboard"):
        assert (out / told[name]).stat().st_size > 0, name
    assert [rung["name"] for rung in told["rungs"]] == ["360p"]
    assert told["files"] == sum(1 for path in out.rglob("*") if path.is_file())
    assert (out / "360p.m3u8").read_text().startswith("#EXTM3U")


def test_transcode_touches_no_folder_with_something_in_it(clips: Clips, tmp_path: Path):
    (tmp_path / "mine.txt").write_text("precious")
    answer = said("transcode", clips.short(), "--out", tmp_path)
    assert answer.exit_code == 2
    assert "is not empty" in answer.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_refused_file_leaves_no_folder(clips: Clips, tmp_path: Path):
    answer = said("transcode", clips.text(), "--out", tmp_path / "new", "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["reason"].startswith("This file is not a video")
    assert not (tmp_path / "new").exists()


def test_an_unknown_recipe_is_named(clips: Clips, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KINDRELAY_RECIPE", "betamax")
    assert "KINDRELAY_RECIPE must be one of: h264-2" in said("inspect", clips.short()).output


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("KINDRELAY_MAX_VIDEO_SECONDS", "-1", "must be a whole number"),
        ("KINDRELAY_FFPROBE", "/bin/true", ""),
        ("KINDRELAY_FFPROBE", "/nowhere/ffprobe", "ffprobe"),
    ],
)
def test_machines_are_told_in_json_why_nothing_could_be_seen(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
):
    monkeypatch.setenv(name, value)
    answer = said("inspect", clips.tiny(), "--json")
    assert answer.exit_code == 2
    told = json.loads(answer.stdout)
    assert told["accepted"] is None
    assert words in told["error"]


def test_a_pipe_is_no_video(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.mp4")
    answer = said("inspect", tmp_path / "pipe.mp4")
    assert (answer.exit_code, "is not a regular file" in answer.output) == (2, True)


def test_a_folder_that_cannot_be_made_is_named(clips: Clips, tmp_path: Path):
    (tmp_path / "file").write_text("")
    answer = said("transcode", clips.tiny(), "--out", tmp_path / "file" / "x")
    assert answer.exit_code == 2
    assert "Error:" in answer.output
    assert answer.exception is None or isinstance(answer.exception, SystemExit)
