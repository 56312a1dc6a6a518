"""A lamp, a brush and patience: an old book is mended page by page."""

import math

from app.demo import manuscript
from app.demo import outlines as o
from app.demo.colours import (
    APRICOT,
    BARK,
    BRICK,
    CREAM,
    HONEY,
    INK,
    MOSS,
    NIGHT,
    OCHRE,
    PERSIMMON,
    PINE,
    PLUM,
    RIVER,
    ROSE,
    SAGE,
    SKIN,
    SKY,
    SNOW,
    SOOT,
    WOOD,
)
from app.demo.film import Layer, Motion, Move, Stage
from app.demo.paper import Picture, Scissors, Sheet, dice, mixed, softened


def paint(stage: Stage) -> list[Layer]:
    """Four holes, four patches."""
    u = stage.unit * stage.pick(1.2, 1.34)
    x, y = stage.width * 0.5, stage.height * stage.pick(0.55, 0.52)
    return [
        _desk(stage, u, x, y),
        _steam(stage, u),
        *_patches(u, x, y),
        _brush(u, x, y),
        _light(stage, u),
    ]


def _desk(stage: Stage, u: float, x: float, y: float) -> Layer:
    w, h = stage.width, stage.height
    sheet = Sheet(w, h, 90)
    sheet.fill(mixed(BARK, PLUM, 0.35), mixed(BARK, INK, 0.45))
    for k in range(1, 8):
        top = h * k / 8 + sheet.rng.uniform(-8, 8)
        sheet.cut(
            o.stroke([(-10, top), (w * 0.4, top + 3), (w + 10, top - 4)], 4 * u),
            mixed(BARK, INK, 0.65),
            opacity=0.7,
        )
    cloth = [
        (x - 322 * u, y - 250 * u),
        (x + 316 * u, y - 258 * u),
        (x + 326 * u, y + 262 * u),
        (x - 318 * u, y + 256 * u),
    ]
    sheet.cut(cloth, mixed(RIVER, NIGHT, 0.45), foot=mixed(RIVER, NIGHT, 0.7), shadow=6 * u)
    _tools(sheet, stage, u)
    manuscript.lay_open(sheet, x, y, u)
    return Layer([sheet.image])


def _cup_at(stage: Stage) -> o.Point:
    return stage.width * stage.pick(0.8, 0.87), stage.height * stage.pick(0.165, 0.24)


def _tools(sheet: Sheet, stage: Stage, u: float) -> None:
    """A cup of tea, a pot of paste, papers to patch with under a stone, a sprig of leaves."""
    _cup(sheet, stage, u)
    _paste(sheet, stage.width * stage.pick(0.2, 0.12), stage.height * stage.pick(0.865, 0.8), u)
    _papers(sheet, stage.width * stage.pick(0.76, 0.88), stage.height * stage.pick(0.885, 0.82), u)
    _sprig(sheet, stage.width * stage.pick(0.2, 0.13), stage.height * stage.pick(0.15, 0.2), u)


def _cup(sheet: Sheet, stage: Stage, u: float) -> None:
    x, y = _cup_at(stage)
    for r, paint in (
        (84, mixed(RIVER, SKY, 0.35)),
        (66, CREAM),
        (58, mixed(RIVER, SKY, 0.2)),
        (50, mixed(OCHRE, BRICK, 0.5)),
    ):
        sheet.cut(
            o.blob(x, y, r * u, r * u, sheet.rng, 0.008, 24),
            paint,
            foot=mixed(paint, INK, 0.15),
            shadow=4 * u,
        )


def _paste(sheet: Sheet, x: float, y: float, u: float) -> None:
    for r, paint in ((78, PERSIMMON), (60, mixed(PERSIMMON, BARK, 0.5)), (56, CREAM)):
        sheet.cut(
            o.blob(x, y, r * u, r * u, sheet.rng, 0.01, 22), paint, foot=mixed(paint, BARK, 0.2), shadow=4 * u
        )
    sheet.cut(
        o.stroke(
            o.smooth(
                [(x - 30 * u, y), (x, y - 20 * u), (x + 26 * u, y + 4 * u), (x - 6 * u, y + 22 * u)],
                closed=False,
            ),
            6 * u,
        ),
        mixed(CREAM, OCHRE, 0.25),
    )


def _papers(sheet: Sheet, x: float, y: float, u: float) -> None:
    for k, (paint, turn) in enumerate(
        ((SAGE, -14), (ROSE, 6), (manuscript.OLD, 20), (mixed(SKY, CREAM, 0.3), -4))
    ):
        leaf = o.turned([(-92, -60), (92, -66), (96, 62), (-90, 66)], turn, (0, 0))
        sheet.cut(o.placed(leaf, x + 6 * k * u, y - 8 * k * u, u), paint, shadow=4 * u)
    sheet.cut(
        o.blob(x + 22 * u, y - 30 * u, 46 * u, 32 * u, sheet.rng, 0.05),
        mixed(SOOT, SKY, 0.3),
        foot=SOOT,
        shadow=6 * u,
    )


def _sprig(sheet: Sheet, x: float, y: float, u: float) -> None:
    for k in range(3):
        leaf = o.smooth([(0, 0), (26, -40), (20, -96), (0, -128), (-20, -96), (-26, -40)])
        sheet.cut(
            o.placed(o.turned(leaf, -50 + 48 * k, (0, 0)), x, y + 60 * u, u),
            mixed(MOSS, SAGE, 0.3 * k),
            foot=PINE,
            shadow=4 * u,
        )
        sheet.cut(
            o.placed(o.turned(o.stroke([(0, -8), (0, -112)], 4, 1), -50 + 48 * k, (0, 0)), x, y + 60 * u, u),
            mixed(SAGE, CREAM, 0.3),
        )


def _patches(u: float, x: float, y: float) -> list[Layer]:
    """A new piece of old paper over each hole, pressed on."""
    layers: list[Layer] = []
    for k, (hx, hy, size, at) in enumerate(manuscript.HOLES):
        pictures: list[Picture] = []
        reach = size * 1.75 * u
        for grown in (1.35, 1.18, 0.96, 1.0):
            sheet = Sheet(2 * reach, 2 * reach, k)
            outline = o.blob(
                reach, reach, size * 1.28 * grown * u, size * 1.1 * grown * u, dice(k + 5), 0.1, 9
            )
            sheet.cut(
                outline,
                mixed(mixed(manuscript.OLD, CREAM, 0.5), (SAGE, ROSE, HONEY, SKY)[k], 0.14),
                shadow=(5 * grown - 2) * u,
                opacity=0.97,
            )
            for line in range(-2, 3):
                fibre = o.stroke(
                    [
                        (reach - size * 0.6 * u, reach + line * size * 0.35 * u),
                        (reach + size * 0.6 * u, reach + (line + 0.3) * size * 0.35 * u),
                    ],
                    1.4 * u,
                )
                sheet.cut(fibre, mixed(manuscript.OLD, BARK, 0.25), opacity=0.35)
            pictures.append(sheet.image)
        layers.append(
            Layer(pictures, Motion(x + hx * u - reach, y + hy * u - reach), loops=False, appears=at)
        )
    return layers


def _brush(u: float, x: float, y: float) -> Layer:
    """A hand with a flat brush, that goes from hole to hole and strokes each patch down."""
    sheet = Sheet(420 * u, 470 * u, 92)

    cut = Scissors(sheet, 26 * u, 30 * u, u, lift=3, lean=-34, about=(24, 24))
    cut([(4, 0), (44, 0), (48, 58), (0, 58)], mixed(CREAM, OCHRE, 0.35), 4, mixed(BARK, OCHRE, 0.4))
    for k in range(7):
        cut(o.stroke([(6 + 6 * k, 4), (4 + 6.8 * k, 54)], 1.5), mixed(BARK, OCHRE, 0.3), 0)
    cut(o.box(-3, 56, 54, 24), BRICK, 3)
    cut([(4, 80), (44, 80), (33, 250), (15, 250)], mixed(WOOD, OCHRE, 0.25), 4, BARK)
    cut(
        o.smooth([(-30, 470), (-44, 300), (-26, 214), (20, 190), (64, 206), (84, 290), (80, 470)]),
        SKIN,
        7,
        mixed(SKIN, ROSE, 0.35),
    )
    for k, (fx, fy) in enumerate(((-16, 196), (8, 178), (34, 180))):
        finger = o.smooth(
            [(fx - 14, fy + 66), (fx - 14, fy + 8), (fx, fy - 10), (fx + 16, fy + 6), (fx + 16, fy + 66)]
        )
        cut(finger, mixed(SKIN, CREAM, 0.12 * k), 3, SKIN)
        cut(
            o.smooth([(fx - 6, fy + 6), (fx + 1, fy - 4), (fx + 8, fy + 6), (fx + 1, fy + 14)]),
            mixed(SKIN, CREAM, 0.6),
            0,
        )
    cut(o.box(-70, 350, 190, 230), PLUM, 7, mixed(PLUM, INK, 0.3))
    cut(o.box(-74, 338, 198, 30), mixed(PLUM, CREAM, 0.25), 4)
    here = (x + 40 * u, y + 200 * u)
    moves: list[Move] = []
    for hx, hy, _, at in manuscript.HOLES:
        there = (x + (hx - 46) * u, y + (hy - 40) * u)
        moves.append(Move(at - 0.75, 0.7, there[0] - here[0], there[1] - here[1]))
        moves += [
            Move(at + 0.02 + 0.2 * k, 0.19, (34, -34)[k % 2] * u, (16, -16)[k % 2] * u) for k in range(2)
        ]
        here = there
    return Layer([sheet.image], Motion(x + 40 * u, y + 200 * u, moves=tuple(moves)))


def _steam(stage: Stage, u: float) -> Layer:
    x, y = _cup_at(stage)
    wisps: list[Picture] = []
    for step in range(24):
        sheet = Sheet(120 * u, 190 * u, 93)
        phase = 2 * math.pi * step / 24
        for shift in (38, 76):
            line = [(shift + (4 + k) * math.sin(k * 0.6 - phase + shift), 180 - 15 * k) for k in range(12)]
            sheet.cut(
                o.placed(o.stroke(o.smooth(line, closed=False), 13, 3), 0, 0, u), SNOW, grain=0, opacity=0.5
            )
        wisps.append(softened(sheet.image, 4 * u, SNOW))
    return Layer(wisps, Motion(x - 60 * u, y - 176 * u))


def _light(stage: Stage, u: float) -> Layer:
    """The lamp's light on the desk, from the upper left."""
    sheet = Sheet(stage.width, stage.height, 94)
    sheet.glow(stage.width * 0.3, stage.height * 0.3, 620 * u, APRICOT, 0.2)
    return Layer([sheet.image])
