"""Painted paper: pieces cut from gouache-coloured sheets, glued over each other, each with a soft shadow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from app.demo.outlines import Outline, Point, placed, turned

FINE = 2  # outlines are drawn this many times larger, then reduced: their edges come out smooth
TILE = 2048
SHADOW = (38, 22, 30)
Colour = tuple[int, int, int]
Picture = Image.Image


def dice(seed: int) -> Random:
    """A source of chance that gives the same picture each time."""
    return Random(seed)  # noqa: S311 (for pictures, not for secrets)


def colour(code: str) -> Colour:
    """`#d8431c` as red, green and blue."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def mixed(a: Colour, b: Colour, part: float) -> Colour:
    """`a` with `part` (0 to 1) of `b` stirred in."""
    red, green, blue = (round(x + (y - x) * part) for x, y in zip(a, b, strict=True))
    return red, green, blue


class Sheet:
    """A transparent sheet that pieces of paper are glued on, the last on top."""

    def __init__(self, width: float, height: float, seed: int = 0) -> None:
        self.image = Image.new("RGBA", (max(1, round(width)), max(1, round(height))))
        self.rng = dice(seed)

    def fill(self, top: Colour, bottom: Colour) -> None:
        """Cover the whole sheet with one wash of paint from one colour to the other."""
        size = self.image.size
        wash = Image.composite(
            Image.new("RGB", size, bottom),
            Image.new("RGB", size, top),
            Image.linear_gradient("L").resize(size),
        )
        self.image.paste(_painted(wash, self.rng, 1.0))

    def cut(
        self,
        outline: Sequence[Point],
        paint: Colour,
        *,
        foot: Colour | None = None,
        shadow: float = 0.0,
        grain: float = 1.0,
        opacity: float = 1.0,
        holes: Sequence[Outline] = (),
    ) -> None:
        """Glue one piece on.

        `foot` is the colour its lower end runs into, `shadow` how far it lifts off the sheet below in pixels,
        `grain` how rough its paint is, and `opacity` how much of it covers what lies below.
        """
        frame = _bounds(outline, self.image.size)
        if frame is None:
            return
        left, top, right, bottom = frame
        mask = _mask(outline, holes, frame)
        if shadow:
            self._cast(mask, (left, top), shadow)
        size = (right - left, bottom - top)
        piece = Image.new("RGB", size, paint)
        if foot:
            piece.paste(foot, mask=Image.linear_gradient("L").resize(size))
        painted = _painted(piece, self.rng, grain)
        if shadow:
            rim = levelled(ImageChops.subtract(mask, ImageChops.offset(mask, 1, 2)), 0.35)
            painted.paste((255, 250, 240), mask=rim)
        if opacity < 1:
            mask = levelled(mask, opacity)
        painted.putalpha(mask)
        self.image.alpha_composite(painted, (left, top))

    def glow(self, x: float, y: float, radius: float, paint: Colour, strength: float = 0.8) -> None:
        """Light that fades out evenly around a point."""
        size = round(radius * 2)
        light = levelled(Image.radial_gradient("L").resize((size, size)), -1.42 * strength, 255 * strength)
        lit = Image.new("RGBA", (size, size), (*paint, 0))
        lit.putalpha(light)
        self.lay(lit, x - radius, y - radius)

    def lay(self, picture: Picture, x: float, y: float) -> None:
        """Lay a picture on with its upper left corner at (x, y), which may be off the sheet."""
        lay(self.image, picture, x, y)

    def _cast(self, mask: Picture, corner: Point, lift: float) -> None:
        margin = round(lift * 3)
        wide = ImageChops.offset(_padded(mask, margin), round(lift * 0.4), round(lift * 0.9))
        soft = levelled(wide.filter(ImageFilter.GaussianBlur(lift)), 0.5)
        shade = Image.new("RGBA", soft.size, (*SHADOW, 0))
        shade.putalpha(soft)
        self.lay(shade, corner[0] - margin, corner[1] - margin)


@dataclass(frozen=True)
class Scissors:
    """Cuts pieces given in units about a point of a sheet, all turned by `lean` degrees about another.

    `lift` is the shadow, in units, of a piece that names none of its own.
    """

    sheet: Sheet
    x: float
    y: float
    unit: float
    lift: float = 0
    lean: float = 0
    about: Point = (0, 0)

    def __call__(
        self,
        outline: Sequence[Point],
        paint: Colour,
        shadow: float | None = None,
        foot: Colour | None = None,
        opacity: float = 1,
    ) -> None:
        """Cut a piece out and glue it on."""
        leaning = turned(outline, self.lean, self.about) if self.lean else outline
        lift = self.lift if shadow is None else shadow
        piece = placed(leaning, self.x, self.y, self.unit)
        self.sheet.cut(piece, paint, foot=foot, shadow=lift * self.unit, opacity=opacity)


def levelled(picture: Picture, slope: float, level: float = 0) -> Picture:
    """A grey picture with each value v (0 to 255) replaced by slope × v + level."""
    return picture.point(_table(slope, level))


@cache
def _table(slope: float, level: float) -> Sequence[int]:
    return [max(0, min(255, round(slope * value + level))) for value in range(256)]


def softened(picture: Picture, radius: float, paint: Colour) -> Picture:
    """The picture's shape alone, in one colour, with an edge that fades over `radius` pixels."""
    soft = Image.new("RGBA", picture.size, (*paint, 0))
    soft.putalpha(picture.getchannel("A").filter(ImageFilter.GaussianBlur(radius)))
    return soft


def lay(canvas: Picture, picture: Picture, x: float, y: float) -> None:
    """Lay a picture over another at (x, y); what is off the canvas is not seen."""
    left, top = round(x), round(y)
    if -picture.width < left < canvas.width and -picture.height < top < canvas.height:
        inside = picture.crop((max(0, -left), max(0, -top), picture.width, picture.height))
        canvas.alpha_composite(inside, (max(0, left), max(0, top)))


def _padded(mask: Picture, margin: int) -> Picture:
    wide = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin))
    wide.paste(mask, (margin, margin))
    return wide


def _bounds(outline: Sequence[Point], size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    left, top = max(0, int(min(xs)) - 1), max(0, int(min(ys)) - 1)
    right, bottom = min(size[0], int(max(xs)) + 2), min(size[1], int(max(ys)) + 2)
    return (left, top, right, bottom) if right > left and bottom > top else None


def _mask(outline: Sequence[Point], holes: Sequence[Outline], frame: tuple[int, int, int, int]) -> Picture:
    left, top, right, bottom = frame
    mask = Image.new("L", ((right - left) * FINE, (bottom - top) * FINE))
    draw = ImageDraw.Draw(mask)
    for points, value in [(outline, 255), *((hole, 0) for hole in holes)]:
        draw.polygon([((x - left) * FINE, (y - top) * FINE) for x, y in points], fill=value)
    return mask.reduce(FINE)


def _painted(flat: Picture, rng: Random, grain: float) -> Picture:
    """A flat colour as paint on paper: streaks of the brush, cloudy patches and the fibre of the sheet."""
    if not grain:
        return flat
    x = rng.randrange(max(1, TILE - flat.width))
    y = rng.randrange(max(1, TILE - flat.height))
    rough = _texture().crop((x, y, x + flat.width, y + flat.height))
    if grain != 1:
        rough = levelled(rough, grain, 128 - 128 * grain)
    return ImageChops.add(flat, Image.merge("RGB", (rough, rough, rough)), 1, -128)


@cache
def _texture() -> Picture:
    rng = dice(1862)

    def noise(width: int, height: int, reach: float) -> Picture:
        raw = Image.frombytes("L", (width, height), rng.randbytes(width * height))
        even = levelled(raw, reach, 128 - 128 * reach)
        return even if width == TILE else even.resize((TILE, TILE), Image.Resampling.BICUBIC)

    fibre = noise(TILE, TILE, 0.045)
    for layer in (noise(96, 512, 0.05), noise(40, 40, 0.075), noise(512, 300, 0.03)):
        fibre = ImageChops.add(fibre, layer, 1, -128)
    return fibre
