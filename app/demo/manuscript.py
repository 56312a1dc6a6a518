"""An old book with holes in its pages."""

import math
from random import Random

from app.demo import outlines as o
from app.demo.colours import BARK, BRICK, CREAM, INK, MOSS, NIGHT, OCHRE, PAPER, PERSIMMON, PLUM, RIVER, SOOT
from app.demo.paper import Scissors, Sheet, dice, mixed

PAGE_WIDTH, PAGE_HEIGHT = 262, 400
HOLES = (
    (-196, -104, 30, 1.0),
    (-92, 84, 36, 2.15),
    (84, -128, 28, 3.3),
    (176, 58, 38, 4.45),
)  # x, y, size, mended at
OLD = mixed(PAPER, OCHRE, 0.28)


def lay_open(sheet: Sheet, x: float, y: float, u: float) -> None:
    """The book, open on its middle at (x, y)."""

    cut = Scissors(sheet, x, y, u)

    cut(o.by_hand(o.box(-284, -222, 568, 446), sheet.rng, 3), mixed(RIVER, NIGHT, 0.2), 9, NIGHT)
    for k in (3, 2, 1):
        cut(_page(-1, 5 * k), mixed(OLD, BARK, 0.1 * k), 2)
        cut(_page(1, 5 * k), mixed(OLD, BARK, 0.1 * k), 2)
    holes = [o.blob(hx, hy, size, size * 0.8, dice(k), 0.3, 9) for k, (hx, hy, size, _) in enumerate(HOLES)]
    cut(_page(-1, 0), OLD, 3, mixed(OLD, OCHRE, 0.2))
    cut(_page(1, 0), mixed(OLD, CREAM, 0.2), 3, mixed(OLD, OCHRE, 0.15))
    _writing(cut, sheet.rng)
    _landscape(cut)
    for hole in holes:
        cut(hole, mixed(BARK, INK, 0.3), 0, mixed(BARK, PLUM, 0.4))
        cut(o.stroke([*hole, hole[0]], 6), mixed(OCHRE, BARK, 0.4))
    for k in range(14):
        shade = o.box(-k * 2.2, -PAGE_HEIGHT / 2, 4.4 * k + 2, PAGE_HEIGHT)
        sheet.cut(o.placed(shade, x, y, u), BARK, grain=0, opacity=0.035)
    for k in range(5):
        cut(o.stroke([(-3, -160 + 80 * k), (4, -160 + 80 * k)], 5), PERSIMMON, 1)


def _page(side: int, under: float) -> o.Outline:
    edge = side * (PAGE_WIDTH + under)
    half = PAGE_HEIGHT / 2
    return [
        *o.smooth(
            [(0, -half + 8 + under), (side * 90, -half - 7 + under), (edge, -half + under)], closed=False
        ),
        *o.smooth([(edge, half + under), (side * 90, half - 7 + under), (0, half + 8 + under)], closed=False),
    ]


def _writing(cut: Scissors, rng: Random) -> None:
    """Columns of an old hand, from the top down, round the holes."""
    for side in (-1, 1):
        cut(o.stroke([(side * 20, -176), (side * 244, -182)], 2), BRICK)
        cut(o.stroke([(side * 20, 178), (side * 244, 174)], 2), BRICK)
        for column in range(8):
            cx = side * (38 + 27 * column)
            if side > 0 and column < 6:
                continue
            for row in range(13):
                cy = -158 + 25.5 * row
                if all(math.dist((cx, cy), (hx, hy)) > size + 16 for hx, hy, size, _ in HOLES):
                    _sign(cut, cx, cy, rng)


def _landscape(cut: Scissors) -> None:
    """A small picture on the right page: summits over water, the sun, geese; and the seal on the left."""
    summits = [(24, 120), (60, 20), (96, 70), (128, -50), (170, 60), (196, 20), (214, 120)]
    cut(o.smooth(summits, closed=False), mixed(MOSS, OLD, 0.45), 0, mixed(OLD, MOSS, 0.15))
    shore = o.smooth([(24, 132), (80, 84), (140, 116), (214, 92)], closed=False)
    cut([*shore, (214, 150), (24, 150)], mixed(RIVER, OLD, 0.4))
    cut(o.ellipse(176, -96, 22, 22), mixed(PERSIMMON, OLD, 0.15))
    for k in range(3):
        x, y = 30 * k, -12 * k
        goose = [(52 + x, -60 + y), (60 + x, -66 + y), (68 + x, -58 + y), (78 + x, -66 + y)]
        cut(o.stroke(o.smooth(goose, closed=False), 3), SOOT)
    cut(o.rounded(-246, 144, 26, 26, 4), PERSIMMON)


def _sign(cut: Scissors, x: float, y: float, rng: Random) -> None:
    """One character, as one sees it from afar."""
    for _ in range(rng.choice((3, 4, 4, 5))):
        across = rng.random() < 0.55
        dx, dy = (
            (rng.uniform(5, 8), rng.uniform(-1.5, 1)) if across else (rng.uniform(-4, 3), rng.uniform(5, 8))
        )
        cx, cy = x + rng.uniform(-3, 3), y + rng.uniform(-6, 6)
        cut(o.stroke([(cx - dx, cy - dy), (cx + dx, cy + dy)], 2.6, 1.6), mixed(SOOT, INK, rng.random()))
