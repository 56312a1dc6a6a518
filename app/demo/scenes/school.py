"""Dawn in the mountains: the lamp in the schoolhouse is lit and the first children are on their way."""

from dataclasses import replace

from app.demo import figures, scenery
from app.demo import outlines as o
from app.demo.colours import (
    APRICOT,
    BARK,
    BLUSH,
    CREAM,
    DUSK,
    HONEY,
    INK,
    MOSS,
    NIGHT,
    OCHRE,
    PERSIMMON,
    PINE,
    PLUM,
    ROSE,
    SAGE,
    WOOD,
)
from app.demo.film import Layer, Motion, Stage
from app.demo.paper import Picture, Sheet, dice, mixed


def paint(stage: Stage) -> list[Layer]:
    """Some seconds of first light."""
    u, w, h = stage.unit, stage.width, stage.height
    birds = figures.bird(u, mixed(PLUM, INK, 0.4))
    far = scenery.hill(stage, 0.42, (60, 60, 190, 70, 20, 130, 150), BLUSH, ROSE, 2, below=0.6)
    middle = scenery.hill(
        stage, 0.50, (90, 30, 120, 215, 60, 120, 40, 60), mixed(ROSE, PLUM, 0.4), ROSE, 3, below=0.7
    )
    near = scenery.hill(
        stage,
        0.58,
        (150, 120, 40, 100, 170, 90, 150, 120),
        mixed(PLUM, PINE, 0.45),
        mixed(SAGE, ROSE, 0.4),
        4,
        below=0.75,
    )
    return [
        _sky(stage),
        Layer([_sun(u)], Motion(w * 0.66 - 190 * u, h * stage.pick(0.25, 0.1), vy=-11 * u)),
        scenery.land(stage, far, below=0.6),
        Layer(birds, Motion(w * 0.16, h * 0.23, vx=30 * u, vy=-7 * u, sway_y=6 * u)),
        Layer(
            birds[3:] + birds[:3], Motion(w * 0.08, h * 0.26, vx=32 * u, vy=-7 * u, sway_y=5 * u, phase=0.4)
        ),
        scenery.land(stage, middle, below=0.7),
        scenery.mist(stage, 0.46, 10),
        scenery.land(stage, near, below=0.75),
        scenery.mist(stage, 0.545, -13),
        *_schoolyard(stage),
        *_children(stage),
        _foreground(stage),
    ]


def _sky(stage: Stage) -> Layer:
    sheet = scenery.sky(
        stage, mixed(NIGHT, DUSK, 0.6), mixed(ROSE, DUSK, 0.35), mixed(APRICOT, BLUSH, 0.5), 0.5
    )
    scenery.stars(sheet, 40, stage.height * 0.2, stage.unit)
    for x, y, size in ((0.16, 0.15, 1.1), (0.88, 0.1, 0.9), (0.55, 0.215, 0.7)):
        scenery.cloud(
            sheet, x * stage.width, y * stage.height, size * stage.unit, mixed(ROSE, BLUSH, 0.2 + 2 * y), 0.8
        )
    return Layer([sheet.image])


def _sun(u: float) -> Picture:
    sheet = Sheet(380 * u, 380 * u)
    sheet.glow(190 * u, 190 * u, 190 * u, HONEY, 0.8)
    sheet.cut(o.blob(190 * u, 190 * u, 84 * u, 84 * u, dice(5), 0.012, 20), HONEY, foot=APRICOT, shadow=3 * u)
    return sheet.image


def _schoolyard(stage: Stage) -> list[Layer]:
    u = stage.unit
    sheet = scenery.hill(
        stage,
        0.665,
        (60, 80, 20, 60, 130, 100, 40, 20),
        mixed(MOSS, SAGE, 0.4),
        PINE,
        6,
        room=180,
        below=0.87,
    )
    x, y = sheet.image.width * stage.pick(0.6, 0.66), 206 * u
    scenery.tufts(sheet, 46, y + 70 * u, y + 260 * u, u, mixed(PINE, MOSS, 0.4), CREAM)
    for k, (dx, dy) in enumerate(((-190, 30), (-150, 14), (158, 4), (196, 16), (232, 30))):
        scenery.pine(
            sheet, x + dx * u, y + dy * u, (1.05 + 0.2 * (k % 3)) * u, mixed(PINE, MOSS, 0.2 * (k % 3))
        )
    pole = x - 128 * u
    pole_line = o.stroke([(pole, y + 6 * u), (pole, y - 60 * u)], 5 * u, 4 * u)
    sheet.cut(pole_line, mixed(WOOD, BARK, 0.5), shadow=1.5 * u)
    scenery.house(sheet, x, y, 1.22 * u, CREAM, mixed(NIGHT, DUSK, 0.55))
    path = o.placed([(0, 0), (-14, 36), (-70, 84), (-64, 150), (-190, 300)], x, y, u)
    way = o.stroke(o.smooth(path, closed=False, steps=16), 18 * u, 96 * u)
    sheet.cut(way, mixed(BLUSH, WOOD, 0.35), foot=mixed(BLUSH, SAGE, 0.4))
    yard = scenery.land(stage, sheet, below=0.87)
    left, top = yard.motion.x, yard.motion.y
    lamp = scenery.glimmer(70 * u, strength=0.7)
    glows = [
        replace(lamp, motion=replace(yard.motion, x=left + x + dx * u - 70 * u, y=top + y - 50 * u - 70 * u))
        for dx in (-60, 61)
    ]
    pennant = replace(_pennant(u), motion=replace(yard.motion, x=left + pole, y=top + y - 62 * u))
    return [yard, pennant, *glows]


def _pennant(u: float) -> Layer:
    pictures: list[Picture] = []
    for step in range(12):
        sheet = Sheet(64 * u, 44 * u)
        wave = [5, 8, 5, 0, -4, -6, -5, -2, 2, 4, 3, 4][step]
        flag = [
            (2, 4),
            (20, 4 + wave * 0.5),
            (40, 10 - wave * 0.5),
            (60, 18 + wave),
            (40, 24 - wave * 0.4),
            (20, 30 + wave * 0.5),
            (2, 34),
        ]
        sheet.cut(o.placed(flag, 0, 0, u), PERSIMMON, shadow=1.5 * u)
        pictures.append(sheet.image)
    return Layer(pictures)


def _children(stage: Stage) -> list[Layer]:
    u = stage.unit
    slope = scenery.hill(
        stage, 0.835, (60, 40, 55, 50, 40, 60, 50, 50), mixed(PINE, MOSS, 0.5), mixed(PINE, INK, 0.4), 9
    )
    scenery.tufts(slope, 30, 70 * u, slope.image.height, u, mixed(PINE, SAGE, 0.3), HONEY)
    layers = [scenery.land(stage, slope)]
    for k, (coat, bag) in enumerate(((PERSIMMON, NIGHT), (OCHRE, BARK), (ROSE, PINE))):
        strides = figures.walker(u * (1.12 - 0.1 * k), coat, bag)
        start = stage.width * stage.pick(0.2, 0.3) - k * 96 * u
        place = Motion(start, stage.height * 0.835 - (136 - 12 * k) * u, vx=34 * u)
        layers.append(Layer(strides[k * 3 :] + strides[: k * 3], place))
    return layers


def _foreground(stage: Stage) -> Layer:
    u = stage.unit
    crests = (90, 100, 40, 20, 60, 110, 100)
    paint = mixed(PINE, NIGHT, 0.55)
    sheet = scenery.hill(stage, 0.93, crests, paint, mixed(PINE, INK, 0.7), 12, room=230)
    for at, size in ((0.07, 2.2), (0.17, 1.5), (0.9, 2.5), (0.8, 1.6)):
        scenery.pine(sheet, sheet.image.width * at, 300 * u, size * u, mixed(PINE, NIGHT, 0.45))
    return scenery.land(stage, sheet, -9)
