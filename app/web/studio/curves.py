"""The moments of a clip as a hill: how many opened the donate sheet where, and which of them gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from app.credit.moments import Moment
from app.web import charts
from app.web.charts import Tick
from app.web.studio.words import duration

MOST_PARTS = 40
SMALLEST_KNOT, LARGEST_KNOT = 4.5, 12.0


@dataclass(frozen=True)
class Part:
    """A stretch of the clip, in seconds: `until` does not belong to it. Where it is drawn, in shares of a
    hundred, and how large the knot of its gifts is, in pixels."""

    first: int
    until: int
    opens: int
    gifts: int
    middle: float
    down: float
    radius: float

    @property
    def words(self) -> str:
        """When it is, as players write it."""
        if self.until - self.first == 1:
            return duration(self.first * 1000)
        return f"{duration(self.first * 1000)}–{duration((self.until - 1) * 1000)}"


@dataclass(frozen=True)
class Curve:
    """The hill over a clip, and what it is made of."""

    parts: Sequence[Part]
    ridge: str
    ticks: Sequence[Tick]

    @property
    def best(self) -> Part:
        """Where the sheet was opened most often; the earliest of equals."""
        return max(self.parts, key=lambda part: part.opens)


def curve(moments: Sequence[Moment], duration_ms: int) -> Curve | None:
    """The clip in parts of whole seconds, no more than MOST_PARTS; None while nothing has happened."""
    if not moments:
        return None
    seconds = max(ceil(duration_ms / 1000), moments[-1].second + 1)
    size = ceil(seconds / MOST_PARTS)
    count = ceil(seconds / size)
    opens, gifts = [0] * count, [0] * count
    for moment in moments:
        opens[moment.second // size] += moment.opens
        gifts[moment.second // size] += moment.gifts
    scale = charts.scale(opens)
    parts = [
        Part(
            first=n * size,
            until=min((n + 1) * size, seconds),
            opens=opens[n],
            gifts=gifts[n],
            middle=round((n + 0.5) * 100 / count, 2),
            down=scale.down(opens[n]),
            radius=round(min(SMALLEST_KNOT + 1.5 * sqrt(gifts[n]), LARGEST_KNOT), 1),
        )
        for n in range(count)
    ]
    return Curve(parts, charts.ridge(scale, opens), charts.ticks(scale, str))
