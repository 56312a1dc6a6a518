"""Night on the river: paper boats and lanterns go down past the village, each with its small light."""

import math

from app.demo import outlines as o
from app.demo import scenery
from app.demo.colours import (
    APRICOT,
    BARK,
    CREAM,
    DUSK,
    HONEY,
    INK,
    NIGHT,
    OCHRE,
    PAPER,
    PERSIMMON,
    PINE,
    PLUM,
    RIVER,
    ROSE,
    SKY,
    SNOW,
)
from app.demo.film import FlipBook, Layer, Motion, Stage, sketched
from app.demo.paper import Colour, Picture, Scissors, Sheet, dice, mixed


def paint(stage: Stage) -> list[Layer]:
    """Some seconds of drifting."""
    water = [_water(stage, row) for row in range(6)]
    fleet = _fleet(stage)
    return [
        _sky(stage),
        _far_bank(stage),
        water[0],
        _moonlight(stage),
        water[1],
        *fleet[0],
        water[2],
        *fleet[1],
        water[3],
        *fleet[2],
        water[4],
        *fleet[3],
        water[5],
        _reeds(stage),
        *_fireflies(stage),
    ]


def _sky(stage: Stage) -> Layer:
    u = stage.unit
    sheet = scenery.sky(stage, mixed(NIGHT, INK, 0.45), NIGHT, mixed(DUSK, PLUM, 0.35), 0.46, 40)
    scenery.stars(sheet, round(90 * stage.pick(1, 1.6)), stage.height * 0.34, u)
    x, y = stage.width * stage.pick(0.68, 0.72), stage.height * stage.pick(0.15, 0.2)
    sheet.glow(x, y, 230 * u, HONEY, 0.42)
    sheet.cut(
        o.blob(x, y, 76 * u, 76 * u, sheet.rng, 0.01, 22),
        mixed(HONEY, CREAM, 0.6),
        foot=mixed(HONEY, APRICOT, 0.3),
        shadow=4 * u,
    )
    for dx, dy, r in ((-24, -18, 15), (20, 12, 20), (-10, 30, 9), (30, -30, 8)):
        sheet.cut(
            o.blob(x + dx * u, y + dy * u, r * u, r * u, sheet.rng, 0.1),
            mixed(HONEY, OCHRE, 0.35),
            opacity=0.5,
        )
    for cx, cy, size in ((0.2, 0.12, 1.2), (0.86, 0.215, 1.1), (0.42, 0.25, 0.8)):
        scenery.cloud(sheet, cx * stage.width, cy * stage.height, size * u, mixed(DUSK, NIGHT, 0.3), 0.85)
    return Layer([sheet.image])


def _far_bank(stage: Stage) -> Layer:
    u = stage.unit
    canvas = Sheet(stage.width, stage.height)
    for at, crests, paint, seed in (
        (0.38, (80, 60, 170, 100, 40, 120, 90, 60), mixed(DUSK, NIGHT, 0.35), 41),
        (0.44, (40, 50, 20, 90, 120, 60, 130, 150), mixed(NIGHT, DUSK, 0.25), 42),
    ):
        hill = scenery.hill(stage, at, crests, paint, mixed(paint, INK, 0.25), seed, below=0.56)
        canvas.lay(hill.image, -scenery.MARGIN * u, round(stage.height * 0.56) - hill.image.height)
    bank = stage.height * 0.5
    spread = stage.width / stage.pick(6.2, 9.2)
    for k in range(round(stage.pick(7, 10))):
        x, y = (k + 0.1) * spread, bank + (10 + 7 * (k % 2)) * u
        scenery.house(
            canvas,
            x,
            y,
            (0.5 + 0.1 * (k % 3)) * u,
            mixed(PAPER, DUSK, 0.45 + 0.1 * (k % 2)),
            mixed(NIGHT, INK, 0.5),
            lit=k % 4 != 3,
        )
        if k % 2:
            scenery.bush(canvas, x + spread / 2, y - 10 * u, 30 * u, 36 * u, mixed(PINE, NIGHT, 0.6))
    return Layer([canvas.image])


def _water(stage: Stage, row: int) -> Layer:
    u = stage.unit
    tops = (0.51, 0.57, 0.645, 0.73, 0.825, 0.93)
    bottom = (*tops, 1.06)[row + 1] + 0.04
    height = stage.height * (min(bottom, 1.05) - tops[row]) + 40 * u
    sheet = Sheet(stage.width + 160 * u, height, 50 + row)
    paint = mixed(mixed(DUSK, RIVER, 0.5), NIGHT, row * 0.16)
    length = (70 + 22 * row) * u
    sheet.cut(
        o.waves(sheet.image.width, 34 * u, height, length, (8 + 3.4 * row) * u, row * 0.37),
        paint,
        foot=mixed(paint, NIGHT, 0.4),
        shadow=(4 + row) * u,
    )
    for _ in range(9):
        x, y = sheet.rng.uniform(0, sheet.image.width), sheet.rng.uniform(46, max(60, height / u - 40)) * u
        glint = o.smooth(
            [(x, y), (x + length * 0.3, y - 3 * u), (x + length * 0.6, y), (x + length * 0.3, y + 3 * u)]
        )
        sheet.cut(glint, mixed(paint, SKY, 0.4), opacity=0.5)
    sway = (9 + 2.4 * row) * u
    return Layer(
        [sheet.image],
        Motion(
            -80 * u,
            stage.height * tops[row] - 34 * u,
            sway_x=sway,
            sway_y=2.5 * u,
            period=3.5 + 0.5 * row,
            phase=0.37 * row,
        ),
    )


def _moonlight(stage: Stage) -> Layer:
    u = stage.unit
    rng = dice(60)
    pictures: list[Picture] = []
    for _ in range(6):
        sheet = Sheet(200 * u, 90 * u)
        for k in range(9):
            y, wide = 6 + k * 9.5, (30 + 7 * k) * rng.uniform(0.6, 1.1)
            x = 100 + rng.uniform(-14, 14)
            sheet.cut(
                o.placed(o.ellipse(x, y, wide, 2.8), 0, 0, u), mixed(HONEY, CREAM, 0.4), grain=0, opacity=0.65
            )
        pictures += [sheet.image] * 3
    return Layer(pictures, Motion(stage.width * stage.pick(0.68, 0.72) - 100 * u, stage.height * 0.515))


def _fleet(stage: Stage) -> list[list[Layer]]:
    """Boats and lanterns in four lanes, the nearer ones larger and faster."""
    u, w, h = stage.unit, stage.width, stage.height
    lanes = (
        (0.592, 0.5, 11, ((0.12, "lantern", ROSE), (0.5, "boat", PAPER), (0.8, "lantern", APRICOT))),
        (0.672, 0.75, 15, ((0.02, "boat", ROSE), (0.36, "lantern", PERSIMMON), (0.7, "boat", PAPER))),
        (0.762, 1.05, 20, ((0.16, "lantern", APRICOT), (0.56, "boat", PAPER))),
        (0.872, 1.5, 25, ((-0.12, "boat", PERSIMMON), (0.46, "lantern", ROSE))),
    )
    fleet: list[list[Layer]] = []
    for lane, (y, size, speed, afloat) in enumerate(lanes):
        ships: list[Layer] = []
        for k, (x, kind, paint) in enumerate(afloat):
            pictures = _boat(size * u, paint) if kind == "boat" else _lantern(size * u, paint)
            middle = Motion(
                w * x,
                h * y - pictures[0].height * 0.8,
                vx=speed * u,
                sway_y=(3 + lane) * u,
                period=3.5 + 0.5 * lane,
                phase=0.3 * k + 0.37 * lane,
            )
            ships.append(Layer(pictures, middle))
        fleet.append(ships)
    return fleet


def _boat(u: float, paint: Colour) -> FlipBook:
    """A folded paper boat with a candle in it; 170 × 150 units."""
    rng = dice(61)
    afloat = [sketched(_afloat, u, paint, step, rng.uniform(0.8, 1)) for step in range(12)]
    return FlipBook([picture for picture in afloat for _ in range(3)])


def _afloat(u: float, paint: Colour, step: int, light: float) -> Picture:
    sheet = Sheet(200 * u, 180 * u)
    tilt = 3.2 * math.sin(2 * math.pi * step / 12)

    cut = Scissors(sheet, 0, 0, u, lean=tilt, about=(100, 150))

    sheet.glow(100 * u, 92 * u, 84 * u, HONEY, 0.5 * light)
    cut([(58, 112), (100, 46), (142, 112)], mixed(paint, HONEY, 0.35), 3, mixed(paint, APRICOT, 0.3))
    cut([(100, 46), (142, 112), (100, 112)], mixed(paint, BARK, 0.14))
    cut(
        [(14, 98), (70, 116), (130, 116), (186, 98), (150, 152), (50, 152)],
        paint,
        4,
        mixed(paint, PLUM, 0.35),
    )
    cut([(14, 98), (70, 116), (50, 152)], mixed(paint, SNOW, 0.35))
    cut([(186, 98), (130, 116), (150, 152)], mixed(paint, PLUM, 0.22))
    return sheet.image


def _lantern(u: float, paint: Colour) -> FlipBook:
    """A lotus with a light in it; 170 × 150 units."""
    rng = dice(62)
    alight = [sketched(_alight, u, paint, step, rng.uniform(0.8, 1)) for step in range(10)]
    return FlipBook([picture for picture in alight for _ in range(2)])


def _alight(u: float, paint: Colour, step: int, light: float) -> Picture:
    sheet = Sheet(200 * u, 170 * u)
    sheet.glow(100 * u, 86 * u, 84 * u, HONEY, 0.72 * light)
    petal = o.smooth([(0, 0), (24, -26), (16, -58), (0, -74), (-16, -58), (-24, -26)])
    for lean, tint in ((-62, 0.35), (62, 0.35), (-34, 0.15), (34, 0.15)):
        sheet.cut(
            o.placed(o.turned(petal, lean, (0, 0)), 100 * u, 138 * u, u),
            mixed(paint, PLUM, tint),
            shadow=2 * u,
            foot=mixed(paint, PLUM, 0.5),
        )
    flame = o.smooth([(100, 62 + 3 * (step % 3)), (110, 92), (100, 106), (90, 92)])
    sheet.cut(o.placed(o.box(91, 96, 18, 36), 0, 0, u), SNOW)
    sheet.cut(o.placed(flame, 0, 0, u), mixed(HONEY, CREAM, 0.5), grain=0)
    for lean in (-16, 16, 0):
        sheet.cut(
            o.placed(o.turned(petal, lean * 1.6, (0, 0)), (100 + lean) * u, 146 * u, u * 0.72),
            mixed(paint, HONEY, 0.3 * light),
            shadow=2 * u,
            foot=paint,
        )
    return sheet.image


def _reeds(stage: Stage) -> Layer:
    u = stage.unit
    sheet = Sheet(stage.width, 330 * u, 63)
    for k in range(round(17 * stage.pick(1, 1.5))):
        side = -1 if k % 2 else 1
        x = stage.width * (0.5 - side * 0.5) + side * sheet.rng.uniform(-6, 150) * u
        lean, tall = sheet.rng.uniform(-30, 50) * side, sheet.rng.uniform(150, 300)
        blade = o.smooth(
            [(x, 334 * u), (x + lean * 0.3 * u, (330 - tall * 0.6) * u), (x + lean * u, (330 - tall) * u)],
            closed=False,
        )
        sheet.cut(o.stroke(blade, 9 * u, 2 * u), mixed(PINE, NIGHT, 0.35 + 0.3 * (k % 3) / 2), shadow=2 * u)
        if k % 3 == 0:
            tip = blade[-3]
            sheet.cut(o.ellipse(*tip, 6.5 * u, 24 * u), mixed(BARK, OCHRE, 0.2), shadow=1.5 * u)
    return Layer([sheet.image], Motion(0, stage.height - 330 * u))


def _fireflies(stage: Stage) -> list[Layer]:
    u = stage.unit
    rng = dice(64)
    beat = [sketched(_glimmer, u, step) for step in range(18)]
    layers: list[Layer] = []
    for k in range(7):
        x, y = rng.uniform(0.03, 0.97) * stage.width, rng.uniform(0.58, 0.95) * stage.height
        drift = Motion(
            x,
            y,
            vx=rng.uniform(-14, 14) * u,
            vy=-rng.uniform(6, 16) * u,
            sway_x=14 * u,
            sway_y=9 * u,
            period=rng.uniform(2, 4),
        )
        layers.append(Layer(FlipBook(beat[2 * k :] + beat[: 2 * k]), drift))
    return layers


def _glimmer(u: float, step: int) -> Picture:
    sheet = Sheet(36 * u, 36 * u)
    sheet.glow(18 * u, 18 * u, 18 * u, HONEY, 0.5 + 0.5 * math.sin(2 * math.pi * step / 18))
    return sheet.image
