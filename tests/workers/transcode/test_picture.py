"""Pictures come out upright, in proportion and in time, compared with pictures drawn without ffmpeg."""

from pathlib import Path

import numpy as np
import pytest

from app.videos.renditions import MP4
from tests import charts
from tests.charts import Picture
from tests.clips import turned
from tests.films import Films, Take, ticking
from tests.workers.transcode.conftest import previewed
from workers.transcode.encode import Tools

ALIKE = 0.93  # a picture turned, mirrored or squashed is below 0.75
STILL = 8  # frames

CHART = charts.chart(192, 144)


def middle(films: Films, film: Path) -> Picture:
    pictures = films.pictures(film)
    return pictures[len(pictures) // 2]


def seen(tools: Tools, films: Films, source: Path, out: Path) -> Picture:
    """A frame from the middle of what becomes of `source`."""
    previewed(tools, source, out)
    return middle(films, out / MP4)


@pytest.fixture(scope="module")
def held(films: Films) -> Path:
    """A film of the chart; the first track is the video."""
    return films.made("held.mp4", [CHART] * STILL, Take())


def test_the_measure_tells_wrong_pictures_from_right_ones():
    right = charts.chart(320, 180)
    dimmed = 16 / 255 + right * 219 / 255
    letterboxed = np.zeros_like(right)
    letterboxed[20:160] = charts.resized(right, 320, 140)
    wrongs = (right[::-1], right[:, ::-1], letterboxed, right.mean(axis=2, keepdims=True).repeat(3, axis=2))
    assert charts.likeness(right, right) > 0.999
    for wrong in wrongs:
        assert charts.likeness(right, wrong) < 0.85
    assert charts.distance(right, dimmed) > charts.NEAR


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_turned_or_mirrored_clip_comes_out_upright(
    tools: Tools, films: Films, held: Path, out: Path, quarters: int, mirrored: bool
):
    source = out / "source.mp4"
    source.write_bytes(turned(held.read_bytes(), quarters, mirrored=mirrored))
    upright = np.rot90(CHART[:, ::-1] if mirrored else CHART, -quarters)
    result = seen(tools, films, source, out / "made")
    assert charts.likeness(result, upright) > ALIKE
    assert charts.distance(result, upright) < charts.NEAR
    [video] = films.streams(out / "made" / MP4)
    assert "side_data_list" not in video


@pytest.mark.parametrize("quarters", [0, 1])
def test_a_clip_of_wide_pixels_comes_out_in_proportion(tools: Tools, films: Films, out: Path, quarters: int):
    stored = charts.resized(charts.chart(320, 180), 160, 180)
    made = films.made("wide_pixels.mp4", [stored] * STILL, Take(filters="setsar=2"))
    source = out / "source.mp4"
    source.write_bytes(turned(made.read_bytes(), quarters))
    result = seen(tools, films, source, out / "made")
    reference = np.rot90(charts.resized(stored, 320, 180), -quarters)
    assert charts.likeness(result, reference) > ALIKE


def test_a_note_in_the_stream_that_browsers_ignore_squashes_nothing(
    tools: Tools, films: Films, held: Path, out: Path
):
    note = ("-bsf:v", "h264_metadata=display_orientation=insert:rotate=90")
    result = seen(tools, films, films.copied(held, "noted.mp4", after=note), out)
    assert charts.likeness(result, CHART) > ALIKE


def test_an_odd_sized_clip_loses_at_most_a_line(tools: Tools, films: Films, out: Path):
    chart = charts.chart(164, 92)
    take = Take(
        filters="scale=in_color_matrix=bt709,format=gbrp,crop=161:91:0:0:exact=1", options=("-c:v", "ffv1")
    )
    source = films.made("odd_chart.mkv", [chart] * STILL, take)
    result = seen(tools, films, source, out)
    reference = charts.resized(chart[:91, :161], 160, 90)
    assert charts.likeness(result, reference) > ALIKE - 0.02  # it is small, and its lines are blended
    assert charts.distance(result, reference) < charts.NEAR


def test_a_large_clip_is_scaled_down_in_proportion(tools: Tools, films: Films, out: Path):
    large = charts.chart(720, 1280)
    source = films.made("large.mp4", [large] * STILL, Take())
    result = seen(tools, films, source, out)
    assert charts.likeness(result, charts.resized(large, 480, 852)) > ALIKE


def test_interlaced_lines_are_joined_into_whole_pictures(tools: Tools, films: Films, out: Path):
    fields = ticking(0.8, 50, [], (192, 144))
    woven: list[Picture] = []
    for first, second in zip(fields[::2], fields[1::2], strict=True):
        frame = first.copy()
        frame[1::2] = second[1::2]
        woven.append(frame)
    # Colour is shared by the lines of a field; this film has next to none, so that it may be left as it is.
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "6", "-flags", "+ilme+ildct", "-top", "1")
    source = films.made("woven.mp4", woven, Take(options=options, filters="setfield=tff"))
    previewed(tools, source, out)
    results = films.pictures(out / MP4)
    assert len(results) == len(woven)
    for result, whole in list(zip(results, fields[::2], strict=True))[2:-2]:
        assert combing(result) < 0.3 * combing(woven[3])
        assert charts.likeness(result, whole) > 0.9


def combing(picture: Picture) -> float:
    """How far lines stand out from both their neighbours."""
    between = picture[1:-1] - (picture[:-2] + picture[2:]) / 2
    return float(abs(between[: len(between) // 3]).mean())


@pytest.mark.parametrize(("rate", "expected"), [(60, 60), (120, 60), (12, 12)])
def test_motion_keeps_its_time_at_any_rate(tools: Tools, films: Films, out: Path, rate: int, expected: int):
    source = films.made(f"rate{rate}.mp4", ticking(1, rate, [], (192, 108)), Take(rate=str(rate)))
    previewed(tools, source, out)
    times = films.times(out / MP4)
    assert len(times) == expected
    told = [charts.second_shown(picture, 1) for picture in films.pictures(out / MP4)]
    assert max(abs(shown - time) for shown, time in zip(told, times, strict=True)) < 1 / expected


def test_uneven_frames_are_shown_at_their_time(tools: Tools, films: Films, out: Path):
    keep = "select='not(mod(n,4))+gt(sin(n*n),.2)+between(n,60,75)'"
    options = ("-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "6", "-g", "30")
    pictures = ticking(2, 120, [], (240, 136))
    source = films.made("vfr.mp4", pictures, Take(rate="120", filters=keep, options=options))
    pauses = np.diff(films.times(source))
    assert pauses.max() > 3 * pauses.min()
    previewed(tools, source, out)
    times = films.times(out / MP4)
    assert np.ptp(np.diff(times)) < 0.001
    told = [charts.second_shown(picture, 2) for picture in films.pictures(out / MP4)]
    assert max(abs(shown - time) for shown, time in zip(told, times, strict=True)) < 0.04
