"""From what was read of a project to what the models say of it, as plain values that can be kept."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from app.core.money import largest_remainder
from app.insight import estimates, paths
from app.insight.paths import Attribution
from app.insight.reading import Reading

MODELS = ("markov", "shapley")


def work_out(read: Reading) -> dict[str, Any]:
    """What each model gives each video, beside its credit. Amounts are minor units; each model's add up to
    what was given by those whose way is known. Raises BadPaths for more videos than Markov has room for."""
    found = {model: _shares(read, model) for model in MODELS} if read.gifts else {}
    videos = {video for of_model in found.values() for video in of_model} | set(read.credited) - {""}
    return {
        "gifts": read.gifts.total() + read.pathless,
        "minor": read.minor.total() + read.pathless_minor,
        "pathless": read.pathless,
        "pathless_minor": read.pathless_minor,
        "agreed": read.agreed,
        "paths": len(read.paths),
        "nulls": read.nulls.total(),
        "uncredited_minor": read.credited[""],
        "videos": [
            {
                "video": video,
                "credited_minor": read.credited[video],
                **{model: found[model].get(video, NOTHING) for model in found},
            }
            for video in sorted(videos)
        ],
    }


NOTHING = {"gifts": 0.0, "minor": 0, "lost": None}


def _shares(read: Reading, model: str) -> dict[str, dict[str, Any]]:
    """By video: gifts, minor units, and the part of all gifts that would be lost without it (Markov)."""
    ways = read.paths
    asked = paths.of(
        ways, *([counted[way] for way in ways] for counted in (read.gifts, read.minor, read.nulls))
    )
    said = estimates.attribute(asked, model)
    minor = _whole(said, read.minor.total())
    lost: Sequence[float | None] = [None] * len(minor)
    if said.removal_effects is not None:
        lost = [float(effect) for effect in said.removal_effects]
    return {
        video: {"gifts": float(said.conversions[at]), "minor": minor[at], "lost": lost[at]}
        for at, video in enumerate(said.channels)
    }


def _whole(said: Attribution, total: int) -> list[int]:
    """A model's values in whole minor units that add up."""
    return largest_remainder(total, [Fraction(max(float(value), 0.0)) for value in said.values])
