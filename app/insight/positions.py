"""Models that weigh the steps of a path by where they stand; each touch counts as given, repeats included."""

from collections.abc import Callable, Mapping

import numpy as np

from app.insight.paths import Attribution, Floats, Ints, Paths, summed

# Weight of step i of n, not yet normalised.
Weigh = Callable[[Ints, Ints], Floats]


def first(step: Ints, _of: Ints) -> Floats:
    """All to the first."""
    return (step == 0).astype(np.float64)


def last(step: Ints, of: Ints) -> Floats:
    """All to the last."""
    return (step == of - 1).astype(np.float64)


def linear(step: Ints, _of: Ints) -> Floats:
    """The same to each."""
    return np.ones(len(step))


def decay(step: Ints, of: Ints) -> Floats:
    """Half as much for each step further back: a path has no times, so a step counts as a half-life."""
    return np.exp2(step - (of - 1.0))


def position(step: Ints, of: Ints) -> Floats:
    """0.4 to the first and to the last, 0.2 spread over those between; a half each when there are two."""
    between = np.where(of > 2, 0.2 / np.maximum(of - 2, 1), 0.0)
    return np.where((step == 0) | (step == of - 1), 0.4, between)


MODELS: Mapping[str, Weigh] = {
    "first": first,
    "last": last,
    "linear": linear,
    "decay": decay,
    "position": position,
}


def attribute(paths: Paths, weigh: Weigh) -> Attribution:
    """Share each path's conversions and value out among its steps by their weights."""
    owners = paths.owners
    step = np.arange(len(paths.steps)) - paths.starts[owners]
    weights = weigh(step, paths.lengths[owners])
    sums = np.bincount(owners, weights, len(paths.lengths))
    parts = weights / sums[owners]
    count = len(paths.channels)
    return Attribution(
        paths.channels,
        summed(paths.steps, parts * paths.conversions[owners], count),
        summed(paths.steps, parts * paths.values[owners], count),
    )
