"""A child draws the lunch she would like, and it comes to the table, hot."""

import math
from collections.abc import Sequence
from random import Random

from PIL import Image

from app.demo import outlines as o
from app.demo.colours import (
    APRICOT,
    BARK,
    BLUSH,
    CREAM,
    HONEY,
    INK,
    MIST,
    MOSS,
    NIGHT,
    OCHRE,
    PAPER,
    PERSIMMON,
    PINE,
    RIVER,
    ROSE,
    SAGE,
    SKY,
    SNOW,
    WOOD,
)
from app.demo.crayon import Line, drawing
from app.demo.film import Layer, Motion, Move, Stage
from app.demo.paper import Colour, Picture, Scissors, Sheet, dice, mixed, softened

DRAWN = 36  # pictures until the drawing is done: three seconds
SERVED = 3.25  # seconds


def paint(stage: Stage) -> list[Layer]:
    """Three seconds of drawing, then the bowl."""
    u = stage.unit * stage.pick(1.1, 1.16)
    x, y = stage.width * 0.5, stage.height * stage.pick(0.615, 0.62)
    book = drawing(_lines(u), 480 * u, 470 * u, DRAWN, 110 * u)
    bowl = _bowl(u * 1.16)
    pops = [_scaled(bowl, size) for size in (0.5, 0.86, 1.1, 1.07, 0.97, 0.985, 1.01, 1.0)]
    return [
        _room(stage),
        _page(stage, u, x, y),
        Layer(book, Motion(x - 240 * u, y - 235 * u - 110 * u), loops=False),
        Layer(pops, Motion(x - bowl.width / 2, y + 214 * u - bowl.height), loops=False, appears=SERVED),
        _chopsticks(stage, u, x, y),
        *_sparkles(u, x, y),
        *_steam(u, x, y),
    ]


def _room(stage: Stage) -> Layer:
    u, w, h = stage.unit, stage.width, stage.height
    edge = h * stage.pick(0.335, 0.3)
    sheet = Sheet(w, h, 3)
    sheet.fill(mixed(BLUSH, CREAM, 0.3), mixed(BLUSH, APRICOT, 0.25))
    _window(sheet, w * stage.pick(0.29, 0.2), edge * stage.pick(0.46, 0.4), u * stage.pick(1, 0.8))
    _shelf(sheet, w * stage.pick(0.77, 0.82), edge * 0.55, u)
    sheet.cut(o.box(-10, edge, w + 20, h), WOOD, foot=mixed(WOOD, BARK, 0.5), shadow=9 * u)
    for k in range(1, 9):
        top, bottom = w * (0.5 + (k - 4.5) * 0.13), w * (0.5 + (k - 4.5) * 0.27)
        sheet.cut(
            o.stroke([(top, edge + 4 * u), (bottom, h)], 2 * u, 5 * u), mixed(WOOD, BARK, 0.55), opacity=0.55
        )
    _crayons(sheet, w, h, u, stage)
    return Layer([sheet.image])


def _window(sheet: Sheet, x: float, y: float, u: float) -> None:
    cut = Scissors(sheet, x, y, u)

    cut(o.box(-126, -140, 252, 290), mixed(WOOD, BARK, 0.35), 6)
    cut(o.box(-112, -126, 224, 262), SKY, 0, mixed(HONEY, CREAM, 0.4))
    cut(o.ellipse(50, -56, 30, 30), HONEY, 2)
    cut(
        [
            *o.smooth([(-112, 60), (-60, 10), (0, 50), (60, 0), (112, 40)], closed=False),
            (112, 136),
            (-112, 136),
        ],
        mixed(SAGE, SKY, 0.4),
        4,
    )
    cut(
        [*o.smooth([(-112, 90), (-40, 70), (30, 100), (112, 76)], closed=False), (112, 136), (-112, 136)],
        SAGE,
        4,
    )
    cut(o.box(-5, -126, 10, 262), mixed(WOOD, BARK, 0.3), 3)
    cut(o.box(-112, -6, 224, 10), mixed(WOOD, BARK, 0.3), 3)
    for side in (-1, 1):
        drape = [
            (side * 150, -158),
            (side * 36, -158),
            (side * 62, -60),
            (side * 118, 40),
            (side * 126, 168),
            (side * 158, 168),
        ]
        cut(o.smooth(drape), PERSIMMON, 6, mixed(PERSIMMON, BARK, 0.25))
    cut(o.rounded(-172, -176, 344, 22, 10), BARK, 4)


def _shelf(sheet: Sheet, x: float, y: float, u: float) -> None:
    cut = Scissors(sheet, x, y, u, lift=3)

    cut(o.box(-120, 60, 250, 16), mixed(WOOD, BARK, 0.4), 6)
    cut(o.rounded(-98, -12, 66, 72, 12), RIVER, 3, mixed(RIVER, NIGHT, 0.5))
    cut(o.rounded(-104, -22, 78, 14, 6), mixed(RIVER, NIGHT, 0.5))
    for lean, tall in ((-34, -70), (-12, -96), (10, -78), (30, -54)):
        cut(
            o.stroke(
                o.smooth([(40, 10), (40 + lean * 0.6, tall * 0.5), (40 + lean, tall)], closed=False), 5, 3
            ),
            MOSS,
            1,
        )
        cut(o.blob(40 + lean, tall, 17, 13, sheet.rng, 0.12), SAGE if lean % 4 else MOSS, 2)
    cut([(8, 6), (76, 6), (68, 60), (16, 60)], PERSIMMON, 3, mixed(PERSIMMON, BARK, 0.4))
    cut(o.box(2, 0, 80, 13), mixed(PERSIMMON, CREAM, 0.15))


def _crayons(sheet: Sheet, w: float, h: float, u: float, stage: Stage) -> None:
    places = (
        (0.12, 0.9, 24, RIVER),
        (0.3, 0.945, -62, MOSS),
        (0.83, 0.915, 118, OCHRE),
        (0.62, 0.95, 82, ROSE),
    )
    wide = ((0.1, 0.82, 24, RIVER), (0.16, 0.93, -52, MOSS), (0.87, 0.85, 118, OCHRE), (0.8, 0.95, 82, ROSE))
    for x, y, angle, paint in places if stage.upright else wide:
        for points, tint, lift in (
            ([(-10, -62), (10, -62), (10, 50), (3, 70), (-3, 70), (-10, 50)], paint, 4.0),
            ([(-10, -52), (10, -52), (10, 40), (-10, 40)], mixed(paint, CREAM, 0.45), 0.0),
            ([(-10, 32), (10, 32), (10, 26), (-10, 26)], paint, 0.0),
        ):
            sheet.cut(o.placed(o.turned(points, angle, (0, 0)), w * x, h * y, u), tint, shadow=lift * u)


def _page(stage: Stage, u: float, x: float, y: float) -> Layer:
    sheet = Sheet(stage.width, stage.height, 8)
    corners = [(-272, -262), (266, -268), (274, 262), (-264, 270)]
    sheet.cut(o.placed(corners, x, y, u), mixed(PAPER, SNOW, 0.6), foot=PAPER, shadow=7 * u, grain=0.6)
    return Layer([sheet.image])


def _lines(u: float) -> list[Line]:
    """The child's drawing: a bowl with everything in it, under the sun; 480 × 470 units."""
    blue, red, yellow, green, orange = RIVER, PERSIMMON, OCHRE, MOSS, APRICOT
    sun = [(70 + 34 * math.cos(a / 4), 66 + 32 * math.sin(a / 4)) for a in range(27)]
    rays = [
        [(70 + 46 * math.cos(a), 66 + 46 * math.sin(a)), (70 + 68 * math.cos(a), 66 + 68 * math.sin(a))]
        for a in (0.2, 1.1, 2.0, 2.9, 4.0, 5.1)
    ]
    rim = [(240 + 168 * math.cos(a / 6), 236 + 44 * math.sin(a / 6)) for a in range(40)]
    body = [(74, 244), (92, 320), (140, 392), (200, 418), (280, 420), (342, 390), (388, 322), (407, 242)]
    zigzag = [(100 + 31 * k, 330 + (16 if k % 2 else -14) + 4 * (k % 3)) for k in range(10)]
    noodles = [(104 + 13 * k, 232 + 20 * math.sin(k * 1.9) * (1 if k % 2 else -0.8)) for k in range(22)]
    egg = [(310 + 36 * math.cos(a / 4), 222 + 25 * math.sin(a / 4)) for a in range(27)]
    yolk = [(312 + 13 * math.cos(a / 3), 222 + 10 * math.sin(a / 3)) for a in range(20)]
    leaf = [(150, 214), (160, 180), (186, 166), (200, 186), (184, 208), (150, 214), (190, 176)]
    steam = [[(x + 12 * math.sin(k / 1.6), 160 - 11 * k) for k in range(9)] for x in (206, 258, 312)]
    smile = [(214, 364), (226, 380), (246, 384), (264, 376), (272, 360)]
    plan: list[tuple[Sequence[o.Point], Colour, float]] = [
        (body, blue, 9), (rim, blue, 9), (noodles, yellow, 9), (egg, orange, 8), (yolk, yellow, 10),
        (leaf, green, 9), (zigzag, red, 9), (smile, red, 7), *((puff, blue, 6) for puff in steam),
        (sun, orange, 9), *((ray, orange, 8) for ray in rays),
    ]  # fmt: skip
    rng = dice(8)
    return [
        Line(o.placed(o.smooth(o.by_hand(points, rng, 2.4), closed=False), 0, 0, u), ink, thick * u)
        for points, ink, thick in plan
    ]


def _bowl(u: float) -> Picture:
    """The real bowl, 460 × 330 units."""
    sheet = Sheet(460 * u, 350 * u, 12)

    cut = Scissors(sheet, 230 * u, 0, u)

    under = Sheet(460 * u, 350 * u)
    under.cut(o.placed(o.ellipse(0, 316, 150, 20), 236 * u, 0, u), INK, opacity=0.55)
    sheet.lay(softened(under.image, 7 * u, INK), 0, 0)
    body = [*o.ellipse(0, 128, 190, 178, 0, 180), (-190, 128)]
    cut(o.box(-66, 286, 132, 30), mixed(RIVER, NIGHT, 0.35), 2, NIGHT)
    cut(body, mixed(RIVER, SKY, 0.25), 5, mixed(RIVER, NIGHT, 0.35))
    for k in range(9):
        petal = o.smooth([(0, -24), (15, 0), (0, 24), (-15, 0)])
        bend = (k - 4) / 4
        cut(o.placed(petal, bend * 150, 216 - 14 * bend * bend, 1 - 0.25 * abs(bend), 1), CREAM)
    cut(o.stroke(o.ellipse(0, 138, 187, 60, 5, 175), 5), CREAM)
    cut(o.ellipse(0, 128, 190, 58), mixed(SNOW, SKY, 0.3), 3)
    cut(o.ellipse(0, 132, 174, 49), mixed(OCHRE, BARK, 0.32), 0, mixed(OCHRE, APRICOT, 0.3))
    _toppings(cut, sheet.rng)
    return sheet.image


def _toppings(cut: Scissors, rng: Random) -> None:
    for k in range(16):
        x = -140 + 15 * k + rng.uniform(-8, 8)
        swirl = [
            (x - 24, 140 + rng.uniform(-18, 22)),
            (x - 4, 118 + rng.uniform(-6, 10)),
            (x + 22, 136 + rng.uniform(-14, 18)),
        ]
        cut(o.stroke(o.smooth(swirl, closed=False), 8), mixed(HONEY, CREAM, rng.uniform(0, 0.5)), 1.5)
    for x, y, turn in ((-118, 118, -20), (-92, 104, 10), (-64, 112, 34)):
        leaf = o.smooth([(0, -40), (20, -18), (15, 16), (0, 26), (-15, 14), (-19, -18)])
        cut(o.placed(o.turned(leaf, turn, (0, 0)), x, y), mixed(MOSS, SAGE, 0.2), 3, PINE)
        cut(o.placed(o.turned(o.stroke([(0, -30), (0, 24)], 2, 5), turn, (0, 0)), x, y), MIST)
    for x, y, size in ((52, 122, 1.0), (112, 128, 0.94)):
        cut(o.placed(o.ellipse(0, 0, 40, 30), x, y, size), SNOW, 4, mixed(SNOW, BLUSH, 0.3))
        cut(o.placed(o.ellipse(2, 2, 20, 16), x, y, size), OCHRE, 1, APRICOT)
        cut(o.placed(o.ellipse(-4, -3, 6, 4), x, y, size), mixed(HONEY, CREAM, 0.5))
    cut(o.blob(-6, 146, 33, 21, rng, 0.05, 14), SNOW, 3)
    spiral = [
        (-6 + (3 + a * 1.25) * math.cos(a / 2), 146 + (2 + a * 0.78) * math.sin(a / 2)) for a in range(18)
    ]
    cut(o.stroke(o.smooth(spiral, closed=False), 4), ROSE)
    for _ in range(15):
        x, y = rng.uniform(-120, 140), rng.uniform(120, 166)
        cut(o.turned(o.box(x, y, 9, 5), rng.uniform(0, 180), (x, y)), mixed(MOSS, SAGE, 0.4), 0.8)


def _scaled(picture: Picture, size: float) -> Picture:
    """The picture larger or smaller on a sheet of the same size, standing on the same foot."""
    canvas = Image.new("RGBA", (picture.width, picture.height))
    width, height = round(picture.width * size), round(picture.height * (2 - size if size > 1 else size))
    small = picture.resize((width, height), Image.Resampling.BICUBIC)
    sheet = Sheet(*canvas.size)
    sheet.lay(small, (picture.width - width) / 2, picture.height - height)
    return sheet.image


def _chopsticks(stage: Stage, u: float, x: float, y: float) -> Layer:
    sheet = Sheet(330 * u, 110 * u, 4)
    for k, shift in enumerate((0, 26)):
        stick = o.stroke([(14, 64 + shift), (316, 14 + shift * 0.6)], 7, 12)
        sheet.cut(o.placed(stick, 0, 0, u), mixed(PERSIMMON, BARK, 0.45 + 0.1 * k), shadow=4 * u)
    away = stage.width - x + 20 * u
    resting = Motion(x - 10 * u + away, y + 196 * u - 30 * u, moves=(Move(4.0, 0.8, dx=-away),))
    return Layer([sheet.image], resting)


def _sparkles(u: float, x: float, y: float) -> list[Layer]:
    layers: list[Layer] = []
    for k, (dx, dy) in enumerate(
        ((-236, -60), (-190, -190), (-60, -250), (92, -246), (206, -170), (244, -40))
    ):
        paint = (OCHRE, PERSIMMON, HONEY)[k % 3]
        pictures: list[Picture] = []
        for size in (0.3, 0.8, 1.15, 1.0, 0.85, 0.6, 0.3):
            sheet = Sheet(60 * u, 60 * u)
            star = [
                (
                    30 + (26 if p % 2 == 0 else 9) * size * math.cos(p * math.pi / 4 + k),
                    30 + (26 if p % 2 == 0 else 9) * size * math.sin(p * math.pi / 4 + k),
                )
                for p in range(8)
            ]
            sheet.cut(o.placed(star, 0, 0, u), paint, shadow=1.5 * u)
            pictures.append(sheet.image)
        empty = Sheet(60 * u, 60 * u).image
        place = Motion(x + dx * u - 30 * u, y + dy * u - 30 * u)
        layers.append(Layer([*pictures, empty], place, loops=False, appears=SERVED + 0.1 + 0.07 * k))
    return layers


def _steam(u: float, x: float, y: float) -> list[Layer]:
    """Three wisps that rise from the bowl, as a flip book that closes."""
    count = 24
    wisps: list[Picture] = []
    for step in range(count):
        sheet = Sheet(90 * u, 300 * u, 5)
        phase = 2 * math.pi * step / count
        line = [(45 + (8 + k * 1.1) * math.sin(k * 0.55 - phase), 290 - 21 * k) for k in range(14)]
        curve = o.placed(o.smooth(line, closed=False), 0, 0, u)
        sheet.cut(o.stroke(curve, 26 * u, 5 * u), SNOW, grain=0, opacity=0.85)
        wisps.append(softened(sheet.image, 3 * u, mixed(SKY, SNOW, 0.3)))
    layers: list[Layer] = []
    for k, dx in enumerate((-104, -10, 84)):
        turned = wisps[k * 8 :] + wisps[: k * 8]
        rising = Motion(x + dx * u - 45 * u, y - 300 * u - 20 * (k % 2) * u)
        layers.append(Layer(turned, rising, appears=SERVED + 0.6 + 0.15 * k))
    return layers
