"""Shapley values of channels, exactly.

The game: a set of channels is worth the conversions of all paths whose own set lies within it. Each path is
then a unanimity game of its set, which gives 1 / |set| to each member; so no sum over coalitions is needed.
"""

import numpy as np

from app.insight.paths import Attribution, Paths, summed


def attribute(paths: Paths) -> Attribution:
    """Share each path's conversions and value equally among the different channels on it."""
    count = len(paths.channels)
    touched = np.sort(paths.owners * count + paths.steps, kind="stable")  # nearly in order already
    once = touched[np.concatenate([[True], touched[1:] != touched[:-1]])[: len(touched)]]
    owners, channels = once // max(count, 1), once % max(count, 1)
    sizes = np.bincount(owners, minlength=len(paths.lengths))
    parts = 1 / sizes[owners]
    return Attribution(
        paths.channels,
        summed(channels, parts * paths.conversions[owners], count),
        summed(channels, parts * paths.values[owners], count),
    )
