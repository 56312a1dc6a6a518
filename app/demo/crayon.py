"""A child's crayon: a drawing that comes into being stroke by stroke."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import dist

from PIL import Image, ImageChops, ImageDraw

from app.demo import outlines as o
from app.demo.colours import CREAM
from app.demo.paper import FINE, Colour, Picture, Scissors, Sheet, dice, levelled, mixed


@dataclass(frozen=True)
class Line:
    """One stroke of one crayon."""

    points: Sequence[o.Point]
    paint: Colour
    width: float = 7

    @property
    def length(self) -> float:
        return sum(dist(a, b) for a, b in zip(self.points, self.points[1:], strict=False))


def drawing(lines: Sequence[Line], width: float, height: float, frames: int, room: float) -> list[Picture]:
    """The lines coming one after the other, as a flip book, the crayon at the tip; at the end it is put away.

    `room` is how far the crayon may reach beyond the drawing, above and to the right.
    """
    whole = sum(line.length for line in lines)
    page = Image.new("RGBA", (round(width + room) * FINE, round(height + room) * FINE))
    wax = _wax(page.size)
    pictures: list[Picture] = []
    drawn = 0.0
    for frame in range(1, frames + 1):
        tip, paint = _draw(page, wax, lines, drawn, whole * frame / frames, room)
        drawn = whole * frame / frames
        picture = page.reduce(FINE)
        crayon = _crayon(paint, room)
        picture.alpha_composite(crayon, (max(0, round(tip[0])), max(0, round(tip[1] + room - crayon.height))))
        pictures.append(picture)
    return [*pictures, page.reduce(FINE)]


def _draw(
    page: Picture, wax: Picture, lines: Sequence[Line], start: float, end: float, room: float
) -> tuple[o.Point, Colour]:
    """Draw from `start` to `end` pixels of the way; where the crayon is then, and which one."""
    passed = 0.0
    tip, paint = lines[0].points[0], lines[0].paint
    for line in lines:
        pieces: list[tuple[o.Point, o.Point]] = []
        for a, b in zip(line.points, line.points[1:], strict=False):
            if start <= passed < end:
                pieces.append((a, b))
                tip, paint = b, line.paint
            passed += dist(a, b)
        if pieces:
            _rub(page, wax, pieces, line, room)
    return tip, paint


def _rub(page: Picture, wax: Picture, pieces: list[tuple[o.Point, o.Point]], line: Line, room: float) -> None:
    mask = Image.new("L", page.size)
    draw = ImageDraw.Draw(mask)
    half = line.width * FINE / 2
    for piece in pieces:
        (ax, ay), (bx, by) = [(x * FINE, (y + room) * FINE) for x, y in piece]
        draw.line((ax, ay, bx, by), fill=255, width=round(2 * half))
        draw.ellipse((bx - half, by - half, bx + half, by + half), fill=255)
    frame = mask.getbbox()
    if frame:
        waxy = ImageChops.multiply(mask.crop(frame), wax.crop(frame))
        page.paste((*line.paint, 255), frame[:2], waxy)


def _wax(size: tuple[int, int]) -> Picture:
    """Where the tooth of the paper takes the colour: nearly everywhere."""
    tile = _tooth()
    wax = Image.new("L", size)
    for x in range(0, size[0], tile.width):
        for y in range(0, size[1], tile.height):
            wax.paste(tile, (x, y))
    return wax


@cache
def _tooth() -> Picture:
    rng = dice(64)
    grains = Image.frombytes("L", (256, 256), rng.randbytes(256 * 256)).resize(
        (640, 640), Image.Resampling.BICUBIC
    )
    return levelled(grains, 5, -240)


@cache
def _crayon(paint: Colour, size: float) -> Picture:
    sheet = Sheet(size, size)
    u = size / 110

    cut = Scissors(sheet, 2 * u, 0, u, lean=38, about=(0, 110))
    cut([(-3, 108), (3, 108), (11, 88), (11, 0), (-11, 0), (-11, 88)], paint, 3)
    cut([(11, 78), (11, 10), (-11, 10), (-11, 78)], mixed(paint, CREAM, 0.45))
    cut([(11, 70), (11, 64), (-11, 64), (-11, 70)], paint)
    cut([(11, 26), (11, 20), (-11, 20), (-11, 26)], paint)
    return sheet.image
