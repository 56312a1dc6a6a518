"""An autumn yard: the old dog sleeps under the ginkgo, and the leaves come down around it."""

import math
from collections.abc import Sequence

from app.demo import animals, scenery
from app.demo import outlines as o
from app.demo.colours import (
    APRICOT,
    BARK,
    BLUSH,
    BRICK,
    CREAM,
    HONEY,
    INK,
    MOSS,
    NIGHT,
    OCHRE,
    PERSIMMON,
    RIVER,
    ROSE,
    SAGE,
    SKY,
    SNOW,
    SOOT,
    WOOD,
)
from app.demo.film import FlipBook, Layer, Motion, Stage, sketched
from app.demo.paper import Colour, Picture, Scissors, Sheet, dice, mixed


def paint(stage: Stage) -> list[Layer]:
    """Some seconds of an afternoon."""
    u = stage.unit * stage.pick(1, 1.05)
    ground = stage.height * stage.pick(0.645, 0.64)
    x, y = stage.width * stage.pick(0.53, 0.56), stage.height * stage.pick(0.84, 0.86)
    dog = animals.sleeping_dog(u * 1.3)
    cat = animals.cat(u * 0.95)
    return [
        _yard(stage, u, ground),
        Layer(
            cat,
            Motion(stage.width * stage.pick(0.78, 0.8), ground - stage.pick(232, 222) * u - 104 * u * 0.95),
        ),
        Layer(dog, Motion(x - dog[0].width / 2, y - dog[0].height)),
        _bowl_and_ball(stage, u, x, y),
        *_leaves(stage, u),
    ]


def _yard(stage: Stage, u: float, ground: float) -> Layer:
    w, h = stage.width, stage.height
    sheet = scenery.sky(
        stage, mixed(SKY, CREAM, 0.2), mixed(SKY, CREAM, 0.55), mixed(BLUSH, CREAM, 0.45), 0.55, 70
    )
    scenery.cloud(sheet, w * 0.2, h * 0.1, 1.2 * u, CREAM, 0.9)
    scenery.cloud(sheet, w * 0.68, h * 0.2, 0.9 * u, CREAM, 0.8)
    for x, y, r, tint in (
        (0.08, 0.43, 90, 0.2),
        (0.26, 0.45, 70, 0.5),
        (0.52, 0.44, 84, 0.3),
        (0.72, 0.455, 66, 0.6),
        (0.94, 0.43, 96, 0.15),
    ):
        scenery.bush(
            sheet, w * x, h * y, r * u, r * 1.1 * u, mixed(mixed(PERSIMMON, OCHRE, tint), BLUSH, 0.35)
        )
    _wall(sheet, w, ground - 190 * u, u)
    earth = [(-10, ground), (w + 10, ground + 6 * u), (w + 10, h + 10), (-10, h + 10)]
    sheet.cut(earth, mixed(OCHRE, BLUSH, 0.55), foot=mixed(WOOD, OCHRE, 0.45), shadow=6 * u)
    _tree(sheet, w * stage.pick(0.2, 0.17), ground + 60 * u, u)
    _kennel(sheet, w * stage.pick(0.74, 0.76), ground + 84 * u, u)
    _carpet(sheet, w, h, ground, u)
    return Layer([sheet.image])


def _wall(sheet: Sheet, w: float, top: float, u: float) -> None:
    """A plastered wall with a row of tiles on it."""
    sheet.cut(
        o.box(-10, top, w + 20, 200 * u),
        mixed(CREAM, BLUSH, 0.35),
        foot=mixed(BLUSH, WOOD, 0.25),
        shadow=6 * u,
    )
    for k in range(24):
        bx, by = sheet.rng.uniform(0, w), top + sheet.rng.uniform(40, 170) * u
        sheet.cut(o.box(bx, by, 42 * u, 16 * u), mixed(ROSE, WOOD, 0.4 + 0.02 * k), opacity=0.5)
    tiles = round(w / (34 * u)) + 2
    sheet.cut(o.box(-10, top - 30 * u, w + 20, 34 * u), mixed(NIGHT, SOOT, 0.5), shadow=5 * u)
    for k in range(tiles):
        sheet.cut(
            o.ellipse(k * 34 * u, top + 6 * u, 15 * u, 13 * u),
            mixed(NIGHT, SOOT, 0.3),
            foot=SOOT,
            shadow=2 * u,
        )


def _tree(sheet: Sheet, x: float, y: float, u: float) -> None:
    def limb(points: Sequence[o.Point], thick: float, thin: float) -> None:
        curve = o.placed(o.smooth(points, closed=False), x, y, u)
        sheet.cut(
            o.stroke(curve, thick * u, thin * u),
            mixed(BARK, SOOT, 0.2),
            foot=mixed(BARK, INK, 0.25),
            shadow=4 * u,
        )

    limb([(0, 10), (-8, -160), (6, -330), (-10, -520)], 62, 26)
    limb([(-2, -240), (60, -330), (150, -400)], 28, 12)
    limb([(0, -300), (-70, -390), (-130, -430)], 26, 12)
    crown = (
        (-150, -470, 110),
        (160, -450, 116),
        (-60, -590, 130),
        (90, -600, 126),
        (10, -490, 130),
        (240, -540, 82),
        (-10, -700, 110),
        (170, -670, 84),
    )
    for k, (dx, dy, r) in enumerate(crown):
        tint = mixed(OCHRE, (HONEY, APRICOT, CREAM)[k % 3], 0.3)
        sheet.cut(
            o.blob(x + dx * u, y + dy * u, r * u, r * 0.86 * u, sheet.rng, 0.07, 13),
            tint,
            foot=mixed(OCHRE, PERSIMMON, 0.25),
            shadow=6 * u,
        )
    for _ in range(90):
        dx, dy, r = sheet.rng.choice(crown)
        a, reach = sheet.rng.uniform(0, 6.3), sheet.rng.uniform(0, 0.9) * r
        fan = o.turned(_ginkgo(), sheet.rng.uniform(0, 360), (0, 0))
        place = x + (dx + reach * math.cos(a)) * u, y + (dy + reach * math.sin(a) * 0.8) * u
        sheet.cut(o.placed(fan, *place, u * 0.8), mixed(HONEY, OCHRE, sheet.rng.random()), shadow=1.2 * u)


def _ginkgo() -> list[o.Point]:
    """A ginkgo leaf on its stem, 40 units wide."""
    return [
        (-1, 18),
        (-2, 6),
        *o.smooth([(-20, -8), (-12, -18), (-2, -12), (4, -17), (14, -17), (20, -6)], closed=False, steps=3),
        (2, 6),
        (1, 18),
    ]


def _kennel(sheet: Sheet, x: float, y: float, u: float) -> None:
    cut = Scissors(sheet, x, y, u, lift=3)

    cut([(-110, -132), (0, -206), (110, -132)], mixed(RIVER, SKY, 0.35), 4)
    cut(o.box(-110, -136, 220, 140), mixed(RIVER, SKY, 0.25), 6, mixed(RIVER, NIGHT, 0.25))
    for k in range(1, 5):
        cut(o.box(-110, -136 + 28 * k, 220, 2.5), mixed(RIVER, NIGHT, 0.4), 0)
    cut([*o.ellipse(0, -70, 52, 52, 180, 360), (52, 4), (-52, 4)], mixed(NIGHT, INK, 0.5), 0, INK)
    cut([(-140, -126), (0, -216), (140, -126), (124, -112), (0, -190), (-124, -112)], PERSIMMON, 6, BRICK)
    bone = o.smooth(
        [
            (-26, -8),
            (-34, -16),
            (-40, -8),
            (-34, 0),
            (-40, 8),
            (-34, 16),
            (-26, 8),
            (26, 8),
            (34, 16),
            (40, 8),
            (34, 0),
            (40, -8),
            (34, -16),
            (26, -8),
        ]
    )
    cut(o.placed(bone, 0, -146, 0.62), CREAM, 1.5)


def _carpet(sheet: Sheet, w: float, h: float, ground: float, u: float) -> None:
    for _ in range(round(70 * w / (720 * u))):
        x, y = sheet.rng.uniform(0, w), sheet.rng.uniform(ground + 30 * u, h)
        size = u * (0.5 + 0.7 * (y - ground) / (h - ground))
        fan = o.placed(o.turned(_ginkgo(), sheet.rng.uniform(0, 360), (0, 0)), x, y, size, size * 0.6)
        sheet.cut(fan, mixed(HONEY, PERSIMMON, sheet.rng.uniform(0, 0.55)), shadow=1.5 * u)
    for side, x in ((-1, 0.02), (1, 0.96)):
        for k in range(7):
            base = w * x + side * k * 5 * u + k * 11 * u * -side
            blade = o.smooth(
                [
                    (base, h + 6),
                    (base + 10 * u * (k % 3), h - 70 * u),
                    (base + (k - 3) * 14 * u, h - (110 + 20 * (k % 3)) * u),
                ],
                closed=False,
            )
            sheet.cut(o.stroke(blade, 9 * u, 2 * u), mixed(MOSS, SAGE, 0.3 * (k % 3)), shadow=2 * u)


def _bowl_and_ball(stage: Stage, u: float, x: float, y: float) -> Layer:
    sheet = Sheet(stage.width, stage.height, 73)
    left, foot = x - stage.pick(250, 360) * u, y + stage.pick(84, 30) * u
    sheet.cut(
        o.placed([(-70, -40), (70, -40), (56, 10), (-56, 10)], left + 60 * u, foot, u),
        PERSIMMON,
        foot=BRICK,
        shadow=5 * u,
    )
    sheet.cut(
        o.placed(o.ellipse(0, -40, 70, 16), left + 60 * u, foot, u),
        mixed(PERSIMMON, CREAM, 0.25),
        shadow=1.5 * u,
    )
    sheet.cut(o.placed(o.ellipse(0, -38, 58, 11), left + 60 * u, foot, u), mixed(BARK, WOOD, 0.3))
    for k in range(9):
        sheet.cut(
            o.placed(o.blob(-40 + 10 * k, -40 - 5 * (k % 2), 9, 7, sheet.rng), left + 60 * u, foot, u),
            mixed(WOOD, OCHRE, 0.1 * k),
            shadow=1 * u,
        )
    ball = x + stage.pick(190, 330) * u, y + stage.pick(90, 26) * u
    sheet.cut(o.ellipse(*ball, 30 * u, 30 * u), mixed(SAGE, SNOW, 0.2), foot=MOSS, shadow=5 * u)
    sheet.cut(
        o.stroke(
            o.smooth(
                [
                    (ball[0] - 24 * u, ball[1] - 16 * u),
                    (ball[0], ball[1] + 2 * u),
                    (ball[0] + 27 * u, ball[1] - 10 * u),
                ],
                closed=False,
            ),
            5 * u,
        ),
        CREAM,
    )
    return Layer([sheet.image])


def _leaves(stage: Stage, u: float) -> list[Layer]:
    """Leaves on their way down, each turning as it goes."""
    rng = dice(74)
    layers: list[Layer] = []
    for k in range(round(13 * stage.pick(1, 1.5))):
        size, paint = u * rng.uniform(0.8, 1.5), mixed(HONEY, PERSIMMON, rng.uniform(0, 0.6))
        turning = FlipBook([sketched(_leaf, k, size, paint, step) for step in range(18)])
        fall = stage.height + 120 * u
        start = rng.uniform(0, fall)
        place = Motion(
            rng.uniform(-0.05, 0.95) * stage.width,
            start - fall,
            vx=rng.uniform(2, 16) * u,
            vy=rng.uniform(60, 105) * u,
            sway_x=rng.uniform(18, 42) * u,
            period=rng.uniform(2.4, 4),
            phase=rng.random(),
        )
        again = Motion(
            place.x, start - 60 * u, place.vx, place.vy, place.sway_x, period=place.period, phase=place.phase
        )
        layers.append(Layer(turning, again if k % 3 else place))
    return layers


def _leaf(number: int, size: float, paint: Colour, step: int) -> Picture:
    sheet = Sheet(56 * size, 56 * size, number)
    flat = 0.35 + 0.65 * abs(math.cos(2 * math.pi * step / 18))
    leaf = o.turned(o.placed(_ginkgo(), 0, 0, 1, flat), step * 20 + number * 47, (0, 0))
    sheet.cut(o.placed(leaf, 28 * size, 28 * size, size), paint, shadow=2 * size)
    return sheet.image
