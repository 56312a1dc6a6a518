"""Rain on the tea hills: somebody goes home along the lane under an oiled-paper umbrella."""

import math

from app.demo import figures, scenery
from app.demo import outlines as o
from app.demo.colours import (
    BARK,
    CREAM,
    INK,
    MIST,
    MOSS,
    NIGHT,
    OCHRE,
    PERSIMMON,
    PINE,
    RIVER,
    SAGE,
    SKY,
    SNOW,
    WOOD,
)
from app.demo.film import Layer, Motion, Stage
from app.demo.paper import Colour, Picture, Sheet, dice, mixed


def paint(stage: Stage) -> list[Layer]:
    """Some seconds of rain."""
    far = scenery.hill(
        stage, 0.3, (40, 40, 150, 60, 190, 90, 120, 100), mixed(SKY, SAGE, 0.3), MIST, 21, below=0.5
    )
    middle = scenery.hill(
        stage,
        0.36,
        (120, 110, 30, 80, 20, 140, 160),
        mixed(SAGE, SKY, 0.3),
        mixed(SAGE, MIST, 0.5),
        22,
        below=0.6,
    )
    return [
        _sky(stage),
        scenery.land(stage, far, below=0.5),
        scenery.mist(stage, 0.3, 8, CREAM, 0.35),
        scenery.land(stage, middle, below=0.6),
        *_terraces(stage),
        scenery.mist(stage, 0.42, -9, CREAM, 0.22),
        *_lane(stage),
        *_rain(stage),
    ]


def _sky(stage: Stage) -> Layer:
    sheet = scenery.sky(stage, mixed(RIVER, SKY, 0.5), SKY, mixed(MIST, CREAM, 0.5), 0.42, 20)
    for x, y, size, tint in (
        (0.2, 0.09, 1.5, 0.1),
        (0.72, 0.06, 1.8, 0.3),
        (0.93, 0.16, 1.2, 0.5),
        (0.42, 0.17, 1.0, 0.6),
    ):
        scenery.cloud(
            sheet,
            x * stage.width,
            y * stage.height,
            size * stage.unit,
            mixed(mixed(RIVER, SKY, 0.55), MIST, tint),
        )
    return Layer([sheet.image])


def _terraces(stage: Stage) -> list[Layer]:
    """Three hills of tea: hedge over hedge, following the slope."""
    hills = (
        (0.44, (60, 90, 150, 90, 30, 20, 30), mixed(MOSS, SAGE, 0.55), 5, 17, 31),
        (0.53, (20, 10, 20, 80, 150, 170, 120), mixed(MOSS, SAGE, 0.25), 6, 22, 32),
        (0.63, (150, 150, 110, 40, 20, 40, 60), mixed(MOSS, PINE, 0.15), 7, 28, 33),
    )
    layers: list[Layer] = []
    for number, (at, crests, paint, rows, gap, seed) in enumerate(hills):
        below = 1.0 if number == 2 else 0.9
        sheet = scenery.hill(stage, at, crests, paint, mixed(paint, PINE, 0.35), seed, below=below, room=150)
        _hedges(sheet, stage.unit, crests, rows, gap, paint)
        if number == 1:
            scenery.house(
                sheet,
                sheet.image.width * 0.7,
                190 * stage.unit,
                0.8 * stage.unit,
                SNOW,
                mixed(NIGHT, INK, 0.4),
            )
            scenery.house(
                sheet,
                sheet.image.width * 0.7 + 150 * stage.unit,
                200 * stage.unit,
                0.62 * stage.unit,
                SNOW,
                mixed(NIGHT, INK, 0.5),
                lit=False,
            )
        layers.append(scenery.land(stage, sheet, below=below))
    return layers


def _hedges(sheet: Sheet, u: float, crests: tuple[float, ...], rows: int, gap: float, paint: Colour) -> None:
    step = sheet.image.width / (len(crests) - 3)
    top = max(crests) + 150
    for row in range(1, rows * 2):
        deep = row * gap * (1 + row * 0.07)
        line = o.smooth(
            [
                ((i - 1) * step, (top - crest * (1 - 0.045 * row) + deep) * u)
                for i, crest in enumerate(crests)
            ],
            closed=False,
            steps=30,
        )
        tea = mixed(paint, PINE if row % 2 else SAGE, 0.28 + 0.2 * sheet.rng.random())
        thick = gap * 0.4 * (1 + row * 0.06) * u
        crowns = [(x, y - thick * abs(math.sin(k * 1.3))) for k, (x, y) in enumerate(line)]
        sheet.cut([*crowns, *[(x, y + thick * 0.7) for x, y in reversed(line)]], tea, shadow=2 * u)


def _lane(stage: Stage) -> list[Layer]:
    u, w, h = stage.unit, stage.width, stage.height
    ground_at = stage.pick(0.845, 0.8)
    ground = scenery.hill(
        stage, ground_at, (44, 30, 40, 50, 40, 30, 40), mixed(OCHRE, MIST, 0.55), mixed(WOOD, MOSS, 0.4), 35
    )
    for _ in range(46):
        x, y = ground.rng.uniform(0, ground.image.width), ground.rng.uniform(70, 190) * u
        size = (0.5 + y / (190 * u)) * u
        ground.cut(
            o.blob(x, y, 26 * size, 8 * size, ground.rng, 0.12, 9),
            mixed(MIST, WOOD, ground.rng.uniform(0.15, 0.5)),
            shadow=1.5 * u,
        )
    edge = scenery.hill(stage, 0.955, (40, 60, 20, 36, 24, 60, 50), PINE, mixed(PINE, INK, 0.5), 36, room=90)
    for k in range(round(13 * stage.pick(1, 2))):
        scenery.bush(
            edge,
            (k + 0.4) * edge.image.width / (13 * stage.pick(1, 2)),
            (104 + 16 * (k % 3)) * u,
            58 * u,
            40 * u,
            mixed(PINE, MOSS, 0.3 * (k % 3)),
        )
    traveller = _traveller(u)
    place = Motion(w * stage.pick(0.12, 0.26), h * ground_at + 74 * u - traveller[0].height, vx=40 * u)
    child = figures.walker(u * 1.05, OCHRE, PINE, None)
    beside = Motion(w * stage.pick(0.12, 0.26) + 6 * u, h * ground_at + 70 * u - child[0].height, vx=40 * u)
    return [
        scenery.land(stage, ground),
        *_puddles(stage),
        Layer(child[3:] + child[:3], beside),
        Layer(traveller, place),
        scenery.land(stage, edge),
    ]


def _traveller(u: float) -> list[Picture]:
    """A woman with an umbrella that is large enough for two."""
    strides = figures.walker(u * 1.5, RIVER, None)
    pictures: list[Picture] = []
    for step, stride in enumerate(strides):
        sheet = Sheet(260 * u, 270 * u)
        bob = -3 * abs(math.cos(2 * math.pi * step / len(strides)))
        sheet.lay(stride, 92 * u, sheet.image.height - stride.height)
        hand = 158, 206
        sheet.cut(o.placed(o.stroke([hand, (136, 40)], 5), 0, bob * u, u), BARK, shadow=1 * u)
        rim = [(8, 98), (40, 90), (74, 98), (106, 90), (138, 98), (170, 90), (202, 98), (234, 90), (256, 100)]
        dome = [
            *o.smooth([(8, 98), (50, 48), (134, 22), (218, 48), (256, 100)], closed=False),
            *o.smooth(rim, closed=False)[::-1],
        ]
        sheet.cut(o.placed(dome, 0, bob * u, u), PERSIMMON, foot=mixed(PERSIMMON, BARK, 0.25), shadow=4 * u)
        for x, _ in rim[1:-1:1]:
            rib = o.smooth([(134, 24), (134 + (x - 134) * 0.62, 50), (x, 95)], closed=False)
            sheet.cut(o.placed(o.stroke(rib, 2), 0, bob * u, u), mixed(PERSIMMON, BARK, 0.5))
        sheet.cut(o.placed(o.stroke([(134, 26), (134, 10)], 7, 5), 0, bob * u, u), OCHRE, shadow=1 * u)
        pictures.append(sheet.image)
    return pictures


def _puddles(stage: Stage) -> list[Layer]:
    u = stage.unit
    layers: list[Layer] = []
    for k, (x, y) in enumerate(((0.2, 0.905), (0.47, 0.925), (0.74, 0.9), (0.88, 0.93), (0.33, 0.94))):
        rings: list[Picture] = []
        for size in (0.2, 0.4, 0.6, 0.8, 1.0, 0, 0, 0):
            sheet = Sheet(90 * u, 40 * u)
            if size:
                outer, inner = (
                    o.ellipse(45 * u, 20 * u, 42 * size * u, 16 * size * u),
                    o.ellipse(45 * u, 20 * u, 37 * size * u, 13 * size * u),
                )
                sheet.cut(outer, CREAM, holes=[inner], opacity=1.1 - size)
            rings.append(sheet.image)
        layers.append(Layer(rings[k:] + rings[:k], Motion(stage.width * x, stage.height * y)))
    return layers


def _rain(stage: Stage) -> list[Layer]:
    """Two curtains of rain, the nearer one faster."""
    u = stage.unit
    layers: list[Layer] = []
    for seed, count, length, speed, width, opacity in (
        (1, 44, 28, 620, 1.6, 0.5),
        (2, 22, 48, 980, 2.4, 0.65),
    ):
        rng = dice(seed)
        tile = stage.height // 2
        drops = [
            (rng.uniform(0, stage.width), rng.uniform(0, tile))
            for _ in range(round(count * stage.pick(1, 1.6)))
        ]
        sheet = Sheet(stage.width, stage.height + tile, seed)
        for x, y in drops:
            for again in range(3):
                top = y + again * tile
                drop = o.stroke(
                    [(x, top), (x - length * 0.16 * u, top + length * u)], width * u, width * 0.6 * u
                )
                sheet.cut(drop, SNOW, grain=0, opacity=opacity)
        layers.append(Layer([sheet.image], Motion(0, -tile, vy=speed * u, wrap_y=tile)))
    return layers
