"""Which renditions a clip gets. Pure: geometry and rates in, rungs out."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from app.videos.recipes import STANDARD, Recipe

LONGEST_SIDE = 1920  # High profile level 4.2 ends here
FASTEST = 60
LEAST_BITS_PER_SECOND = 200_000
USUAL_RATES = tuple(
    Fraction(n, d)
    for n, d in (
        (24000, 1001),
        (24, 1),
        (25, 1),
        (30000, 1001),
        (30, 1),
        (48, 1),
        (50, 1),
        (60000, 1001),
        (60, 1),
    )
)


@dataclass(frozen=True)
class Rung:
    """One rendition: display size in pixels, both even, and its peak rate in bits a second."""

    name: str
    width: int
    height: int
    peak_rate: int

    @property
    def short_side(self) -> int:
        return min(self.width, self.height)


def rungs(width: int, height: int, rate: Fraction, recipe: Recipe = STANDARD) -> list[Rung]:
    """The renditions of a clip shown at `width` × `height`, largest first; never larger than the clip.

    A clip smaller than the smallest rung gets one of its own size.
    """
    short = min(width, height)
    wanted = [side for side in recipe.short_sides if side <= short] or [short]
    chosen: dict[int, Rung] = {}  # by short side: of a panorama several would come out alike
    for side in wanted:
        size = fitted(width, height, side)
        chosen.setdefault(min(size), Rung(f"{min(size)}p", *size, peak_rate(size, rate, recipe)))
    return list(chosen.values())


def preview_rung(ladder: Sequence[Rung], recipe: Recipe = STANDARD) -> Rung:
    """The rung that makes a clip playable first: cheap, yet good enough for a phone."""
    return min(ladder, key=lambda rung: abs(rung.short_side - recipe.preview_side))


def fallback_rung(ladder: Sequence[Rung], recipe: Recipe = STANDARD) -> Rung:
    """The rung whose single file serves players that know no HLS."""
    return min(ladder, key=lambda rung: abs(rung.short_side - recipe.fallback_side))


def fitted(width: int, height: int, short_side: int) -> tuple[int, int]:
    """The size with `short_side` and the clip's shape, its long side at most LONGEST_SIDE, both even."""
    factor = min(Fraction(short_side, min(width, height)), Fraction(LONGEST_SIDE, max(width, height)))
    return even(width * factor), even(height * factor)


def even(length: Fraction | int) -> int:
    """The largest even whole number up to `length`, and at least 2."""
    return max(2, 2 * floor(Fraction(length) / 2))


def peak_rate(size: tuple[int, int], rate: Fraction, recipe: Recipe = STANDARD) -> int:
    """Peak bits a second for a rendition of `size`; half as much again for fast clips."""
    bits = recipe.peak_rates.get(min(size))
    if bits is None:
        side = recipe.preview_side
        pixels = Fraction(size[0] * size[1], side * even(Fraction(side * 16, 9)))
        bits = max(LEAST_BITS_PER_SECOND, round(recipe.peak_rates[side] * pixels))
    return bits * 3 // 2 if rate > 30 else bits


def frame_rate(measured: float) -> Fraction:
    """The constant rate to encode at: the usual one nearby, a whole one otherwise, never above 60.

    A faster clip keeps every second (third…) frame, so that its motion stays even.
    """
    measured /= max(1, ceil(measured / (FASTEST * 1.01)))
    nearest = min(USUAL_RATES, key=lambda rate: abs(float(rate) - measured))
    if abs(float(nearest) - measured) <= 0.03 * measured:
        return nearest
    return Fraction(max(1, round(measured)))


def group_length(rate: Fraction) -> int:
    """Frames in two seconds: the distance between key frames."""
    return max(1, round(2 * rate))
