"""A dog and a cat, drawn on small sheets as flip books."""

import math

from app.demo import outlines as o
from app.demo.colours import APRICOT, BARK, CREAM, HONEY, INK, MIST, NIGHT, RIVER, ROSE, SKIN, SKY, SOOT, WOOD
from app.demo.paper import Picture, Scissors, Sheet, mixed


def sleeping_dog(u: float) -> list[Picture]:
    """The dog curled up on its mat; one breath as a flip book, 400 × 230 units."""
    breaths = [_asleep(u, math.cos(math.pi * step / 15)) for step in range(16)]
    return [*breaths, *breaths[-2:0:-1]]


def _asleep(u: float, breath: float) -> Picture:
    sheet = Sheet(400 * u, 240 * u, 71)
    coat, dark, pale = mixed(APRICOT, WOOD, 0.35), mixed(BARK, WOOD, 0.4), mixed(CREAM, SKIN, 0.4)

    cut = Scissors(sheet, 0, 0, u)

    cut(o.ellipse(200, 200, 186, 34), mixed(RIVER, MIST, 0.25), 4, mixed(RIVER, NIGHT, 0.3))
    cut(o.stroke(o.ellipse(200, 199, 172, 27), 4), mixed(CREAM, SKY, 0.3))
    up = 5 * breath
    cut(
        o.smooth(
            [
                (70, 190),
                (60, 128 - up),
                (112, 70 - up * 1.3),
                (190, 52 - up * 1.5),
                (270, 66 - up),
                (326, 116),
                (338, 176),
                (290, 206),
                (130, 208),
            ]
        ),
        coat,
        5,
        mixed(coat, BARK, 0.35),
    )
    cut(
        o.smooth(
            [
                (120, 78 - up),
                (180, 56 - up * 1.5),
                (250, 62 - up),
                (268, 96 - up),
                (200, 112 - up),
                (140, 104 - up),
            ]
        ),
        dark,
        0,
        mixed(coat, BARK, 0.35),
    )
    cut(
        o.smooth([(262, 204), (250, 150 - up * 0.4), (292, 116), (338, 140), (344, 190), (310, 210)]),
        mixed(coat, APRICOT, 0.3),
        3,
        mixed(coat, BARK, 0.2),
    )
    tail = o.smooth([(330, 186), (338, 204), (310, 215), (260, 214), (214, 206)], closed=False)
    cut(o.stroke(tail, 30, 12), coat, 3)
    cut(o.smooth([(226, 200), (208, 196), (200, 206), (212, 214), (232, 210)]), pale)
    cut(o.smooth([(96, 212), (100, 194), (160, 190), (196, 200), (190, 214)]), pale, 2)
    head = 1.6 * breath
    cut(
        o.smooth(
            [
                (40, 176 - head),
                (52, 128 - head),
                (104, 108 - head),
                (152, 128 - head),
                (164, 172 - head),
                (120, 204),
                (64, 206),
            ]
        ),
        coat,
        4,
        mixed(coat, BARK, 0.15),
    )
    cut(
        o.smooth([(30, 184 - head), (52, 160 - head), (92, 164 - head), (104, 192), (76, 210), (42, 206)]),
        pale,
        1,
        mixed(pale, coat, 0.3),
    )
    cut(o.smooth([(28, 180 - head), (44, 170 - head), (54, 180 - head), (42, 190 - head)]), INK, 1)
    cut(
        o.stroke(
            o.smooth(
                [(82, 150 - head), (92, 158 - head), (106, 156 - head), (112, 148 - head)], closed=False
            ),
            4,
        ),
        INK,
    )
    cut(o.stroke(o.smooth([(46, 192 - head), (58, 200), (74, 198)], closed=False), 3), mixed(BARK, INK, 0.3))
    cut(
        o.smooth(
            [
                (112, 116 - head),
                (150, 116 - head),
                (180, 156 - head),
                (168, 188 - head),
                (140, 178 - head),
                (124, 146 - head),
            ]
        ),
        dark,
        3,
        mixed(BARK, INK, 0.1),
    )
    cut(o.ellipse(70, 172 - head, 2.5, 2.5), dark)
    cut(o.ellipse(80, 180 - head, 2.5, 2.5), dark)
    return sheet.image


def cat(u: float) -> list[Picture]:
    """A cat that sits on the wall and thinks, its tail hanging down; 120 × 190 units."""
    fur = mixed(SOOT, NIGHT, 0.25)
    pictures: list[Picture] = []
    for step in range(36):
        sheet = Sheet(130 * u, 200 * u, 72)
        swing = 15 * math.sin(2 * math.pi * step / 36)
        tail = o.smooth([(92, 96), (108, 120), (104 + swing * 0.5, 152), (112 + swing, 184)], closed=False)
        sheet.cut(o.placed(o.stroke(tail, 15, 9), 0, 0, u), fur, shadow=2 * u)
        for points, paint in (
            (o.smooth([(34, 104), (40, 62), (62, 44), (88, 62), (100, 104)]), fur),
            (o.smooth([(30, 44), (36, 22), (58, 16), (80, 26), (82, 48), (58, 62)]), fur),
            ([(32, 34), (30, 2), (50, 20)], fur),
            ([(64, 18), (82, 4), (82, 34)], fur),
            (o.smooth([(48, 104), (50, 72), (62, 66), (72, 104)]), CREAM),
        ):
            sheet.cut(o.placed(points, 0, 0, u), paint, shadow=1.5 * u)
        for eye in (46, 66):
            blink = 1 if step in (8, 9) else 5
            sheet.cut(o.placed(o.ellipse(eye, 38, 5, blink), 0, 0, u), HONEY, grain=0)
            sheet.cut(o.placed(o.ellipse(eye, 38, 1.6, blink), 0, 0, u), INK, grain=0)
        sheet.cut(o.placed([(53, 47), (59, 47), (56, 51)], 0, 0, u), ROSE)
        pictures.append(sheet.image)
    return pictures
