from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import CONCAT_TEXT, HLS_TEXT, Clips
from workers.transcode import header, reasons
from workers.transcode import probe as probing
from workers.transcode.probe import Probe
from workers.transcode.reasons import Rejected
from workers.transcode.run import ToolFailedError


def look(clips: Clips, source: Path, max_seconds: int = 600) -> Probe:
    return probing.probe(clips.ffprobe, source, max_seconds)


def reason(clips: Clips, source: Path, max_seconds: int = 600) -> str:
    with pytest.raises(Rejected) as rejection:
        look(clips, source, max_seconds)
    return rejection.value.message


def test_a_clip_is_measured(clips: Clips):
    seen = look(clips, clips.short())
    assert (seen.width, seen.height, seen.rate, seen.is_vfr) == (640, 360, Fraction(25), False)
    assert seen.seconds == pytest.approx(2.0, abs=0.05)
    assert seen.audio_index is not None
    assert seen.warnings == ()


def test_a_phone_held_upright_is_seen_upright(clips: Clips):
    seen = look(clips, clips.rotated())
    assert (seen.width, seen.height) == (360, 640)


def test_pixels_that_are_not_square_are_counted_as_shown(clips: Clips):
    seen = look(clips, clips.anamorphic())
    assert (seen.width, seen.height) == (640, 360)


@pytest.mark.parametrize(
    ("aspect", "shown"),
    [
        ("1:1", (1080, 1920)),
        ("404:405", (1080, 1920)),
        ("2:1", (2160, 1920)),
        ("0:1", (1080, 1920)),
        ("N/A", (1080, 1920)),
    ],
)
def test_pixels_that_are_nearly_square_are_taken_for_square(aspect: str, shown: tuple[int, int]):
    video = {"width": 1080, "height": 1920, "sample_aspect_ratio": aspect}
    assert header.display_size(video) == shown


def test_silence_is_accepted_and_told(clips: Clips):
    seen = look(clips, clips.silent())
    assert seen.audio_index is None
    assert seen.warnings == (reasons.NO_SOUND,)


def test_a_variable_frame_rate_is_noticed(clips: Clips):
    assert look(clips, clips.uneven()).is_vfr


def test_a_clip_of_a_hundred_and_twenty_frames_is_taken_at_sixty(clips: Clips):
    assert look(clips, clips.fast()).rate == 60


def test_wide_colours_are_noticed(clips: Clips):
    assert look(clips, clips.hlg()).is_hdr


def test_a_text_file_is_not_a_video(clips: Clips):
    assert reason(clips, clips.text()) == reasons.NOT_A_VIDEO


def test_an_empty_file_is_said_to_be_empty(clips: Clips):
    assert reason(clips, clips.text("", "empty.mp4")) == reasons.EMPTY


def test_a_picture_is_said_to_be_a_picture(clips: Clips, tmp_path: Path):
    renamed = tmp_path / "picture.mp4"
    renamed.write_bytes(clips.picture().read_bytes())
    assert reason(clips, renamed) == reasons.PICTURE


@pytest.mark.parametrize("make", ["sound_only", "cover_art"])
def test_sound_alone_is_not_a_video(clips: Clips, make: str):
    assert reason(clips, getattr(clips, make)()) == reasons.NO_PICTURE


@pytest.mark.parametrize("make", ["truncated", "headless"])
def test_a_file_without_its_end_is_said_to_be_incomplete(clips: Clips, make: str):
    assert reason(clips, getattr(clips, make)()) == reasons.INCOMPLETE


def test_a_film_over_the_limit_is_too_long(clips: Clips):
    with pytest.raises(Rejected, match="Please cut it to 0 minutes"):
        look(clips, clips.short(), max_seconds=1)


@pytest.mark.parametrize("text", [HLS_TEXT, CONCAT_TEXT])
def test_a_list_that_points_at_another_file_is_refused(clips: Clips, text: str):
    disguised = clips.text(text.format(target=clips.short()), f"list{len(text)}.mp4")
    assert reason(clips, disguised) == reasons.NOT_A_VIDEO


def test_a_missing_tool_says_nothing_about_the_file(clips: Clips):
    with pytest.raises(ToolFailedError):
        probing.probe("/nowhere/ffprobe", clips.short(), 600)


def test_what_a_clip_says_and_what_it_holds_are_both_told(clips: Clips):
    seen = look(clips, clips.rotated())
    assert (seen.container, seen.video_codec, seen.audio_codec, seen.audio_channels) == (
        "mov",
        "h264",
        "aac",
        6,
    )
    assert (seen.rotation, seen.hdr, seen.declared_rate) == (90, None, 25.0)
    assert seen.measured_rate == pytest.approx(25, abs=0.1)
    assert seen.declared_seconds == pytest.approx(seen.seconds, abs=0.1)


def test_the_kind_of_wide_light_is_told(clips: Clips):
    assert look(clips, clips.hlg()).hdr == "HLG"
