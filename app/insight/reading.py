"""What the models read of a project and a period: paths that ended in a gift, and paths that ended in none.

The path of a gift is the one that its credit was decided by. The path of a visitor who gave nothing is made
of touches in the same way: a step a video, at its best touch, in the order of time.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.credit.models import TOUCH_KINDS
from app.credit.paths import RANKS
from app.credit.touches import LONGEST_SESSION
from app.projects.models import Project

# One statement, so that the paths and the credit are of the same gifts at the same moment.
_GIFTS = text("""
    WITH gift AS MATERIALIZED (
        SELECT id, visitor, captured_minor - refunded_minor - lost_minor AS kept
        FROM donation
        WHERE project_id = :project AND currency = :currency AND paid_at >= :starts AND paid_at < :ends
            AND captured_minor > refunded_minor + lost_minor
    ),
    met AS (
        SELECT jsonb_path_query_array(decided.evidence, '$.path[*].video') AS path, count(*) AS gifts,
            sum(kept) AS minor, count(*) FILTER (WHERE visitor <> '') AS agreed
        FROM gift, LATERAL (
            SELECT evidence FROM credit WHERE donation_id = gift.id ORDER BY id LIMIT 1
        ) decided
        GROUP BY path
    ),
    given AS (
        SELECT CASE WHEN video.code IS NULL THEN '[]' ELSE jsonb_build_array(video.code) END AS path,
            count(*) AS gifts, sum(credit.amount_minor - coalesce(gone.minor, 0)) AS minor
        FROM gift
        JOIN credit ON credit.donation_id = gift.id
        LEFT JOIN LATERAL (
            SELECT sum(amount_minor) AS minor FROM credit_reversal WHERE credit_id = credit.id
        ) gone ON true
        LEFT JOIN video ON video.id = credit.video_id
        WHERE NOT EXISTS (SELECT FROM credit_withdrawal WHERE credit_id = credit.id)
        GROUP BY video.code
    )
    SELECT false AS is_credit, path, gifts, minor, agreed FROM met
    UNION ALL SELECT true, path, gifts, minor, 0 FROM given
    ORDER BY is_credit, path
""")
_NOTHING = text("""
    WITH giver AS (
        SELECT DISTINCT visitor FROM donation
        WHERE project_id = :project AND captured_minor > 0 AND paid_at >= :starts AND paid_at < :ends
    ),
    met AS (
        SELECT DISTINCT ON (visitor, video_id) visitor, video_id, at
        FROM touch
        WHERE session_at >= :sessions AND session_at < :ends AND at >= :starts AND at < :ends AND held = ''
            AND video_id IN (SELECT video_id FROM donation_link WHERE project_id = :project)
            AND NOT EXISTS (SELECT FROM giver WHERE giver.visitor = touch.visitor)
        ORDER BY visitor, video_id, array_position(CAST(:kinds AS varchar[]), kind) DESC, at DESC
    ),
    way AS (
        SELECT array_agg(video.code ORDER BY met.at, video.id) AS path
        FROM met JOIN video ON video.id = met.video_id
        GROUP BY visitor
    )
    SELECT path, count(*) FROM way GROUP BY path ORDER BY path
""")

Path = tuple[str, ...]  # codes of videos


@dataclass
class Reading:
    """Paths, with how many gifts each led to, what these are worth in minor units, and how many visitors went
    it and gave nothing. Gifts of which no video is known have no path: they are counted apart.

    `credited` is what the same gifts are credited to by the project's rule and decisions: minor units by the
    code of the video, under "" what is credited to none. All after refunds.
    """

    gifts: Counter[Path] = field(default_factory=Counter[Path])
    minor: Counter[Path] = field(default_factory=Counter[Path])
    nulls: Counter[Path] = field(default_factory=Counter[Path])
    credited: Counter[str] = field(default_factory=Counter[str])
    pathless: int = 0
    pathless_minor: int = 0
    agreed: int = 0  # gifts of visitors who agreed that their way is remembered

    @property
    def paths(self) -> list[Path]:
        """All paths, each once, in an order that depends on nothing but them."""
        return sorted({*self.gifts, *self.nulls})


def read(session: Session, project: Project, starts_at: datetime, ends_at: datetime) -> Reading:
    """Read a half-open period of a project, in its currency."""
    found = Reading()
    which = {"project": project.id, "starts": starts_at, "ends": ends_at}
    rows = session.execute(_GIFTS, {**which, "currency": project.currency})
    for is_credit, path, gifts, minor, agreed in rows:
        if is_credit:
            found.credited["".join(path)] = int(minor)
            continue
        found.agreed += agreed
        if path:
            found.gifts[tuple(path)] = gifts
            found.minor[tuple(path)] = int(minor)
        else:
            found.pathless, found.pathless_minor = gifts, int(minor)
    kinds = sorted(TOUCH_KINDS, key=RANKS.__getitem__)
    rows = session.execute(_NOTHING, {**which, "sessions": starts_at - LONGEST_SESSION, "kinds": kinds})
    found.nulls.update({tuple(path): visitors for path, visitors in rows})
    return found
