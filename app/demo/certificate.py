"""A certificate as an organisation would scan it, without a word on it: the demo's documents."""

from io import BytesIO
from itertools import pairwise

from app.demo import outlines as o
from app.demo.colours import BRICK, CREAM, INK, OCHRE, PAPER, PERSIMMON
from app.demo.paper import Scissors, Sheet, mixed


def certificate(seed: int) -> bytes:
    """A PNG of 600 × 840 pixels: a frame, lines where words would be, and a seal."""
    sheet = Sheet(600, 840, seed)
    sheet.fill(CREAM, PAPER)
    cut = Scissors(sheet, 0, 0, 1)
    for inset, paint, wide in ((28, OCHRE, 10), (48, mixed(OCHRE, BRICK, 0.4), 3)):
        far_x, far_y = 600 - inset, 840 - inset
        corners = [(inset, inset), (far_x, inset), (far_x, far_y), (inset, far_y), (inset, inset)]
        for begin, end in pairwise(corners):
            cut(o.stroke([begin, end], wide), paint)
    cut(o.stroke([(180, 150), (420, 150)], 22), mixed(INK, CREAM, 0.15))
    for line in range(11):
        right = 500 - sheet.rng.uniform(0, 150)
        cut(o.stroke([(100, 240 + 34 * line), (right, 240 + 34 * line)], 7), mixed(INK, CREAM, 0.5))
    cut(o.blob(430, 700, 66, 66, sheet.rng, 0.02, 20), PERSIMMON, opacity=0.8)
    cut(o.blob(430, 700, 50, 50, sheet.rng, 0.02, 20), CREAM, opacity=0.85)
    star = o.smooth(
        [(430, 664), (444, 688), (470, 692), (450, 712), (456, 738), (430, 726), (404, 738), (410, 712)]
    )
    cut(star, PERSIMMON, opacity=0.8)
    page = BytesIO()
    sheet.image.convert("RGB").save(page, "PNG")
    return page.getvalue()
