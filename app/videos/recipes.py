"""How videos are encoded, by versioned name. Pure.

A recipe that has published anything never changes: another ladder, quality or layout is a new name, and
`kindrelay reencode` brings a library to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.core.settings import SettingsError


@dataclass(frozen=True)
class Recipe:
    """A ladder and its quality.

    `peak_rates` are bits a second at up to 30 frames, by the short side of a rung in pixels;
    `quality` is x264's crf; segments are seconds long and a multiple of the two seconds between key frames.
    """

    name: str
    peak_rates: Mapping[int, int]
    quality: int
    preview_side: int
    fallback_side: int
    preview_segment_seconds: int = 2
    segment_seconds: int = 4

    @property
    def short_sides(self) -> tuple[int, ...]:
        """Short sides of the rungs, largest first."""
        return tuple(sorted(self.peak_rates, reverse=True))


STANDARD = Recipe(
    "h264-2",
    MappingProxyType({1080: 5_000_000, 720: 2_800_000, 480: 1_400_000}),
    quality=23,
    preview_side=480,
    fallback_side=720,
)
# For small stores and slow networks: no 1080p, and about half the bytes.
SMALL = Recipe(
    "h264-2-small",
    MappingProxyType({720: 1_800_000, 480: 900_000, 360: 500_000}),
    quality=26,
    preview_side=480,
    fallback_side=480,
)
RECIPES: Mapping[str, Recipe] = MappingProxyType({recipe.name: recipe for recipe in (STANDARD, SMALL)})


def named(name: str) -> Recipe:
    """The recipe that KINDRELAY_RECIPE calls `name`. Raises SettingsError when there is none such."""
    if name not in RECIPES:
        raise SettingsError(f"KINDRELAY_RECIPE must be one of: {', '.join(RECIPES)}.")
    return RECIPES[name]
