from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.transcode.ladder import LONGEST_SIDE, frame_rate, group_length, preview_rung, rungs

SIZES = st.integers(2, 4096)
THIRTY = Fraction(30)


def sizes(width: int, height: int) -> list[tuple[int, int]]:
    return [(rung.width, rung.height) for rung in rungs(width, height, THIRTY)]


def test_an_upright_clip_gets_upright_rungs_by_its_short_side():
    assert sizes(1080, 1920) == [(1080, 1920), (720, 1280), (480, 852)]


def test_a_clip_is_never_scaled_up():
    assert sizes(1280, 720) == [(1280, 720), (852, 480)]


def test_a_clip_smaller_than_every_rung_keeps_its_size():
    assert sizes(321, 179) == [(320, 178)]


def test_a_panorama_gets_each_size_once():
    assert sizes(3840, 960) == [(1920, 480)]
    assert sizes(789, 3143) == [(480, 1920)]  # and not 480 by 1912 as well


def test_a_fast_clip_may_use_half_as_many_bits_again():
    assert rungs(1080, 1920, Fraction(60))[0].peak_rate == rungs(1080, 1920, THIRTY)[0].peak_rate * 3 // 2


@given(SIZES, SIZES)
def test_every_rung_is_even_fits_and_is_named_once(width: int, height: int):
    ladder = rungs(width, height, THIRTY)
    assert len({rung.name for rung in ladder}) == len(ladder)
    assert preview_rung(ladder) in ladder
    for rung in ladder:
        assert rung.width % 2 == rung.height % 2 == 0
        assert rung.width <= max(width, 2)
        assert rung.height <= max(height, 2)
        assert max(rung.width, rung.height) <= LONGEST_SIDE


@pytest.mark.parametrize(
    ("measured", "rate"),
    [
        (29.97003, Fraction(30000, 1001)),
        (29.9999, Fraction(30)),
        (23.976, Fraction(24000, 1001)),
        (119.88, Fraction(60000, 1001)),
        (240.0, Fraction(60)),
        (90.0, Fraction(45)),
        (15.02, Fraction(15)),
        (0.2, Fraction(1)),
    ],
)
def test_the_rate_is_the_usual_one_nearby_and_at_most_sixty(measured: float, rate: Fraction):
    assert frame_rate(measured) == rate


def test_key_frames_stand_two_seconds_apart():
    assert [group_length(rate) for rate in (Fraction(25), Fraction(30000, 1001), Fraction(60))] == [
        50,
        60,
        120,
    ]
