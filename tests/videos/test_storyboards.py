import pytest

from app.videos import storyboards
from app.videos.storyboards import Frame


def index(count: int, columns: int = 10) -> str:
    """The index of a storyboard with a picture of 90 × 160 a second."""
    cues = [
        f"00:{at // 60:02}:{at % 60:02}.000 --> 00:{(at + 1) // 60:02}:{(at + 1) % 60:02}.000\n"
        f"storyboard.jpg#xywh={at % columns * 90},{at // columns * 160},90,160"
        for at in range(count)
    ]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def test_frames_are_spread_over_the_whole_video():
    found = storyboards.frames(index(80), 8)
    assert [frame.at_ms for frame in found] == [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000]
    assert found[1] == Frame(10_000, "storyboard.jpg", 0, 160, 90, 160, across=900, down=1280)


@pytest.mark.parametrize("count", range(1, 20))
def test_no_frame_is_shown_twice_and_none_is_made_up(count: int):
    moments = [frame.at_ms for frame in storyboards.frames(index(count), 8)]
    assert len(moments) == min(count, 8)
    assert moments == sorted(set(moments))
    assert moments[-1] < count * 1000


def test_a_sheet_that_ends_in_empty_places_is_used_only_as_far_as_it_goes():
    assert storyboards.frames(index(3), 8)[0].across == 270


@pytest.mark.parametrize("text", ["", "WEBVTT\n", "not an index", "<html>"])
def test_what_is_no_index_has_no_frames(text: str):
    assert storyboards.frames(text, 8) == []


@pytest.mark.parametrize(
    ("stamp", "wanted"), [("00:00:07.250", 7250), ("01:02.5", 62_500), ("01:00:00.000", 3_600_000)]
)
def test_times_are_read_with_hours_and_without(stamp: str, wanted: int):
    assert storyboards.milliseconds(stamp) == wanted
