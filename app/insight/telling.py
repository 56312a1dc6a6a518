"""Estimates for a page: each video's row, as money, with the share of each column that it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core.money import Money
from app.insight.models import Estimate
from app.projects.models import Project
from app.videos.models import Video


@dataclass(frozen=True)
class Said:
    """What a column says of a video: an amount, and how long its bar is, in per cent of the longest."""

    amount: Money
    bar: float


@dataclass(frozen=True)
class Line:
    """A video (None where none is known): its credit, and beside it what the models say.

    `lost` is the part of all gifts that would be lost without the video, by the Markov model.
    """

    video: Video | None
    credited: Said
    markov: Said
    shapley: Said
    lost: float | None = None


@dataclass(frozen=True)
class Told:
    """An estimate as it is shown. Each column of `lines` adds up to `total`.

    `gifts` are all that were read, `agreed` those of visitors whose way may be known, `pathless` those of
    which no video is known; `nulls` are visitors who agreed, saw one of the videos and gave nothing.
    """

    as_of: datetime
    lines: Sequence[Line]
    total: Money
    gifts: int
    agreed: int
    pathless: int
    paths: int
    nulls: int


def tell(session: Session, project: Project, estimate: Estimate) -> Told | None:
    """What was found, videos with the most credit first; None until something was."""
    if estimate.found is None or estimate.made_at is None:
        return None
    found = estimate.found
    rows: Sequence[Mapping[str, Any]] = found["videos"]
    codes = [row["video"] for row in rows]
    query = select(Video).where(Video.code.in_(codes)).options(joinedload(Video.creator))
    videos = {video.code: video for video in session.scalars(query)}
    plain = [(videos.get(row["video"]), *_columns(row)) for row in rows]
    if found["uncredited_minor"] or found["pathless_minor"]:
        beside = found["pathless_minor"]
        plain.append((None, found["uncredited_minor"], beside, beside, None))
    longest = max((abs(minor) for _, *three, _ in plain for minor in three), default=0) or 1

    def said(minor: int) -> Said:
        return Said(Money(minor, project.currency), max(0, minor) * 100 / longest)

    lines = [Line(video, said(a), said(b), said(c), lost) for video, a, b, c, lost in plain]
    return Told(
        as_of=estimate.made_at,
        lines=sorted(lines, key=_order),
        total=Money(found["minor"], project.currency),
        **{name: found[name] for name in ("gifts", "agreed", "pathless", "paths", "nulls")},
    )


def _columns(row: Mapping[str, Any]) -> tuple[int, int, int, float | None]:
    markov, shapley = row.get("markov", {}), row.get("shapley", {})
    return row["credited_minor"], markov.get("minor", 0), shapley.get("minor", 0), markov.get("lost")


def _order(line: Line) -> tuple[bool, int, int, str]:
    title = line.video.title if line.video else ""
    return line.video is None, -line.credited.amount.minor, -line.markov.amount.minor, title
