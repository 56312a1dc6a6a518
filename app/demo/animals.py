"""A dog and a cat, drawn on small sheets as flip books."""

import math

from app.demo import outlines as o
from app.demo.colours import APRICOT, BARK, CREAM, HONEY, INK, MIST, NIGHT, RIVER, ROSE, SKIN, SKY, SOOT, WOOD
from app.demo.film import FlipBook, sketched
from app.demo.paper import Picture, Scissors, Sheet, mixed

COAT, DARK, PALE = mixed(APRICOT, WOOD, 0.35), mixed(BARK, WOOD, 0.4), mixed(CREAM, SKIN, 0.4)


def sleeping_dog(u: float) -> FlipBook:
    """The dog curled up on its mat; one breath as a flip book, 400 × 230 units."""
    breaths = [sketched(_asleep, u, math.cos(math.pi * step / 15)) for step in range(16)]
    return FlipBook([*breaths, *breaths[-2:0:-1]])


def _asleep(u: float, breath: float) -> Picture:
    sheet = Sheet(400 * u, 240 * u, 71)
    cut = Scissors(sheet, 0, 0, u)
    cut(o.ellipse(200, 200, 186, 34), mixed(RIVER, MIST, 0.25), 4, mixed(RIVER, NIGHT, 0.3))
    cut(o.stroke(o.ellipse(200, 199, 172, 27), 4), mixed(CREAM, SKY, 0.3))
    _back(cut, 5 * breath)
    tail = o.smooth([(330, 186), (338, 204), (310, 215), (260, 214), (214, 206)], closed=False)
    cut(o.stroke(tail, 30, 12), COAT, 3)
    cut(o.smooth([(226, 200), (208, 196), (200, 206), (212, 214), (232, 210)]), PALE)
    cut(o.smooth([(96, 212), (100, 194), (160, 190), (196, 200), (190, 214)]), PALE, 2)
    _head(cut, 1.6 * breath)
    return sheet.image


def _back(cut: Scissors, up: float) -> None:
    """The curled body with its saddle and its hind leg, the ribs lifted by `up`."""
    low = mixed(COAT, BARK, 0.35)
    spine = [(70, 190), (60, 128 - up), (112, 70 - up * 1.3), (190, 52 - up * 1.5), (270, 66 - up)]
    cut(o.smooth([*spine, (326, 116), (338, 176), (290, 206), (130, 208)]), COAT, 5, low)
    saddle = [(120, 78 - up), (180, 56 - up * 1.5), (250, 62 - up), (268, 96 - up), (200, 112 - up)]
    cut(o.smooth([*saddle, (140, 104 - up)]), DARK, 0, low)
    leg = [(262, 204), (250, 150 - up * 0.4), (292, 116), (338, 140), (344, 190), (310, 210)]
    cut(o.smooth(leg), mixed(COAT, APRICOT, 0.3), 3, mixed(COAT, BARK, 0.2))


def _head(cut: Scissors, up: float) -> None:
    """The head on its paws, its eye shut, lifted by `up`."""
    skull = [(40, 176 - up), (52, 128 - up), (104, 108 - up), (152, 128 - up), (164, 172 - up)]
    cut(o.smooth([*skull, (120, 204), (64, 206)]), COAT, 4, mixed(COAT, BARK, 0.15))
    muzzle = [(30, 184 - up), (52, 160 - up), (92, 164 - up), (104, 192), (76, 210), (42, 206)]
    cut(o.smooth(muzzle), PALE, 1, mixed(PALE, COAT, 0.3))
    cut(o.smooth([(28, 180 - up), (44, 170 - up), (54, 180 - up), (42, 190 - up)]), INK, 1)
    eye = o.smooth([(82, 150 - up), (92, 158 - up), (106, 156 - up), (112, 148 - up)], closed=False)
    cut(o.stroke(eye, 4), INK)
    cut(o.stroke(o.smooth([(46, 192 - up), (58, 200), (74, 198)], closed=False), 3), mixed(BARK, INK, 0.3))
    ear = [(112, 116 - up), (150, 116 - up), (180, 156 - up), (168, 188 - up), (140, 178 - up)]
    cut(o.smooth([*ear, (124, 146 - up)]), DARK, 3, mixed(BARK, INK, 0.1))
    cut(o.ellipse(70, 172 - up, 2.5, 2.5), DARK)
    cut(o.ellipse(80, 180 - up, 2.5, 2.5), DARK)


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
