"""Known colours, written in every way cameras write them, come out as those colours and say what they are."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.videos.renditions import MP4
from tests import charts
from tests.charts import Coding
from tests.films import Films, Take
from tests.workers.transcode.conftest import previewed
from workers.transcode.encode import Tools

COLOURS = (
    (1.0, 1.0, 1.0),
    (0.5, 0.5, 0.5),
    (0.75, 0.1, 0.1),
    (0.1, 0.7, 0.1),
    (0.1, 0.1, 0.8),
    (0.0, 0.0, 0.0),
    (0.8, 0.6, 0.5),
)
PATCHES = charts.patches(COLOURS)
ORDINARY = {
    "color_range": "tv",
    "color_space": "bt709",
    "color_transfer": "bt709",
    "color_primaries": "bt709",
}
TEN_BITS = Coding("bt2020", bits=10)
SIGNAL = {"HLG": charts.hybrid_log_gamma, "PQ": charts.perceptual_quantizer}


def furthest(found: list[tuple[int, int, int]], wanted: list[tuple[int, int, int]]) -> int:
    """The largest difference in any part of any colour, of 255."""
    return int(abs(np.array(found) - np.array(wanted)).max())


def of_255(light: float = 1.0) -> list[tuple[int, int, int]]:
    """The patches as an ordinary screen is sent them when they are lit by `light` times white."""
    scaled = [[min(1.0, part * light ** (1 / 2.4)) for part in colour] for colour in COLOURS]
    return [(round(red * 255), round(green * 255), round(blue * 255)) for red, green, blue in scaled]


def results(tools: Tools, films: Films, source: Path, out: Path) -> tuple[list[Any], list[Any]]:
    """The patches in the film and in the poster, once the film has said that it is an ordinary one."""
    previewed(tools, source, out)
    [video] = films.streams(out / MP4)
    assert ORDINARY.items() <= video.items()
    assert video["pix_fmt"] == "yuv420p"
    assert not any(
        "light" in str(side) or "Mastering" in str(side) for side in video.get("side_data_list", [])
    )
    poster = np.asarray(Image.open(out / "poster.jpg").convert("RGB")) / 255
    film = films.pictures(out / MP4)[1]
    return charts.patch_colours(film, len(COLOURS)), charts.patch_colours(poster, len(COLOURS))


@pytest.mark.parametrize(
    ("coding", "notes"),
    [
        (Coding("bt709"), "bt709"),
        (Coding("bt601"), "bt601"),
        (Coding("bt709", is_full=True), "bt709"),
        (Coding("bt601", is_full=True), "bt601"),
        (Coding("bt601"), None),
        (Coding("bt709", bits=10), "bt709"),
    ],
    ids=["709", "601", "709 full", "601 full", "small without a note", "ten bits"],
)
def test_ordinary_colours_stay_as_they_are(
    tools: Tools, films: Films, out: Path, coding: Coding, notes: str | None
):
    source = films.made("patches.mp4", [PATCHES] * 8, Take(coding=coding, notes=notes))
    film, poster = results(tools, films, source, out)
    assert furthest(film, of_255()) <= 4
    assert furthest(poster, of_255()) <= 6


def test_a_large_clip_without_a_note_is_in_the_colours_of_television(tools: Tools, films: Films, out: Path):
    large = charts.patches(COLOURS, 176)
    source = films.made("large_patches.mp4", [large] * 8, Take(notes=None))
    film, _ = results(tools, films, source, out)
    assert furthest(film, of_255()) <= 4


@pytest.mark.parametrize("curve", ["HLG", "PQ"])
def test_wide_colours_come_out_as_the_same_colours(tools: Tools, films: Films, out: Path, curve: str):
    """Lit by 60 cd/m², they are within what an ordinary screen shows: nothing may change."""
    signal = SIGNAL[curve](charts.shown(PATCHES, 60))
    source = films.made(f"{curve}.mp4", [signal] * 8, Take(coding=TEN_BITS, notes=curve))
    film, poster = results(tools, films, source, out)
    wanted = of_255(60 / charts.WHITE)
    assert furthest(film, wanted) <= 10
    assert furthest(poster, wanted) <= 14


@pytest.mark.parametrize("curve", ["HLG", "PQ"])
def test_white_is_white_and_what_is_brighter_still_has_shape(
    tools: Tools, films: Films, out: Path, curve: str
):
    """Greys of 26 cd/m² (the middle one of a camera), graphics white, and a lamp at 500 and at 900."""
    greys = [26.0, charts.WHITE, 500.0, 900.0]
    light = charts.patches([(grey, grey, grey) for grey in greys])
    source = films.made(f"{curve}_greys.mp4", [SIGNAL[curve](light)] * 8, Take(coding=TEN_BITS, notes=curve))
    previewed(tools, source, out)
    found = charts.patch_colours(films.pictures(out / MP4)[1], len(greys))
    assert all(max(grey) - min(grey) <= 2 for grey in found)
    middle, white, lamp, brighter = (grey[1] for grey in found)
    assert 98 <= middle <= 118
    assert 205 <= white <= 230
    assert white + 12 < lamp < brighter - 4 <= 251


def test_a_wide_clip_that_notes_nothing_but_its_curve_is_understood(tools: Tools, films: Films, out: Path):
    signal = charts.hybrid_log_gamma(charts.shown(PATCHES, 60))
    bare = "color_primaries=unknown:color_trc=arib-std-b67:colorspace=unknown"
    take = Take(coding=TEN_BITS, notes=None, filters=f"setparams={bare}")
    film, _ = results(tools, films, films.made("bare.mp4", [signal] * 8, take), out)
    assert furthest(film, of_255(60 / charts.WHITE)) <= 10


def test_wide_colours_in_ordinary_light_are_brought_in(tools: Tools, films: Films, out: Path):
    wide = (charts.shown(PATCHES, 1.0)) ** (1 / 2.4)
    notes = "setparams=range=tv:color_primaries=bt2020:color_trc=bt2020-10:colorspace=bt2020nc"
    source = films.made("wide-gamut.mp4", [wide] * 8, Take(coding=TEN_BITS, notes=None, filters=notes))
    film, _ = results(tools, films, source, out)
    assert furthest(film, of_255()) <= 10
