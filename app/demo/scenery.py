"""What several scenes share: skies, hills, mist, trees, houses."""

from collections.abc import Sequence

from app.demo import outlines as o
from app.demo.colours import BARK, BRICK, CREAM, DUSK, HONEY, INK, WOOD
from app.demo.film import Layer, Motion, Stage
from app.demo.outlines import blob
from app.demo.paper import Colour, Picture, Scissors, Sheet, dice, mixed

MARGIN = 90  # units that a layer reaches beyond the picture on either side, to move in


def sky(
    stage: Stage, top: Colour, middle: Colour, low: Colour, horizon: float = 0.55, seed: int = 1
) -> Sheet:
    """A sheet of sky: three colours from the top to the horizon (a part of the height), the last below it."""
    sheet = Sheet(stage.width, stage.height, seed)
    sheet.fill(low, low)
    half = round(stage.height * horizon / 2)
    for band, (first, second) in enumerate(((top, middle), (middle, low))):
        strip = Sheet(stage.width, half, seed + band)
        strip.fill(first, second)
        sheet.lay(strip.image, 0, band * half)
    return sheet


def stars(sheet: Sheet, count: int, depth: float, unit: float) -> None:
    """Stars in the upper `depth` pixels of a sky."""
    for _ in range(count):
        x, y = sheet.rng.uniform(0, sheet.image.width), sheet.rng.uniform(0, depth)
        size = sheet.rng.uniform(0.8, 2.3) * unit
        sheet.cut(o.ellipse(x, y, size, size), CREAM, grain=0, opacity=sheet.rng.uniform(0.3, 0.9))


def cloud(sheet: Sheet, x: float, y: float, size: float, paint: Colour, opacity: float = 0.9) -> None:
    """A flat-footed cloud, some 200 × 60 pixels at size 1, its middle at (x, y)."""
    puffs = [
        (-100, 8),
        (-78, -12),
        (-48, -12),
        (-28, -36),
        (14, -40),
        (38, -18),
        (66, -22),
        (100, 6),
        (60, 14),
        (-60, 14),
    ]
    sheet.cut(o.placed(o.smooth(puffs), x, y, size), paint, opacity=opacity, shadow=2.5 * size)


def hill(stage: Stage, at: float, crests: Sequence[float], paint: Colour, foot: Colour, seed: int, *,
         below: float = 1.0, room: float = 30) -> Sheet:  # fmt: skip
    """Land whose crests (units above `at`, a part of the height) are spread over the width, down to `below`.

    `room` is how many units of sheet there are above the highest crest, for what stands on it.
    """
    u = stage.unit
    rise = (max(crests) + room) * u
    sheet = Sheet(stage.width + 2 * MARGIN * u, stage.height * (below - at) + rise, seed)
    step = sheet.image.width / (len(crests) - 3)
    line = [((i - 1) * step, rise - crest * u) for i, crest in enumerate(crests)]
    sheet.cut(o.ridge(sheet.image.width, sheet.image.height, line), paint, foot=foot, shadow=8 * u)
    return sheet


def land(stage: Stage, sheet: Sheet, speed: float = 0, below: float = 1.0) -> Layer:
    """A hill's sheet as a layer that reaches down to `below` and drifts by `speed` units a second."""
    u = stage.unit
    return Layer(
        [sheet.image], Motion(-MARGIN * u, round(stage.height * below) - sheet.image.height, vx=speed * u)
    )


def mist(stage: Stage, at: float, speed: float, paint: Colour = CREAM, opacity: float = 0.3) -> Layer:
    """A bank of mist that drifts."""
    u = stage.unit
    sheet = Sheet(stage.width + 400 * u, 150 * u, round(at * 100))
    count = round(5 * stage.pick(1, 2))
    for k in range(count):
        x, rx = (k + sheet.rng.random()) * sheet.image.width / count, sheet.rng.uniform(110, 210) * u
        y = sheet.rng.uniform(50, 90) * u
        puffs = [
            (-1, 0.2),
            (-0.7, -0.5),
            (-0.2, -0.7),
            (0.3, -1),
            (0.7, -0.4),
            (1, 0.1),
            (0.6, 0.7),
            (-0.5, 0.8),
        ]
        sheet.cut(o.placed(o.smooth(puffs), x, y, rx, 26 * u), paint, grain=0.4, opacity=opacity)
    return Layer([sheet.image], Motion(-200 * u, stage.height * at, vx=speed * u))


def pine(sheet: Sheet, x: float, y: float, size: float, paint: Colour) -> None:
    """A pine that stands at (x, y), 100 pixels high at size 1."""
    sheet.cut(o.placed(o.box(-4, -14, 8, 16), x, y, size), BARK, shadow=1)
    for k, (low, wide, high) in enumerate(((-10, 28, -50), (-32, 23, -74), (-55, 17, -102))):
        tier = [
            (-wide, low),
            (-wide * 0.4, low - 18),
            (0, high),
            (wide * 0.4, low - 18),
            (wide, low),
            (0, low + 6),
        ]
        branch = o.by_hand(o.placed(tier, x, y, size), sheet.rng, 1.6 * size)
        sheet.cut(branch, mixed(paint, CREAM, 0.05 * k), shadow=2.2 * size)


def tufts(
    sheet: Sheet, count: int, top: float, bottom: float, unit: float, paint: Colour, flower: Colour
) -> None:
    """Grass and small flowers strewn between two heights of a sheet, larger nearer the viewer."""
    places = sorted(
        (sheet.rng.uniform(top, bottom), sheet.rng.uniform(0, sheet.image.width)) for _ in range(count)
    )
    for number, (y, x) in enumerate(places):
        size = (0.6 + 0.6 * (y - top) / (bottom - top)) * unit
        for lean in (-7, 0, 7):
            blade = [(x - 2 * size, y), (x + lean * size, y - (17 - abs(lean)) * size), (x + 2 * size, y)]
            sheet.cut(blade, paint, grain=0.5)
        if number % 3 == 0:
            sheet.cut(blob(x, y - 18 * size, 4.5 * size, 4.5 * size, sheet.rng, 0.2, 7), flower, shadow=0.8)


def bush(sheet: Sheet, x: float, y: float, rx: float, ry: float, paint: Colour) -> None:
    """A round crown of leaves about (x, y)."""
    sheet.cut(blob(x, y, rx, ry, sheet.rng, 0.08), paint, foot=mixed(paint, INK, 0.2), shadow=rx * 0.05)


def house(
    sheet: Sheet, x: float, y: float, size: float, wall: Colour, roof: Colour, lit: bool = True
) -> None:
    """A low house with swept eaves, standing at (x, y); 200 × 130 pixels at size 1."""

    cut = Scissors(sheet, x, y, size, lift=2)

    cut(o.box(-84, -76, 168, 78), wall, 3, mixed(wall, WOOD, 0.3))
    cut(o.box(-84, -10, 168, 12), mixed(wall, BARK, 0.45), 0)
    cut(o.box(-13, -52, 27, 52), BRICK, 1.5, mixed(BRICK, INK, 0.25))
    for left in (-66, 33):
        cut(o.box(left, -56, 34, 32), mixed(WOOD, BARK, 0.6), 1.2)
        cut(o.box(left + 3, -53, 28, 26), HONEY if lit else mixed(DUSK, INK, 0.3), 0)
        cut(o.box(left + 16, -53, 2.4, 26), BARK, 0)
        cut(o.box(left + 3, -41, 28, 2.4), BARK, 0)
    eaves = [
        (-112, -66),
        (-96, -74),
        (-66, -112),
        (-58, -126),
        (58, -126),
        (66, -112),
        (96, -74),
        (112, -66),
        (92, -66),
        (-92, -66),
    ]
    cut(eaves, roof, 5, mixed(roof, INK, 0.3))
    for k in range(-7, 8):
        cut(o.stroke([(k * 7.5, -123), (k * 12.4, -69)], 1.6), mixed(roof, INK, 0.28), 0)
    cut(o.stroke([(-66, -130), (-50, -126), (50, -126), (66, -130)], 7), mixed(roof, INK, 0.4), 1.5)


def glimmer(
    radius: float, paint: Colour = HONEY, strength: float = 0.6, seed: int = 2, count: int = 24
) -> Layer:
    """A light that breathes, as a flip book; put it with `moved`."""
    rng = dice(seed)
    pictures: list[Picture] = []
    for _ in range(count):
        sheet = Sheet(radius * 2, radius * 2)
        sheet.glow(radius, radius, radius, paint, strength * rng.uniform(0.82, 1))
        pictures.append(sheet.image)
    return Layer([picture for picture in pictures for _ in range(2)])
