"""Every hostile and broken file there is."""

from tests.hostile import boxes, damage, disguises, lists, matroska, streams

SAMPLES = [
    *lists.SAMPLES,
    *disguises.SAMPLES,
    *boxes.SAMPLES,
    *matroska.SAMPLES,
    *streams.SAMPLES,
    *damage.SAMPLES,
]
