import json
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.videos.recipes import STANDARD
from tests import hls
from tests.clips import CONCAT_TEXT, HLS_TEXT, Clips, bunny
from workers.transcode import command, encode, guard, playlists, probe, reasons
from workers.transcode.encode import Encoded, Tools
from workers.transcode.run import ToolFailedError


def made(tools: Tools, source: Path, out: Path, *, whole: bool = False) -> Encoded:
    seen = probe.probe(tools.ffprobe, source, 600)
    return (encode.whole_ladder if whole else encode.preview)(tools, source, out, seen, lambda _: None)


def streams(tools: Tools, path: Path) -> list[dict[str, Any]]:
    command = [tools.ffprobe, "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=30).stdout)["streams"]


def packets(tools: Tools, rendition: Path, shown: str) -> list[str]:
    """What ffprobe tells of every packet of a rendition."""
    told = (tools.ffprobe, "-v", "error", "-show_entries", f"packet={shown}", "-of", "csv=p=0")
    command = [*told, str(rendition / "index.m3u8")]
    return subprocess.run(command, check=True, capture_output=True, timeout=30, text=True).stdout.split()


def test_a_preview_is_a_rung_an_mp4_and_a_poster(tools: Tools, clips: Clips, out: Path):
    encoded = made(tools, clips.short(), out)
    names = {str(path.relative_to(out)) for path in encoded.children}
    assert {"video.mp4", "poster.jpg", "360p/index.m3u8", "audio/index.m3u8"} <= names
    assert encoded.master not in encoded.children
    assert [stream["codec_name"] for stream in streams(tools, out / "video.mp4")] == ["h264", "aac"]


def test_a_ladder_has_every_rung_a_storyboard_and_a_master_that_describes_it(
    tools: Tools, clips: Clips, out: Path
):
    encoded = made(tools, bunny(), out, whole=True)
    ladder = hls.check(encoded.master, 4, (1280, 720), 25)
    assert [film.init.size for film in ladder.films] == [(1280, 720), (852, 480)]
    for film, rung in zip(ladder.films, encode.rungs(1280, 720, Fraction(25)), strict=True):
        assert 100_000 < film.peak() <= rung.peak_rate * 1.5
    with Image.open(out / "storyboard.jpg") as sheet:
        assert sheet.size == (1600, 90)
    assert (out / "storyboard.vtt").read_text().count("#xywh=") == 6


def test_a_ladder_takes_over_what_the_preview_made(tools: Tools, clips: Clips, out: Path, tmp_path: Path):
    ready = tmp_path / "preview"
    ready.mkdir()
    seen = probe.probe(tools.ffprobe, bunny(), 600)
    encode.preview(tools, bunny(), ready, seen, lambda _: None)
    encode.whole_ladder(tools, bunny(), out, seen, lambda _: None, ready / "video.mp4")
    alone = tmp_path / "alone"
    alone.mkdir()
    encode.whole_ladder(tools, bunny(), alone, seen, lambda _: None)
    assert packets(tools, out / "480p", "size") == packets(tools, ready / "480p", "size")
    for name in ("720p", "480p", "audio"):
        when = "pts_time,duration_time,flags"
        assert packets(tools, out / name, when) == packets(tools, alone / name, when), name


def test_an_upright_phone_clip_comes_out_upright_without_a_note_to_turn_it(
    tools: Tools, clips: Clips, out: Path
):
    made(tools, clips.rotated(), out)
    video = streams(tools, out / "video.mp4")[0]
    assert (video["width"], video["height"]) == (360, 640)
    assert not any("rotation" in side for side in video.get("side_data_list", []))


def test_a_silent_clip_comes_out_silent(tools: Tools, clips: Clips, out: Path):
    encoded = made(tools, clips.silent(), out, whole=True)
    assert "AUDIO" not in encoded.master.read_text()
    assert len(streams(tools, out / "video.mp4")) == 1
    assert encoded.warnings == (reasons.NO_SOUND,)


def test_damage_is_kept_and_told(tools: Tools, clips: Clips, out: Path):
    assert reasons.DAMAGED in made(tools, clips.damaged(), out).warnings


def test_what_was_decoded_must_be_all_of_it(tools: Tools, clips: Clips, out: Path):
    announced = probe.probe(tools.ffprobe, clips.short(), 600)
    with pytest.raises(reasons.Rejected, match="not complete"):
        encode.preview(tools, clips.truncated(), out, announced, lambda _: None)


def test_progress_rises_to_one(tools: Tools, clips: Clips, out: Path):
    seen = probe.probe(tools.ffprobe, clips.short(), 600)
    shares: list[float] = []
    encode.preview(tools, clips.short(), out, seen, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] > 0.95


def test_stopping_from_the_progress_callback_ends_the_encoding(tools: Tools, clips: Clips, out: Path):
    class SupersededError(Exception): ...

    def stop(_: float) -> None:
        raise SupersededError

    seen = probe.probe(tools.ffprobe, clips.short(), 600)
    with pytest.raises(SupersededError):
        encode.preview(tools, clips.short(), out, seen, stop)


@pytest.mark.parametrize("text", [HLS_TEXT, CONCAT_TEXT])
def test_ffmpeg_itself_refuses_lists_that_point_at_other_files(
    tools: Tools, clips: Clips, out: Path, tmp_path: Path, text: str
):
    (tmp_path / "canary.mp4").write_bytes(clips.short().read_bytes())
    disguised = tmp_path / "clip.mp4"
    disguised.write_text(text.format(target="canary.mp4"))
    seen = probe.probe(tools.ffprobe, clips.short(), 600)
    with pytest.raises(ToolFailedError):
        encode.preview(tools, disguised, out, seen, lambda _: None)
    assert not (out / "video.mp4").exists()


def test_the_guard_stands_before_every_input(tools: Tools, clips: Clips, out: Path):
    seen = probe.probe(tools.ffprobe, clips.short(), 600)
    board = playlists.Storyboard(1, 2, 160, 90)
    rung = encode.rungs(seen.width, seen.height, seen.rate)
    commands = [
        command.encode("ffmpeg", clips.short(), seen, command.Encoding(STANDARD, rung, 4, "veryfast", board)),
        command.remux("ffmpeg", out / "v.mp4", out / "a.mp4", out / "video.mp4"),
        command.tile("ffmpeg", out / "frames.mkv", board, out / "sheet.jpg"),
    ]
    for arguments in commands:
        assert "-nostdin" in arguments
        inputs = [position for position, part in enumerate(arguments) if part == "-i"]
        before = 0
        for position in inputs:
            options = arguments[before:position]
            for name, value in guard.INPUT.items():
                assert options[options.index(f"-{name}") + 1] == str(value)
            before = position + 2
