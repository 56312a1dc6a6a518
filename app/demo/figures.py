"""Little people and birds, drawn on small sheets as flip books."""

import math

from app.demo import outlines as o
from app.demo.colours import BRICK, INK, SKIN, SOOT
from app.demo.paper import Colour, Picture, Scissors, Sheet, mixed

STEPS = 8  # drawings of one stride


def walker(unit: float, coat: Colour, bag: Colour | None = None, hat: Colour | None = None) -> list[Picture]:
    """Somebody small who walks to the right; one stride, 70 × 120 units, feet at the bottom."""
    return [_stride(unit, coat, bag, hat, step / STEPS) for step in range(STEPS)]


def _stride(unit: float, coat: Colour, bag: Colour | None, hat: Colour | None, part: float) -> Picture:
    sheet = Sheet(70 * unit, 124 * unit)
    swing = math.sin(2 * math.pi * part)
    lift = abs(math.cos(2 * math.pi * part)) * 3

    cut = Scissors(sheet, 0, 0, unit, lift=1.2)
    for side in (-1, 1):
        foot = 35 + side * swing * 12
        cut(o.stroke([(35, 84 - lift), (foot, 114 - (4 if side * swing > 0.3 else 0))], 9, 8), SOOT, 0)
        cut(o.ellipse(foot + 3, 116 - (4 if side * swing > 0.3 else 0), 8, 4.5), INK, 0)
    if bag:
        cut(o.rounded(10, 48 - lift, 20, 30, 7), bag)
    cut(o.smooth([(26, 42 - lift), (44, 42 - lift), (52, 92 - lift), (18, 92 - lift)], steps=4), coat, 1.6)
    hand = (38 - swing * 13, 76 - lift)
    cut(o.stroke([(35, 52 - lift), hand], 9, 7), mixed(coat, INK, 0.18), 0.6)
    cut(o.ellipse(*hand, 4, 4), SKIN, 0)
    cut(o.ellipse(37, 27 - lift, 15, 16), SKIN)
    hair = o.smooth(
        [(20, 30 - lift), (22, 12 - lift), (38, 7 - lift), (52, 18 - lift), (38, 19 - lift), (29, 32 - lift)]
    )
    cut(hair, INK, 0)
    cut(o.ellipse(46, 28 - lift, 1.7, 2.2), INK, 0)
    cut(o.ellipse(44, 34 - lift, 3, 2), mixed(SKIN, BRICK, 0.35), 0)
    if hat:
        cut(
            o.smooth([(17, 20 - lift), (24, 4 - lift), (40, 0 - lift), (54, 16 - lift), (36, 17 - lift)]), hat
        )
    return sheet.image


def bird(unit: float, paint: Colour) -> list[Picture]:
    """A bird far away that beats its wings; 40 × 30 units."""
    flight: list[Picture] = []
    for height in (-9, -5, 1, 6, 1, -5):
        sheet = Sheet(40 * unit, 30 * unit)
        wings = [(2, 15 + height), (11, 10 + height / 2), (20, 16), (29, 10 + height / 2), (38, 15 + height)]
        line = o.smooth(wings, closed=False)
        sheet.cut([(x * unit, y * unit) for x, y in o.stroke(line, 4.2, 3)], paint)
        flight.append(sheet.image)
    return flight
