"""Geometry of the charts that the server draws, in shares of a hundred: one drawing fits every width. Pure.

Across, 0 is the left edge; down, 0 is the upper one, as SVG counts. Templates put words and colours to it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

STEPS = (1, 2, 5)
MOST_TICKS = 4
GAP = 0.28  # of a column's place, left free beside it
LEAST = 0.6  # what is not nothing stays visible


@dataclass(frozen=True)
class Scale:
    """From `low` (zero, unless something lies below it) to `high`, with round numbers between them."""

    low: int
    high: int
    ticks: Sequence[int]

    def share(self, value: int) -> float:
        """How far `value` lies from `low`, of a hundred."""
        return _short((value - self.low) * 100 / (self.high - self.low))

    def down(self, value: int) -> float:
        """How far from the upper edge `value` is drawn, of a hundred."""
        return _short(100 - self.share(value))


@dataclass(frozen=True)
class Tick:
    """A round number at the side of a chart, in words, and how far down it stands."""

    words: str
    down: float
    is_zero: bool


@dataclass(frozen=True)
class Bar:
    """A value as a length along its scale, from zero: `start` is its lower end, `length` never below zero."""

    start: float
    length: float

    @property
    def end(self) -> float:
        """Its upper end."""
        return _short(self.start + self.length)


@dataclass(frozen=True)
class Column:
    """The place of one step along a time: `left` and `width` of its bar, `middle` of its place, `top` and
    `height` of the bar."""

    left: float
    width: float
    middle: float
    top: float
    height: float


def scale(values: Iterable[int]) -> Scale:
    """A scale that holds zero and every value, and ends on a round number."""
    found = [0, *values]
    low, high = min(found), max(found)
    step = _round_step(max(high - low, 1))
    bottom, top = low // step, max(-(-high // step), low // step + 1)
    return Scale(bottom * step, top * step, [step * n for n in range(bottom, top + 1)])


def ticks(on: Scale, say: Callable[[int], str]) -> list[Tick]:
    """The round numbers of a scale, said by `say`."""
    return [Tick(say(value), on.down(value), value == 0) for value in on.ticks]


def bar(on: Scale, value: int) -> Bar:
    """A value as a bar from zero; a small one keeps a visible length."""
    start, end = sorted((on.share(0), on.share(value)))
    return Bar(start, _short(max(end - start, LEAST if value else 0)))


def columns(on: Scale, values: Sequence[int]) -> list[Column]:
    """The values side by side, each in a place as wide as the others."""
    place = 100 / max(len(values), 1)
    made: list[Column] = []
    for number, value in enumerate(values):
        upright = bar(on, value)
        made.append(
            Column(
                left=_short(place * (number + GAP / 2)),
                width=_short(place * (1 - GAP)),
                middle=_short(place * (number + 0.5)),
                top=_short(100 - upright.start - upright.length),
                height=upright.length,
            )
        )
    return made


def line(on: Scale, values: Sequence[int], places: int = 0) -> str:
    """Points of a line through the middle of each value's place, as SVG's `points`, 100 by 100.

    `places` says how many there are where the values do not fill them all.
    """
    place = 100 / max(places, len(values), 1)
    return " ".join(f"{_short(place * (n + 0.5))},{on.down(value)}" for n, value in enumerate(values))


def ridge(on: Scale, values: Sequence[int]) -> str:
    """A soft line over the values, as SVG's path data, 100 by 100: it goes through each of them and is level
    there, so that it is never higher than what it shows. Needs a value."""
    place = 100 / len(values)
    points = [(place * (n + 0.5), on.down(value)) for n, value in enumerate(values)]
    whole = [(0.0, points[0][1]), *points, (100.0, points[-1][1])]
    path = [f"M0,{whole[0][1]}"]
    for (x0, y0), (x1, y1) in pairwise(whole):
        half = _short((x0 + x1) / 2)
        path.append(f"C{half},{y0} {half},{y1} {_short(x1)},{y1}")
    return " ".join(path)


def labelled(count: int, most: int) -> list[int]:
    """Which of `count` places have their name written below: at most `most`, evenly apart, from the first."""
    apart = max(1, -(-count // max(most, 1)))
    return list(range(0, count, apart))


def _round_step(span: int) -> int:
    """The smallest of 1, 2, 5 × a power of ten that divides `span` into no more than MOST_TICKS."""
    power = 1
    while True:
        for step in STEPS:
            if -(-span // (step * power)) <= MOST_TICKS:
                return step * power
        power *= 10


def _short(share: float) -> float:
    return round(share, 2)
