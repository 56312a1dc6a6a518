"""Removal effects of a first-order Markov chain over paths, exactly: one factorisation, no simulation.

States are start, each channel, conversion and null; a channel may follow itself. With Q the moves among
channels, r the moves to conversion and s those from the start: M = (I − Q)⁻¹, h = M·r is the chance to
convert from each channel, v = sᵀM how often each is visited, p = sᵀh the chance to convert at all. Taking
channel i away (whoever comes to it is lost) leaves p − v_i·h_i / M_ii, so that its removal effect is
v_i·h_i / (M_ii·p).
"""

import numpy as np

from app.core.i18n import N_
from app.insight.paths import Attribution, BadPaths, Floats, Paths, summed

MOST_CHANNELS = 8_000  # M has their square in numbers of 8 bytes


def attribute(paths: Paths) -> Attribution:
    """Share conversions and values out among the channels in proportion to their removal effects.

    Raises BadPaths for more channels than a matrix of them has room for.
    """
    count = len(paths.channels)
    if count > MOST_CHANNELS:
        raise BadPaths(
            N_("There are %(count)s channels; the most is %(most)s."), count=count, most=MOST_CHANNELS
        )
    effects = removal_effects(paths)
    total = effects.sum()
    shares = effects / total if total else effects
    return Attribution(paths.channels, shares * paths.conversions.sum(), shares * paths.values.sum(), effects)


def removal_effects(paths: Paths) -> Floats:
    """For each channel, the part of all conversions that would be lost without it."""
    count = len(paths.channels)
    q, r, s = _chances(paths)
    inverse = np.linalg.inv(np.eye(count) - q) if count else np.zeros((0, 0))
    h, v = inverse @ r, s @ inverse
    p = float(s @ h)
    return v * h / (np.diagonal(inverse) * p) if p else np.zeros(count)


def _chances(paths: Paths) -> tuple[Floats, Floats, Floats]:
    """Chances of moving: among channels, from each to conversion, and from the start to each."""
    count = len(paths.channels)
    weights = paths.conversions + paths.nulls
    steps, owners = paths.steps, paths.owners
    follows = owners[1:] == owners[:-1]
    pairs = steps[:-1][follows] * count + steps[1:][follows]
    moves = summed(pairs, weights[owners[1:][follows]], count * count).reshape(count, count)
    lasts = steps[paths.starts[1:] - 1]
    converted = summed(lasts, paths.conversions, count)
    lost = summed(lasts, paths.nulls, count)
    out = moves.sum(axis=1) + converted + lost
    out[out == 0] = 1
    started = summed(steps[paths.starts[:-1]], weights, count)
    return moves / out[:, None], converted / out, started / max(float(started.sum()), 1e-300)
