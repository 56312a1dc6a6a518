"""What goes to the mountains in winter: padded coats, and the van that brings them."""

import math

from app.demo import outlines as o
from app.demo.colours import (
    BARK,
    BLUSH,
    BRICK,
    CREAM,
    HONEY,
    INK,
    MIST,
    NIGHT,
    OCHRE,
    PERSIMMON,
    RIVER,
    SKY,
    SOOT,
    WOOD,
)
from app.demo.paper import Colour, Picture, Scissors, Sheet, mixed


def coat(u: float, paint: Colour, trim: Colour, seed: int) -> Picture:
    """A padded coat with a hood on two pegs; 230 × 300 units."""
    sheet = Sheet(230 * u, 310 * u, seed)

    cut = Scissors(sheet, 0, 0, u)
    _body(cut, paint, trim)
    for y in (84, 128, 172, 216):
        cut(o.ellipse(115, y, 6, 6), trim, 1)
    for x in (70, 128):
        cut(o.rounded(x, 190, 34, 34, 7), mixed(paint, CREAM, 0.12), 1.5)
    hood = o.smooth([(66, 60), (72, 22), (115, 8), (158, 22), (164, 60), (115, 84)])
    cut(hood, trim, 3, mixed(trim, INK, 0.1))
    lining = o.smooth([(82, 56), (88, 32), (115, 24), (142, 32), (148, 56), (115, 68)])
    cut(lining, mixed(paint, INK, 0.22))
    for x in (84, 146):
        cut(o.rounded(x - 5, 6, 10, 34, 4), WOOD, 2)
    return sheet.image


def _body(cut: Scissors, paint: Colour, trim: Colour) -> None:
    """Sleeves and the quilted front, with their hems."""
    dark = mixed(paint, INK, 0.22)
    for side in (-1, 1):
        sleeve = [
            (115 + side * 52, 52),
            (115 + side * 80, 74),
            (115 + side * 98, 196),
            (115 + side * 66, 204),
            (115 + side * 50, 120),
        ]
        cut(o.smooth(sleeve, steps=4), mixed(paint, INK, 0.1), 3, dark)
        wrist = 115 + side * 83
        cut(o.turned(o.rounded(wrist - 19, 190, 38, 22, 9), side * -7, (wrist, 200)), trim, 2)
    front = [(72, 46), (115, 36), (158, 46), (172, 120), (178, 262), (115, 272), (52, 262), (58, 120)]
    cut(o.smooth(front, steps=5), paint, 5, dark)
    for y in (92, 136, 180, 224):
        seam = [(57 - (y - 92) * 0.03, y), (115, y + 8), (173 + (y - 92) * 0.03, y)]
        cut(o.stroke(o.smooth(seam, closed=False), 2.6), dark)
    cut(o.rounded(46, 250, 138, 24, 11), trim, 2)
    cut(o.stroke([(115, 50), (115, 262)], 5), dark)


def van(u: float) -> list[Picture]:
    """A small van with parcels on its roof and its engine on; 330 × 190 units."""
    pictures: list[Picture] = []
    for step in range(4):
        sheet = Sheet(330 * u, 200 * u, 85)
        shake = (0, -1, 0, 1)[step]

        cut = Scissors(sheet, 0, shake * u, u, lift=2)

        for x, y, wide, tall, paint in (
            (60, 16, 66, 46, WOOD),
            (128, 26, 54, 36, OCHRE),
            (92, -6, 50, 24, mixed(WOOD, CREAM, 0.3)),
        ):
            cut(o.box(x, y + 4, wide, tall), paint, 3, mixed(paint, BARK, 0.3))
            cut(o.box(x + wide / 2 - 4, y + 4, 8, tall), mixed(PERSIMMON, CREAM, 0.1), 0)
        cut(o.rounded(20, 58, 190, 92, 12), mixed(RIVER, SKY, 0.15), 4, mixed(RIVER, NIGHT, 0.25))
        cut(
            o.smooth(
                [(196, 150), (198, 70), (216, 52), (262, 54), (290, 92), (314, 104), (318, 150)], steps=5
            ),
            PERSIMMON,
            4,
            BRICK,
        )
        cut([(218, 66), (256, 66), (280, 98), (218, 98)], mixed(SKY, CREAM, 0.4), 1)
        cut(o.ellipse(242, 88, 13, 14), BLUSH, 0)
        cut(o.smooth([(228, 86), (232, 72), (246, 70), (256, 78), (240, 80)]), INK, 0)
        heart = o.smooth([(0, 18), (-22, -4), (-14, -18), (0, -8), (14, -18), (22, -4)])
        cut(o.placed(heart, 112, 104, 1.1), CREAM, 1)
        cut(o.ellipse(312, 122, 7, 9), HONEY, 1)
        for x in (76, 262):
            _wheel(cut, x, step * 0.4)
        pictures.append(sheet.image)
    return pictures


def _wheel(cut: Scissors, x: float, turn: float) -> None:
    cut(o.ellipse(x, 152, 28, 28), SOOT, 2)
    spin = [(x + 14 * math.cos(a + turn), 152 + 14 * math.sin(a + turn)) for a in (0, 1.57, 3.14, 4.71)]
    cut(o.ellipse(x, 152, 15, 15), MIST, 0)
    cut(o.stroke([spin[0], spin[2]], 4), SOOT, 0)
    cut(o.stroke([spin[1], spin[3]], 4), SOOT, 0)
