"""What a video has done, for its creator alone: its funnel, its moments, the money it is credited with."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.core.db import unit_of_work
from app.credit import moments
from app.reports import clip
from app.reports.clip import Way
from app.videos import renditions
from app.web import charts
from app.web.access import Rule, allow
from app.web.charts import Bar
from app.web.loaders import load_own_video
from app.web.studio.curves import curve
from app.web.studio.posters import strip
from app.web.text import _

studio_figures = Blueprint("studio_figures", __name__)


@dataclass(frozen=True)
class Stage:
    """How many came this far; `share` is their part of those one stage before, or of the first where it is
    told how far a clip was watched; None of the first itself."""

    words: str
    count: int
    bar: Bar
    share: Fraction | None


@studio_figures.get("/studio/videos/<video_code>/figures")
@allow(Rule.OWN)
def figures(video_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        video = load_own_video(session, video_code)
        way = clip.way(session, video)
        credited = clip.credited(session, video)
        found = moments.of_video(session, video.id)
    return render_template(
        "studio/figures.html",
        video=video,
        way=way,
        stages=_stages(_steps(way)),
        lengths=_lengths(way) if any(way.watched) else [],
        credited=credited,
        curve=curve(found, video.duration_ms or 0),
        strip=strip(renditions.published(video)),
    )


def _steps(way: Way) -> list[tuple[str, int]]:
    return [
        (_("Shown"), way.shown),
        (_("Watched for six seconds, or to the end"), way.views),
        (_("Opened the donate sheet"), way.opens),
        (_("Sent the form"), way.started),
        (_("Gave"), way.given),
    ]


def _lengths(way: Way) -> list[Stage]:
    words = (_("A quarter of it"), _("Half of it"), _("Three quarters"), _("To the end"))
    told = [(_("Shown"), way.shown), *zip(words, way.watched, strict=True)]
    return _stages(told, [0, *[way.shown] * len(way.watched)])


def _stages(told: Sequence[tuple[str, int]], befores: Sequence[int] = ()) -> list[Stage]:
    scale = charts.Scale(0, max(1, *(count for _words, count in told)), ())
    befores = befores or [0, *(count for _words, count in told[:-1])]
    return [
        Stage(words, count, charts.bar(scale, count), Fraction(count, before) if before else None)
        for (words, count), before in zip(told, befores, strict=True)
    ]
