"""Pictures and sounds whose every value is known, and measures of what became of them.

Everything here is numpy alone, so that it cannot be wrong in the same way as the filters under test.
"""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.float64]  # height × width × (red, green, blue), 0 to 1 as a screen is sent it
LUMA = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}  # red, blue
BRIGHTEST_PQ = 10_000.0  # cd/m²
BRIGHTEST_HLG = 1_000.0
WHITE = 203.0  # cd/m², what graphics white is in HLG and PQ. Source: ITU-R BT.2408


def chart(width: int, height: int) -> Picture:
    """A picture that looks different turned, mirrored, squashed or with its colours changed."""
    across, down = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    picture = np.empty((height, width, 3))
    corners = (((0.8, 0.15, 0.1), (0.1, 0.7, 0.2)), ((0.15, 0.2, 0.8), (0.75, 0.7, 0.65)))
    for row, colours in enumerate(corners):
        for column, colour in enumerate(colours):
            here = (down * 2 // 1 == row) & (across * 2 // 1 == column)
            picture[here] = colour
    picture *= (0.75 + 0.25 * np.sin(across * 19) * np.cos(down * 13))[..., None]
    picture[((across - 0.3) ** 2 + (down - 0.25) ** 2) < 0.015] = 0.95
    picture[(abs(across - 0.7) < 0.04) & (abs(down - 0.6) < 0.3)] = 0.05
    return picture


def patches(colours: Iterable[tuple[float, float, float]], side: int = 64) -> Picture:
    """Squares of even colour side by side."""
    return np.concatenate([np.tile(np.array(colour), (side, side, 1)) for colour in colours], axis=1)


def patch_colours(picture: Picture, count: int) -> list[tuple[int, int, int]]:
    """The colour of the middle of each of `count` squares, 0 to 255."""
    height, width = picture.shape[:2]
    side = width // count
    margin = side // 4
    means = [
        picture[margin : height - margin, n * side + margin : (n + 1) * side - margin].mean(axis=(0, 1)) * 255
        for n in range(count)
    ]
    return [(round(red), round(green), round(blue)) for red, green, blue in means]


def resized(picture: Picture, width: int, height: int) -> Picture:
    """The picture scaled by Pillow."""
    small = Image.fromarray((picture * 255).round().astype(np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    return np.asarray(small) / 255


@dataclass(frozen=True)
class Coding:
    """How colours are written as numbers."""

    matrix: str = "bt709"
    is_full: bool = False
    bits: int = 8

    @property
    def pixel_format(self) -> str:
        return "yuv420p" if self.bits == 8 else f"yuv420p{self.bits}le"


ORDINARY = Coding()


def written(picture: Picture, coding: Coding) -> bytes:
    """The picture as planes with a quarter of the colour, as a decoder would give them."""
    red, blue = LUMA[coding.matrix]
    luma = picture @ np.array([red, 1 - red - blue, blue])
    chroma_blue = (picture[..., 2] - luma) / (2 * (1 - blue))
    chroma_red = (picture[..., 0] - luma) / (2 * (1 - red))
    low, span, chroma_span, top = _scale(coding)
    planes = [luma * span + low]
    for chroma in (chroma_blue, chroma_red):
        halved = chroma.reshape(chroma.shape[0] // 2, 2, chroma.shape[1] // 2, 2).mean(axis=(1, 3))
        planes.append(halved * chroma_span + (top + 1) / 2)
    number = np.uint8 if coding.bits == 8 else np.dtype("<u2")
    return b"".join(np.clip(plane.round(), 0, top).astype(number).tobytes() for plane in planes)


def read(planes: bytes, width: int, height: int, coding: Coding) -> list[Picture]:
    """The pictures in a row of 8-bit frames with a quarter of the colour."""
    size = width * height * 3 // 2
    return [
        _one(np.frombuffer(planes[at : at + size], np.uint8), width, height, coding)
        for at in range(0, len(planes) - size + 1, size)
    ]


def _one(numbers: NDArray[np.uint8], width: int, height: int, coding: Coding) -> Picture:
    red, blue = LUMA[coding.matrix]
    low, span, chroma_span, top = _scale(coding)
    luma = (numbers[: width * height].reshape(height, width) - low) / span
    chromas = numbers[width * height :].reshape(2, height // 2, width // 2)
    chroma_blue, chroma_red = (chromas.repeat(2, axis=1).repeat(2, axis=2) - (top + 1) / 2) / chroma_span
    reds = luma + chroma_red * 2 * (1 - red)
    blues = luma + chroma_blue * 2 * (1 - blue)
    greens = (luma - red * reds - blue * blues) / (1 - red - blue)
    return np.clip(np.stack([reds, greens, blues], axis=-1), 0, 1)


def _scale(coding: Coding) -> tuple[float, float, float, float]:
    """Black, the span of brightness, that of colour, and the largest number."""
    step = float(1 << (coding.bits - 8))
    top = (1 << coding.bits) - 1.0
    return (0.0, top, top, top) if coding.is_full else (16 * step, 219 * step, 224 * step, top)


def likeness(one: Picture, other: Picture, window: int = 8) -> float:
    """Structural similarity, 1 for the same picture: the mean over windows and over the three colours.

    Source: Wang, Bovik, Sheikh and Simoncelli, Image quality assessment (2004), with a square window.
    """
    assert one.shape == other.shape
    mean_one, mean_other = _windowed(one, window), _windowed(other, window)
    spread_one = _windowed(one**2, window) - mean_one**2
    spread_other = _windowed(other**2, window) - mean_other**2
    together = _windowed(one * other, window) - mean_one * mean_other
    steady_mean, steady_spread = 0.01**2, 0.03**2
    scores = ((2 * mean_one * mean_other + steady_mean) * (2 * together + steady_spread)) / (
        (mean_one**2 + mean_other**2 + steady_mean) * (spread_one + spread_other + steady_spread)
    )
    return float(scores.mean())


def _windowed(values: Picture, window: int) -> Picture:
    sums = np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0), (0, 0)))
    whole = (
        sums[window:, window:] - sums[:-window, window:] - sums[window:, :-window] + sums[:-window, :-window]
    )
    return whole / window**2


def hybrid_log_gamma(light: Picture) -> Picture:
    """The HLG signal that shows `light`, in cd/m² of BT.2020 colours, on a screen of 1000 cd/m².

    Source: ITU-R BT.2100, with the inverse of its system gamma of 1.2.
    """
    share = light / BRIGHTEST_HLG
    luminance = share @ np.array([0.2627, 0.6780, 0.0593])
    scene = share * np.maximum(luminance, 1e-6)[..., None] ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-6)) + c)


def perceptual_quantizer(light: Picture) -> Picture:
    """The PQ signal for `light` in cd/m². Source: SMPTE ST 2084."""
    power = (light / BRIGHTEST_PQ) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def shown(picture: Picture, white: float = WHITE) -> Picture:
    """The light, in cd/m² of BT.2020 colours, that an ordinary screen shows for `picture` at `white`."""
    ordinary = picture**2.4 * white
    wide = np.array(  # Source: ITU-R BT.2087
        [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    )
    return ordinary @ wide.T


def piped(command: list[str], frames: Iterable[bytes]) -> None:
    """Run a tool that reads `frames` from its standard input."""
    subprocess.run(command, check=True, timeout=60, input=b"".join(frames))


def frames_of(ffmpeg: str, film: Path, width: int, height: int, coding: Coding = ORDINARY) -> list[Picture]:
    """Every picture of a finished 8-bit film, its numbers as decoded, read as `coding` says."""
    command = [
        ffmpeg,
        "-v",
        "error",
        "-i",
        str(film),
        "-map",
        "0:v:0",
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-",
    ]
    planes = subprocess.run(command, check=True, timeout=60, capture_output=True).stdout
    return read(planes, width, height, coding)


def clock(second: float, of: float, width: int, height: int, *, flash: bool = False) -> Picture:
    """A dark picture in which a bright upright bar tells the second; below it, a square that may flash."""
    picture = np.full((height, width, 3), (0.1, 0.12, 0.2))
    centre = (second / of * 0.9 + 0.05) * width
    picture[: height // 2, round(centre - width / 40) : round(centre + width / 40) + 1] = (0.95, 0.9, 0.8)
    if flash:
        picture[height * 5 // 8 :, :] = 1.0
    return picture


def second_shown(picture: Picture, of: float) -> float:
    """What the bar of a `clock` tells."""
    height, width = picture.shape[:2]
    brightness = np.clip(picture[height // 8 : height * 3 // 8].mean(axis=(0, 2)) - 0.4, 0, None)
    centre = float((brightness * (np.arange(width) + 0.5)).sum() / brightness.sum())
    return (centre / width - 0.05) / 0.9 * of


def is_flash(picture: Picture) -> bool:
    return float(picture[picture.shape[0] * 3 // 4 :].mean()) > 0.6


NEAR = 0.03


def distance(one: Picture, other: Picture) -> float:
    """How far colours are apart on average, 0 to 1."""
    return float(abs(one - other).mean())
