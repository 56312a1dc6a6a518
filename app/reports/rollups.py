"""The rollup: sums by day, project, video and rule that reports are read from.

It is added to in the transaction that gives or takes back credit, so it is never behind; it can be rebuilt
from the credits at any time, and `differences` proves that it need not be.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    text,
)
from sqlalchemy import Date as SqlDate
from sqlalchemy.orm import Session

from app.core import bulk, tasks
from app.credit.credits import Held, Part, Reversal
from app.credit.models import Credit, CreditReversal, CreditWithdrawal
from app.credit.moving import Moved
from app.donations.models import Donation
from app.nonprofits.models import Nonprofit
from app.projects.models import Project
from app.reports import mending

_Query = Select[*tuple[Any, ...]]

KEY = ("project_id", "video_id", "day", "currency", "rule")
COUNTS = ("donations", "creator_donations", "gifts")  # at the level of a video, of a creator, of all
MONEY = ("gross_minor", "fee_minor", "refunded_minor")
SUMS = (*COUNTS, *MONEY, "relay_minor", "lines")
COLUMNS = ("nonprofit_id", "creator_id", *KEY, *SUMS)

_NEVER_NULL = ("nonprofit_id", "day", "project_id", "currency", "rule")
_ROLLUP = mending.Rollup("day_rollup", COLUMNS, _NEVER_NULL, SUMS)
_NAMES = ", ".join(COLUMNS)
_ADDED = ", ".join(f"{name} = day_rollup.{name} + excluded.{name}" for name in SUMS)
_ADD = text(f"""
    INSERT INTO day_rollup ({_NAMES})
    SELECT {_NAMES} FROM json_populate_recordset(CAST(NULL AS day_rollup), CAST(:rows AS json))
    ON CONFLICT ({", ".join(KEY)}) DO UPDATE SET {_ADDED}
""")  # noqa: S608 (names of our own columns)

# What is new begins with nothing, so that all that counts is an update: updates and new rows of one statement
# would reach the sums by the week one after the other, and two writers could each hold what the other needs.
_BEGIN = text(f"""
    INSERT INTO day_rollup ({_NAMES})
    SELECT {", ".join(COLUMNS[: -len(SUMS)])}, {", ".join("0" for _ in SUMS)}
    FROM json_populate_recordset(CAST(NULL AS day_rollup), CAST(:rows AS json))
    ON CONFLICT DO NOTHING
""")  # noqa: S608 (names of our own columns)


def count(session: Session, parts: Sequence[Part], reversals: Sequence[Reversal]) -> None:
    """Count new credits on the day they were given; refunds and lost disputes on the day they happened,
    whatever day the gift was counted on."""
    split: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for one in parts:
        split[one.donation.id].append(one.row)
    given = [(one.donation, one.row["at"], _given(one.row, split[one.donation.id])) for one in parts]
    gone = [(one.move.donation, one.move.at, _gone(one)) for one in reversals]
    _count(session, [*given, *gone])


def count_decision(session: Session, made: Moved) -> None:
    """Count credit that a nonprofit has moved on the day it decided: out of some videos' figures, with all
    that was taken back of it, into those of others. What stood in days before stays there."""
    stood = [_whose(one.credit) for one in made.withdrawn]
    out = [_taken_out(one, stood) for one in made.withdrawn]
    rows = [row for row, _ in made.given]
    into = [_given(row, rows) for row in rows]
    # What was taken back of the credit before is taken back of the new, in a line of its own.
    gone = [{**_kept(row), "refunded_minor": minor, "lines": 1} for row, minor in made.given if minor]
    _count(session, [(made.donation, made.at, row) for row in (*out, *into, *gone)])


def rebuild(session: Session, nonprofit_id: int) -> None:
    """Write an organisation's rollup anew from its credits; meanwhile nothing else is counted for it."""
    session.execute(select(Nonprofit.id).where(Nonprofit.id == nonprofit_id).with_for_update())
    mending.mend(session, _ROLLUP, _recomputed(session, nonprofit_id), {"nonprofit_id": nonprofit_id})


def follow_zone(session: Session, nonprofit_id: int) -> None:
    """Count by the days of another time zone: money at once, people and touches in tasks."""
    rebuild(session, nonprofit_id)
    tasks.defer(session, "rollups.rebuild_people", nonprofit_id=nonprofit_id)
    tasks.defer(session, "rollups.touches")


def differences(session: Session, nonprofit_id: int) -> Sequence[Any]:
    """Rows in which the rollup and a recomputation from the credits do not agree; empty when all is well."""
    computed = _recomputed(session, nonprofit_id)
    return mending.differences(session, _ROLLUP, computed, {"nonprofit_id": nonprofit_id})


def apart(session: Session) -> Sequence[int]:
    """The organisations that `differences` finds something of: to look at all in one go takes less than to
    look at one after the other."""
    return mending.apart(session, _ROLLUP, _recomputed(session))


def rule_of(rule: str, version: int) -> str:
    """How reports name a rule."""
    return f"{rule} v{version}"


def _given(row: Mapping[str, Any], split: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    """A part of a gift, as it counts in each level: in that of its creator, and of all, once a split."""
    return {
        **_kept(row),
        **_levels(row, split, 1),
        "gross_minor": row["amount_minor"],
        "fee_minor": row["fee_minor"],
        "lines": 1,
    }


def _gone(one: Reversal) -> dict[str, Any]:
    return {
        **_kept(_whose(one.credit)),
        "fee_minor": one.fee_minor,
        "refunded_minor": one.amount_minor,
        "lines": 1,
    }


def _taken_out(one: Held, stood: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    whose = _whose(one.credit)
    return {
        **_kept(whose),
        **_levels(whose, stood, -1),
        "gross_minor": -one.credit.amount_minor,
        "fee_minor": -one.fee,
        "refunded_minor": -one.gone,
        "lines": 1,
    }


def _levels(row: Mapping[str, Any], split: Iterable[Mapping[str, Any]], by: int) -> dict[str, int]:
    """What a part adds to the counts. The first video of a split, by its id, counts for the others too; no
    video is the last."""
    videos = [one["video_id"] or 0 for one in split]
    own = [one["video_id"] or 0 for one in split if one["creator_id"] == row["creator_id"]]
    return {
        "donations": by,
        "creator_donations": by * ((row["video_id"] or 0) == _lowest(own)),
        "gifts": by * ((row["video_id"] or 0) == _lowest(videos)),
    }


def _lowest(videos: Iterable[int]) -> int:
    return min((one for one in videos if one), default=0)


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """Whose figures change, with nothing in them."""
    names = ("video_id", "creator_id", "currency")
    rule = rule_of(row["rule"], row["rule_version"])
    return {**{name: row[name] for name in names}, "rule": rule, **dict.fromkeys(SUMS, 0)}


def _whose(credit: Credit) -> dict[str, Any]:
    names = ("video_id", "creator_id", "currency", "rule", "rule_version")
    return {name: getattr(credit, name) for name in names}


def _count(session: Session, counted: Sequence[tuple[Donation, datetime, dict[str, Any]]]) -> None:
    """Add figures to their rows: each row once, all in one order, so that no two workers block each other."""
    if not counted:
        return
    zones = _zones(session, {donation.nonprofit_id for donation, _, _ in counted})
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for donation, at, figures in counted:
        if donation.share_id is not None:
            figures["relay_minor"] = figures["gross_minor"] - figures["refunded_minor"] - figures["fee_minor"]
        row = {
            "nonprofit_id": donation.nonprofit_id,
            "project_id": donation.project_id,
            "day": at.astimezone(zones[donation.nonprofit_id]).date(),
            **figures,
        }
        same = rows.setdefault(tuple(row[name] or 0 for name in KEY), {**row, **dict.fromkeys(SUMS, 0)})
        for name in SUMS:
            same[name] += row[name]
    told = {"rows": bulk.as_json([rows[key] for key in sorted(rows)])}
    session.execute(_BEGIN, told)
    session.execute(_ADD, told)


def _zones(session: Session, nonprofit_ids: Collection[int]) -> dict[int, ZoneInfo]:
    # The share lock keeps the time zones as they are until this is committed; `rebuild` follows their change.
    query = select(Nonprofit.id, Nonprofit.time_zone).where(Nonprofit.id.in_(nonprofit_ids))
    rows = session.execute(query.order_by(Nonprofit.id).with_for_update(read=True))
    return {nonprofit_id: ZoneInfo(zone) for nonprofit_id, zone in rows}


def _recomputed(session: Session, nonprofit_id: int | None = None) -> _Query:
    """The rollup of one organisation, or of all, as it should be."""
    own = None
    if nonprofit_id is not None:
        # The planner knows how much credit each project has; of all together it would have to guess.
        query = select(Project.id).where(Project.nonprofit_id == nonprofit_id)
        own = _Own(nonprofit_id, session.scalars(query).all())
    lines = _lines(own).subquery()
    relay = case(
        (lines.c.is_relay, lines.c.gross_minor - lines.c.refunded_minor - lines.c.fee_minor), else_=0
    )
    keys = {name: lines.c[name] for name in ("nonprofit_id", "creator_id", *KEY)}
    sums = [cast(func.sum(lines.c[name]), BigInteger).label(name) for name in (*COUNTS, *MONEY)]
    sums += [cast(func.sum(relay), BigInteger).label("relay_minor"), func.count().label("lines")]
    rule = func.concat(lines.c.rule, " v", lines.c.rule_version).label("rule")
    summed = select(*{**keys, "rule": rule}.values(), *sums).group_by(*keys.values(), lines.c.rule_version)
    if own:
        return summed
    found = summed.subquery()
    its_own = and_(Project.id == found.c.project_id, Project.nonprofit_id == found.c.nonprofit_id)
    return select(*found.c).join(Project, its_own)


class _Own(NamedTuple):
    """An organisation and its projects."""

    nonprofit_id: int
    project_ids: Sequence[int]


def _lines(own: _Own | None) -> CompoundSelect[Any]:
    gone, out, none = CreditReversal, CreditWithdrawal, literal(0)
    changed = select(Credit.donation_id).join(out, out.credit_id == Credit.id)
    changed = changed.where(out.project_id.in_(own.project_ids)) if own else changed
    levels = {"of_creator": _first(Credit.creator_id), "of_gift": _first()}
    parts = _credits(own, levels)
    # What is taken back counts in no level: its split need not be known.
    part, withdrawn = parts.subquery(), parts.where(Credit.donation_id.in_(changed)).subquery()
    taken = _credits(own, dict.fromkeys(levels, none)).subquery()
    gifts = _line(part, part.c.at, part.c.amount_minor, part.c.fee_minor, none, 1)
    back = _line(taken, gone.at, none, gone.fee_minor, gone.amount_minor, 0)
    back = back.join(gone, and_(gone.credit_id == taken.c.id, gone.project_id == taken.c.project_id))
    back = back.where(gone.project_id.in_(own.project_ids)) if own else back
    minus = _line(withdrawn, out.at, -withdrawn.c.amount_minor, -out.fee_minor, -out.refunded_minor, -1)
    return gifts.union_all(back, minus.join(out, out.credit_id == withdrawn.c.id))


def _first(*same: Any) -> Any:
    """1 for the credit that counts in its split, or among those of it that have the same."""
    split = func.min(Credit.video_id).over(partition_by=(Credit.donation_id, Credit.decision_id, *same))
    return case((func.coalesce(Credit.video_id, 0) == func.coalesce(split, 0), 1), else_=0)


def _line(part: Subquery, at: Any, gross: Any, fee: Any, refunded: Any, by: int) -> _Query:
    """A sum's lines of one kind; `by` is what each adds to the counts of its levels."""
    names = (
        "nonprofit_id",
        "project_id",
        "creator_id",
        "video_id",
        "currency",
        "rule",
        "rule_version",
        "is_relay",
    )
    return select(
        *[part.c[name] for name in names],
        cast(func.timezone(part.c.time_zone, at), SqlDate).label("day"),
        literal(by).label("donations"),
        (by * part.c.of_creator).label("creator_donations"),
        (by * part.c.of_gift).label("gifts"),
        gross.label("gross_minor"),
        fee.label("fee_minor"),
        refunded.label("refunded_minor"),
    ).select_from(part)


def _credits(own: _Own | None, levels: Mapping[str, Any]) -> _Query:
    """Credits of one organisation's projects, or all, and in which levels each of them counts."""
    names = ("id", "at", "project_id", "creator_id", "video_id", "currency", "amount_minor", "fee_minor")
    shown: list[Any] = [getattr(Credit, name) for name in (*names, "rule", "rule_version")]
    shown += [counts.label(level) for level, counts in levels.items()]
    shown += [Donation.nonprofit_id, Donation.share_id.is_not(None).label("is_relay"), Nonprofit.time_zone]
    of_nonprofit = Nonprofit.id == Donation.nonprofit_id
    query: _Query = select(*shown).join(Donation, Donation.id == Credit.donation_id)
    query = query.join(Nonprofit, of_nonprofit)
    if own is None:
        return query
    return query.where(Credit.project_id.in_(own.project_ids), Donation.nonprofit_id == own.nonprofit_id)
