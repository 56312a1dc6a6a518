"""How a clip writes colours as numbers, and the table that brings wide light to ordinary screens. Pure.

The table is computed here, exactly, because the tone-mapping filters of ffmpeg are either wrong for HLG,
which they make too colourful, or too slow by a factor of six; and they darken what is meant to be white.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import exp
from typing import Any

from workers.transcode.header import Stream

Triple = tuple[float, float, float]

MATRICES = {
    "bt709": "bt709",
    "smpte170m": "bt601",
    "bt470bg": "bt601",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
    "bt2020c": "bt2020",
}
STANDARD_DEFINITION = (1024, 576)  # larger pictures without a note are in BT.709, as televisions assume
# From wide primaries to those of BT.709. Source: ITU-R BT.2087; SMPTE EG 432-1 by the same method.
TO_ORDINARY: dict[str, tuple[Triple, Triple, Triple]] = {
    "bt2020": ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187)),
    "smpte432": ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979)),
    "bt709": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}
WIDE_PRIMARIES = TO_ORDINARY.keys() - {"bt709"}
WHITE = (
    203.0  # cd/m² of graphics white in HLG and PQ, and of skin and paper in daylight. Source: ITU-R BT.2408
)
BRIGHTEST = 1000.0  # cd/m²; what is brighter, which phones do not record, comes out white
FAITHFUL = 0.3  # of white: up to here light comes out as it went in, above it is pressed together
SCREEN_GAMMA = 2.4  # Source: ITU-R BT.1886
NODES = 33  # a colour; most colours between them are less than a hundredth off


@dataclass(frozen=True)
class Colours:
    """The coding of a clip; `matrix` is none where there is none to undo, as in RGB.

    `curve` is "HLG", "PQ" or "SDR".
    """

    matrix: str | None
    is_full: bool
    primaries: str
    curve: str

    @property
    def are_wide(self) -> bool:
        """Whether an ordinary screen needs the table to show them."""
        return self.curve != "SDR" or self.primaries in WIDE_PRIMARIES

    @property
    def strongest(self) -> float:
        """The signal of the brightest light that the table tells apart."""
        return CURVES[self.curve][1]


def colours(video: Stream, hdr: str | None) -> Colours:
    """The coding of `video` as it is noted, or as players assume it where it is not."""
    told = str(video.get("color_space"))
    primaries = str(video.get("color_primaries"))
    if primaries not in TO_ORDINARY:
        primaries = "bt2020" if hdr or told.startswith("bt2020") else "bt709"
    return Colours(
        matrix=None if told == "gbr" else MATRICES.get(told) or _assumed_matrix(video, hdr),
        is_full=video.get("color_range") == "pc" or str(video.get("pix_fmt")).startswith("yuvj"),
        primaries=primaries,
        curve=hdr or "SDR",
    )


def _assumed_matrix(video: dict[str, Any], hdr: str | None) -> str:
    if hdr:
        return "bt2020"
    width, height = STANDARD_DEFINITION
    return "bt709" if int(video["width"]) > width or int(video["height"]) > height else "bt601"


def table(coding: Colours) -> str:
    """What each wide colour becomes, as a .cube file: red, green and blue from 0 to 1, red fastest.

    It is asked with signals divided by `coding.strongest`, so that no node is spent on what comes out white.
    Light up to graphics white keeps its colour and, in the darker part, its brightness too.
    """
    to_light, top = CURVES[coding.curve]
    lights = [to_light(top * node / (NODES - 1)) for node in range(NODES)]
    is_hybrid, is_hdr = coding.curve == "HLG", coding.curve != "SDR"
    (rr, rg, rb), (gr, gg, gb), (br, bg, bb) = TO_ORDINARY[coding.primaries]
    lines = [f"LUT_3D_SIZE {NODES}"]
    for blue, green, red in product(lights, repeat=3):
        factor = _shown(red, green, blue) if is_hybrid else 1.0
        ordinary_red = max(0.0, rr * red + rg * green + rb * blue) * factor
        ordinary_green = max(0.0, gr * red + gg * green + gb * blue) * factor
        ordinary_blue = max(0.0, br * red + bg * green + bb * blue) * factor
        strongest = max(ordinary_red, ordinary_green, ordinary_blue)
        less = pressed(strongest) / strongest if is_hdr and strongest > FAITHFUL else 1.0
        signals = [
            min(1.0, light * less) ** (1 / SCREEN_GAMMA)
            for light in (ordinary_red, ordinary_green, ordinary_blue)
        ]
        lines.append("%.4f %.4f %.4f" % tuple(signals))  # noqa: UP031 (twice as fast, 36 000 times)
    return "\n".join(lines) + "\n"


def pressed(light: float) -> float:
    """Light in units of white, brought into 0 to 1 without a step: white keeps room for what is brighter.

    The Möbius curve: a straight line up to FAITHFUL, then a hyperbola that ends with 1 at BRIGHTEST.
    """
    if light <= FAITHFUL:
        return light
    peak = BRIGHTEST / WHITE
    below = -(FAITHFUL**2) * (peak - 1) / (FAITHFUL**2 - 2 * FAITHFUL + peak)
    beside = (FAITHFUL**2 - 2 * FAITHFUL * peak + peak) / (peak - 1)
    scale = (beside**2 + 2 * beside * FAITHFUL + FAITHFUL**2) / (beside - below)
    return min(1.0, scale * (light + below) / (light + beside))


def _hlg(signal: float) -> float:
    """Light at the camera, 0 to 1. Source: ITU-R BT.2100."""
    return signal**2 / 3 if signal <= 0.5 else (exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12


def _pq(signal: float) -> float:
    """Light on the screen in units of white. Source: SMPTE ST 2084."""
    power = signal ** (32 / 2523)
    share = max(0.0, power - 3424 / 4096) / (2413 / 128 - 2392 / 128 * power)
    return 10_000 * share ** (16384 / 2610) / WHITE


def _sdr(signal: float) -> float:
    return signal**SCREEN_GAMMA


def _shown(red: float, green: float, blue: float) -> float:
    """From light at the camera to light on a screen of 1000 cd/m², in units of white. Source: BT.2100."""
    return 1000 / WHITE * (0.2627 * red + 0.6780 * green + 0.0593 * blue) ** 0.2


CURVES: dict[str, tuple[Callable[[float], float], float]] = {
    "HLG": (_hlg, 1.0),
    "PQ": (_pq, 0.7518),  # 1000 cd/m²
    "SDR": (_sdr, 1.0),
}
