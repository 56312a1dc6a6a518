"""Winter: warm coats air on the line before they go, and the first parcels leave."""

import math
from collections.abc import Sequence

from PIL import Image

from app.demo import cargo, scenery
from app.demo import outlines as o
from app.demo.colours import (
    APRICOT,
    BARK,
    BLUSH,
    BRICK,
    CREAM,
    DUSK,
    HONEY,
    INK,
    MIST,
    NIGHT,
    OCHRE,
    PERSIMMON,
    PINE,
    PLUM,
    RIVER,
    ROSE,
    SAGE,
    SKY,
    SNOW,
    WOOD,
)
from app.demo.film import FlipBook, Layer, Motion, Move, Stage, sketched
from app.demo.paper import Colour, Picture, Sheet, dice, mixed


def paint(stage: Stage) -> list[Layer]:
    """Some seconds of snow."""
    return [
        _village(stage),
        *_smoke(stage),
        _road(stage),
        _van(stage),
        _line(stage),
        *_coats(stage),
        _front(stage),
        *_snow(stage),
    ]


def _village(stage: Stage) -> Layer:
    u, w, h = stage.unit, stage.width, stage.height
    sheet = scenery.sky(
        stage, mixed(DUSK, SKY, 0.35), mixed(ROSE, SKY, 0.45), mixed(BLUSH, CREAM, 0.35), 0.5, 80
    )
    sheet.glow(w * 0.3, h * 0.33, 200 * u, HONEY, 0.5)
    sheet.cut(
        o.ellipse(w * 0.3, h * 0.33, 58 * u, 58 * u), mixed(HONEY, CREAM, 0.4), foot=APRICOT, shadow=3 * u
    )
    for at, height, count, tint in ((0.42, 210, 3, 0.25), (0.48, 150, 5, 0.5)):
        sheet.cut(
            o.peaks(w, h, h * at, height * u, round(count * stage.pick(1, 1.7)), sheet.rng),
            mixed(mixed(DUSK, SKY, 0.4), SNOW, tint),
            foot=mixed(SNOW, SKY, 0.2),
            shadow=6 * u,
        )
    _hills(sheet, stage)
    for x, y, size in ((0.26, 0.575, 0.72), (0.76, 0.585, 0.9), (0.5, 0.555, 0.6)):
        scenery.house(sheet, w * x, h * y, size * u, mixed(CREAM, WOOD, 0.25), mixed(SNOW, SKY, 0.15))
    return Layer([sheet.image])


def _hills(sheet: Sheet, stage: Stage) -> None:
    u = stage.unit
    for at, crests, tint, seed in (
        (0.5, (20, 40, 90, 40, 70, 30, 50), 0.3, 81),
        (0.56, (60, 40, 20, 60, 30, 80, 60), 0.12, 82),
    ):
        hill = scenery.hill(
            stage,
            at,
            crests,
            mixed(SNOW, SKY, tint),
            mixed(SNOW, SKY, tint + 0.15),
            seed,
            below=0.8,
            room=140,
        )
        for x, y, size in (
            (0.1, 120, 0.8),
            (0.17, 130, 1.1),
            (0.62, 128, 0.9),
            (0.9, 120, 1.2),
            (0.96, 134, 0.9),
        ):
            _snowy_pine(hill, hill.image.width * (x + (0.03 if seed == 82 else 0)), (y + 60) * u, size * u)
        sheet.lay(hill.image, -scenery.MARGIN * u, round(stage.height * 0.8) - hill.image.height)


def _snowy_pine(sheet: Sheet, x: float, y: float, size: float) -> None:
    scenery.pine(sheet, x, y, size, mixed(PINE, DUSK, 0.3))
    for low, wide, high in ((-30, 14, -50), (-52, 11, -74), (-76, 8, -102)):
        cap = [(-wide, low), (0, high), (wide, low), (wide * 0.3, low - 7), (-wide * 0.3, low - 5)]
        sheet.cut(o.placed(cap, x, y, size), SNOW, shadow=0.8 * size)


def _smoke(stage: Stage) -> list[Layer]:
    u = stage.unit
    layers: list[Layer] = []
    for x, y, size in ((0.26, 0.575, 0.72), (0.76, 0.585, 0.9)):
        puffs = FlipBook([sketched(_puff, u, step) for step in range(24)])
        layers.append(
            Layer(puffs, Motion(stage.width * x + 20 * u * size, stage.height * y - 122 * size * u - 116 * u))
        )
    return layers


def _puff(u: float, step: int) -> Picture:
    sheet = Sheet(90 * u, 130 * u, 83)
    for k in range(3):
        part = (step / 24 + k / 3) % 1
        r = (6 + 15 * part) * u
        sheet.cut(
            o.blob((24 + 34 * part * part) * u, (116 - 96 * part) * u, r, r * 0.85, dice(k), 0.08),
            CREAM,
            grain=0.5,
            opacity=(1 - part) * 0.9,
        )
    return sheet.image


def _road(stage: Stage) -> Layer:
    u, w, h = stage.unit, stage.width, stage.height
    sheet = Sheet(w, h, 84)
    y = h * stage.pick(0.795, 0.78)
    sheet.cut(
        [
            *o.smooth(
                [(-20, y - 16 * u), (w * 0.3, y - 26 * u), (w * 0.7, y - 12 * u), (w + 20, y - 22 * u)],
                closed=False,
            ),
            (w + 20, h),
            (-20, h),
        ],
        mixed(SNOW, SKY, 0.06),
        foot=mixed(SNOW, SKY, 0.25),
        shadow=6 * u,
    )
    sheet.cut(o.box(-10, y + 30 * u, w + 20, 74 * u), mixed(MIST, DUSK, 0.22), foot=mixed(MIST, DUSK, 0.35))
    for track in (46, 82):
        sheet.cut(o.box(-10, y + track * u, w + 20, 7 * u), mixed(MIST, DUSK, 0.5), opacity=0.6)
    return Layer([sheet.image])


def _van(stage: Stage) -> Layer:
    """The van waits, then sets off with its load."""
    u = stage.unit
    pictures = cargo.van(u)
    x = stage.width * stage.pick(0.16, 0.3)
    away = stage.width - x + 20 * u
    return Layer(
        pictures, Motion(x, stage.height * stage.pick(0.795, 0.78) - 96 * u, moves=(Move(2.2, 6.2, dx=away),))
    )


def _line_at(stage: Stage, part: float) -> o.Point:
    """Where the washing line hangs at `part` of its way."""
    u = stage.unit
    left, right = stage.width * stage.pick(0.02, 0.14), stage.width * stage.pick(0.98, 0.86)
    return left + (right - left) * part, stage.height * stage.pick(0.215, 0.2) + 4 * 46 * part * (
        1 - part
    ) * u


def _line(stage: Stage) -> Layer:
    u = stage.unit
    sheet = Sheet(stage.width, stage.height, 86)
    for part in (0, 1):
        x, y = _line_at(stage, part)
        sheet.cut(
            o.box(x - 9 * u, y - 30 * u, 18 * u, stage.height * 0.8 - y),
            mixed(WOOD, BARK, 0.5),
            foot=BARK,
            shadow=5 * u,
        )
        sheet.cut(
            o.smooth([(x - 14 * u, y - 26 * u), (x, y - 42 * u), (x + 14 * u, y - 26 * u)]),
            SNOW,
            shadow=2 * u,
        )
    sheet.cut(
        o.stroke([_line_at(stage, k / 30) for k in range(31)], 4 * u), mixed(BARK, INK, 0.3), shadow=3 * u
    )
    return Layer([sheet.image])


def _coats(stage: Stage) -> list[Layer]:
    rack: Sequence[tuple[float, float, Colour, Colour]] = (
        (0.12, 0.78, OCHRE, BRICK),
        (0.3, 1.05, PERSIMMON, CREAM),
        (0.5, 0.72, SAGE, HONEY),
        (0.69, 1.1, mixed(RIVER, NIGHT, 0.2), APRICOT),
        (0.88, 0.84, ROSE, PLUM),
    )
    layers: list[Layer] = []
    for number, (part, size, paint, trim) in enumerate(rack):
        u = stage.unit * size
        coat = cargo.coat(u, paint, trim, number)
        leans = [5.5 * math.cos(math.pi * step / 18) for step in range(19)]
        there = [sketched(_hung, coat, u, degrees) for degrees in leans]
        swing = [*there, *there[-2:0:-1]]
        swing = FlipBook(swing[number * 7 :] + swing[: number * 7])
        x, y = _line_at(stage, part)
        layers.append(Layer(swing, Motion(x - 115 * u, y - 22 * u)))
    return layers


def _hung(coat: Picture, u: float, degrees: float) -> Picture:
    return coat.rotate(degrees, Image.Resampling.BICUBIC, center=(115 * u, 20 * u))


def _front(stage: Stage) -> Layer:
    u, w = stage.unit, stage.width
    sheet = scenery.hill(
        stage, 0.925, (60, 70, 40, 20, 30, 60, 80), SNOW, mixed(SNOW, SKY, 0.3), 87, room=190
    )
    width = sheet.image.width
    for x, y, wide, tall, paint in (
        (0.13, 236, 120, 88, WOOD),
        (0.2, 250, 92, 62, OCHRE),
        (0.155, 150, 84, 58, mixed(WOOD, CREAM, 0.35)),
    ):
        left = width * x + (0 if stage.upright else w * 0.02)
        sheet.cut(
            o.box(left, (y - tall) * u, wide * u, tall * u),
            paint,
            foot=mixed(paint, BARK, 0.25),
            shadow=5 * u,
        )
        sheet.cut(
            o.box(left + wide * 0.44 * u, (y - tall) * u, 11 * u, tall * u), mixed(PERSIMMON, CREAM, 0.15)
        )
        sheet.cut(o.box(left, (y - tall * 0.62) * u, wide * u, 9 * u), mixed(PERSIMMON, CREAM, 0.15))
        sheet.cut(
            o.smooth(
                [
                    (left - 4 * u, (y - tall) * u),
                    (left + wide * 0.5 * u, (y - tall - 13) * u),
                    (left + (wide + 4) * u, (y - tall) * u),
                    (left + wide * 0.5 * u, (y - tall + 5) * u),
                ]
            ),
            SNOW,
            shadow=1.5 * u,
        )
    for x, size in ((0.8, 1.5), (0.9, 2.1)):
        _snowy_pine(sheet, width * x, 262 * u, size * u)
    return scenery.land(stage, sheet)


def _snow(stage: Stage) -> list[Layer]:
    u = stage.unit
    layers: list[Layer] = []
    for seed, count, speed, size in ((1, 34, 62, 3.2), (2, 18, 105, 5.2)):
        rng = dice(seed)
        tile = stage.height // 2
        sheet = Sheet(stage.width + 80 * u, stage.height + tile, seed)
        for _ in range(round(count * stage.pick(1, 1.6))):
            x, y, r = (
                rng.uniform(0, sheet.image.width),
                rng.uniform(6, tile - 6),
                size * rng.uniform(0.7, 1.3) * u,
            )
            for again in range(3):
                sheet.cut(o.ellipse(x, y + again * tile, r, r), SNOW, grain=0, opacity=0.92)
        layers.append(
            Layer(
                [sheet.image],
                Motion(-40 * u, -tile, vy=speed * u, wrap_y=tile, sway_x=20 * u, period=3.1 + seed),
            )
        )
    return layers
