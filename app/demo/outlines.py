"""Outlines of the things in the demo's pictures: plain geometry in pixels, x to the right and y down."""

import math
from collections.abc import Sequence
from random import Random

Point = tuple[float, float]
Outline = list[Point]


def smooth(points: Sequence[Point], closed: bool = True, steps: int = 7) -> Outline:
    """A curve through all points (Catmull-Rom), as an outline with `steps` points a span."""
    count = len(points)
    spans = count if closed else count - 1
    curve: Outline = []
    for i in range(spans):
        corners = [points[_index(i + k, count, closed)] for k in (-1, 0, 1, 2)]
        curve += [_between(corners, step / steps) for step in range(steps)]
    return curve if closed else [*curve, points[-1]]


def _index(i: int, count: int, closed: bool) -> int:
    return i % count if closed else min(max(i, 0), count - 1)


def _between(p: Sequence[Point], t: float) -> Point:
    def along(axis: int) -> float:
        a, b, c, d = (corner[axis] for corner in p)
        bend = 2 * a - 5 * b + 4 * c - d
        return 0.5 * (2 * b + (c - a) * t + bend * t * t + (3 * b - a - 3 * c + d) * t**3)

    return along(0), along(1)


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360) -> Outline:
    """An ellipse, or its part from `start` to `end` degrees, clockwise from the right."""
    steps = max(12, int(abs(end - start) / 6))
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def blob(
    x: float, y: float, rx: float, ry: float, rng: Random, roughness: float = 0.1, n: int = 11
) -> Outline:
    """A round thing cut by hand: no part of its edge is quite an ellipse."""
    points: Outline = []
    for i in range(n):
        angle = 2 * math.pi * i / n
        reach = 1 + rng.uniform(-roughness, roughness)
        points.append((x + rx * reach * math.cos(angle), y + ry * reach * math.sin(angle)))
    return smooth(points)


def box(x: float, y: float, width: float, height: float, lean: float = 0) -> Outline:
    """A rectangle from its upper left corner; `lean` moves the upper edge to the right."""
    return [(x + lean, y), (x + width + lean, y), (x + width, y + height), (x, y + height)]


def rounded(x: float, y: float, width: float, height: float, r: float) -> Outline:
    """A rectangle with round corners."""
    right, bottom = x + width - r, y + height - r
    corners = [(right, bottom, 0), (x + r, bottom, 90), (x + r, y + r, 180), (right, y + r, 270)]
    return [point for cx, cy, a in corners for point in ellipse(cx, cy, r, r, a, a + 90)]


def ridge(width: float, bottom: float, crests: Sequence[Point]) -> Outline:
    """Land below a soft line through the crests; the first and last crest should lie outside the picture."""
    return [*smooth(crests, closed=False), (max(width, crests[-1][0]), bottom), (crests[0][0], bottom)]


def peaks(width: float, bottom: float, y: float, height: float, count: int, rng: Random) -> Outline:
    """A jagged range of mountains: `count` summits between y - height and y, with broken slopes."""
    step = width / count
    line: Outline = [(-step, y)]
    for i in range(count + 1):
        summit = y - height * rng.uniform(0.55, 1)
        x = (i + rng.uniform(-0.22, 0.22)) * step
        line += [
            (x - step * 0.2, summit + height * 0.24),
            (x, summit),
            (x + step * 0.14, summit + height * 0.2),
        ]
        line.append((x + step * 0.5, y - height * rng.uniform(0.05, 0.3)))
    return [*line, (width + step, y), (width + step, bottom), (-step, bottom)]


def waves(width: float, y: float, bottom: float, length: float, height: float, phase: float = 0) -> Outline:
    """Water below a line of scalloped waves, as cut with small scissors."""
    line: Outline = []
    x = -length * (1 + phase % 1)
    while x < width + length:
        line += [(x + length * k / 8, y - height * math.sin(math.pi * k / 8)) for k in range(8)]
        x += length
    return [*line, (x, bottom), (-2 * length, bottom)]


def stroke(points: Sequence[Point], width: float, end_width: float | None = None) -> Outline:
    """A line of the brush along the points, as thick as `width` at first and `end_width` at last."""
    last = width if end_width is None else end_width
    left: Outline = []
    right: Outline = []
    for i, (x, y) in enumerate(points):
        (ax, ay), (bx, by) = points[max(i - 1, 0)], points[min(i + 1, len(points) - 1)]
        length = math.hypot(bx - ax, by - ay) or 1
        half = (width + (last - width) * i / max(len(points) - 1, 1)) / 2
        nx, ny = -(by - ay) / length * half, (bx - ax) / length * half
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return left + right[::-1]


def turned(points: Sequence[Point], degrees: float, about: Point) -> Outline:
    """The outline turned clockwise about a point."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x0, y0 = about
    return [(x0 + (x - x0) * c - (y - y0) * s, y0 + (x - x0) * s + (y - y0) * c) for x, y in points]


def placed(
    points: Sequence[Point], x: float, y: float, size: float = 1, size_y: float | None = None
) -> Outline:
    """The outline scaled about its origin and moved so that the origin comes to (x, y)."""
    tall = size if size_y is None else size_y
    return [(x + px * size, y + py * tall) for px, py in points]


def by_hand(points: Sequence[Point], rng: Random, reach: float) -> Outline:
    """The outline with every corner a little off, as scissors leave it."""
    return [(x + rng.uniform(-reach, reach), y + rng.uniform(-reach, reach)) for x, y in points]
