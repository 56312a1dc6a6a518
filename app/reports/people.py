"""Unique donors and cohorts: who gave, each counted once; in a task soon after settlement, exact as of then.

A donor is told by the mailbox, else by the account or the browser, as the marks of gifts know them; a gift of
which nothing is known has a donor of its own. People are counted when they give: a refund makes nobody
unknown again, and a decision on credit adds them where it gives.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import TextualSelect, column, func, select, text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.models import Task
from app.credit import integrity
from app.donations.models import Donation
from app.projects.models import Project
from app.reports import mending
from app.reports.models import NEVER, SCOPES

TASKS = ("integrity.look", "rollups.people", "rollups.rebuild_people")  # after which a gift is counted
QUEUES = ("money", "reports")  # which those run on
MARKS = (integrity.MAIL, integrity.ACCOUNT, integrity.VISITOR)  # the first that is known tells the donor

DONORS_KEY = "nonprofit_id, scope, day, scope_id, currency, before"
COHORT_KEY = "nonprofit_id, currency, began, month"

# Gifts get their givers: that of the same monthly gift, of the same mark, or one of their own. They are
# looked up one by one: while others fill the table, the planner thinks it empty, and would join all of it.
_GIVE = """
    WITH fresh AS MATERIALIZED (
        SELECT donation.id, monthly_gift_id, (
            SELECT mark FROM giver_mark
            WHERE donation_id = donation.id AND split_part(mark, ':', 1) = ANY(:marks)
            ORDER BY array_position(CAST(:marks AS text[]), split_part(mark, ':', 1)), mark LIMIT 1
        ) AS mark
        FROM donation
        WHERE nonprofit_id = :nonprofit_id AND captured_minor > 0 {which}
            AND (SELECT giver_id FROM giving WHERE donation_id = donation.id) IS NULL
    ), known AS (
        SELECT mark, min((
            SELECT giver_id FROM giving
            WHERE donation_id = giver_mark.donation_id AND nonprofit_id = :nonprofit_id
        )) AS giver_id
        FROM (SELECT DISTINCT mark FROM fresh) wanted JOIN giver_mark USING (mark)
        GROUP BY mark
    )
    INSERT INTO giving (donation_id, nonprofit_id, giver_id)
    SELECT id, :nonprofit_id, coalesce(
        (
            SELECT min((SELECT giver_id FROM giving WHERE donation_id = donation.id))
            FROM donation WHERE monthly_gift_id = fresh.monthly_gift_id
        ),
        known.giver_id,
        min(id) OVER (PARTITION BY coalesce('gift:' || monthly_gift_id, mark, id::text))
    )
    FROM fresh LEFT JOIN known USING (mark)
    ON CONFLICT DO NOTHING
"""
# Gifts without a giver are looked for in indexes alone, and only what is found is read.
_UNKNOWN = """
    WITH without AS MATERIALIZED (
        SELECT id FROM donation WHERE nonprofit_id = :nonprofit_id AND NOT EXISTS (
            SELECT FROM giving WHERE donation_id = donation.id AND nonprofit_id = :nonprofit_id
        )
    )
    SELECT EXISTS (SELECT FROM without JOIN donation USING (id) WHERE captured_minor > 0)
"""
# Whoever gave counts on the day in each scope, beside the day before it on which they gave in the same scope.
# Each scope: its id, what tells its rows of a giver apart, which of them count in it. Credit that was moved
# counts in those of creators and videos alone, and is in no other's way.
_IN_SCOPES = (
    ("total", "0::bigint", "given, currency", "given"),
    ("project", "project_id", "given, currency, project_id", "given"),
    ("creator", "coalesce(creator_id, 0)", "currency, creator_id", "true"),
    ("video", "coalesce(video_id, 0)", "currency, video_id", "true"),
)
_BEFORE = ", ".join(
    f"coalesce(lag(day) OVER (PARTITION BY giver_id, {same} ORDER BY day), '{NEVER}') AS before_in_{scope}"
    for scope, _, same, _ in _IN_SCOPES
)
# What people gave, with when they first did, and the day before in each scope. All others are read from it.
_GIFTS = f"""
    SELECT *, {_BEFORE}, first_value(day) OVER (PARTITION BY giver_id, given, currency ORDER BY day) AS began
    FROM (
        SELECT giver_id, credit.project_id, creator_id, video_id, currency, amount_minor,
            credit.decision_id IS NULL AS given, (credit.at AT TIME ZONE nonprofit.time_zone)::date AS day
        FROM giving JOIN credit USING (donation_id) JOIN nonprofit ON nonprofit.id = giving.nonprofit_id
        WHERE giving.nonprofit_id = :nonprofit_id AND coalesce(credit.decision_id, 0) <= counted_to
            AND credit.project_id = ANY(:project_ids) {{which}}
    ) gift
"""  # noqa: S608 (names of our own columns)
_DONORS = " UNION ALL ".join(
    f"""
    SELECT CAST(:nonprofit_id AS bigint) AS nonprofit_id, {SCOPES[scope]} AS scope, day,
        {scope_id} AS scope_id, currency, before_in_{scope} AS before, count(*) AS donors
    FROM gift WHERE {counts} AND before_in_{scope} <> day GROUP BY day, 4, currency, 6
    """  # noqa: S608 (names of our own columns)
    for scope, scope_id, _, counts in _IN_SCOPES
)
# In a month somebody counts with the first of its gifts.
_COHORTS = """
    SELECT CAST(:nonprofit_id AS bigint) AS nonprofit_id, currency,
        date_trunc('month', began::timestamp)::date AS began,
        date_trunc('month', day::timestamp)::date AS month,
        count(*) FILTER (WHERE before_in_total < date_trunc('month', day::timestamp)::date) AS donors,
        sum(amount_minor)::bigint AS gross_minor
    FROM gift WHERE given GROUP BY currency, 3, 4
"""
# What is counted of people: table, key, sums, and the query that works them out.
_COUNTS = (
    ("day_donors", DONORS_KEY.split(", "), ("donors",), _DONORS),
    ("month_cohort", COHORT_KEY.split(", "), ("donors", "gross_minor"), _COHORTS),
)
_OF_GIVERS = "AND giver_id = ANY(:giver_ids)"


def count(session: Session, donation_ids: Collection[int]) -> None:
    """Count who gave, and where decisions since have moved credit to; done again, nothing changes."""
    rows = session.execute(
        select(Donation.nonprofit_id, func.array_agg(Donation.id))
        .where(Donation.id.in_(donation_ids))
        .group_by(Donation.nonprofit_id)
        .order_by(Donation.nonprofit_id)
    )
    for nonprofit_id, ids in rows:
        _one_at_a_time(session, nonprofit_id)
        about = {"nonprofit_id": nonprofit_id, "ids": ids}
        _give(session, "AND donation.id = ANY(:ids)", about)
        givers = session.scalars(
            text("SELECT DISTINCT giver_id FROM giving WHERE donation_id = ANY(:ids)"), about
        ).all()
        _add(session, nonprofit_id, givers, -1)
        session.execute(text(f"{_COUNTED} AND giving.donation_id = ANY(:ids)"), about)
        _add(session, nonprofit_id, givers, 1)
        for table in ("day_donors", "month_cohort"):
            gone = text(f"DELETE FROM {table} WHERE nonprofit_id = :nonprofit_id AND donors = 0")  # noqa: S608
            session.execute(gone, about)


_LAST = "coalesce((SELECT max(id) FROM credit_decision WHERE donation_id = giving.donation_id), 0)"
_COUNTED = f"""
    UPDATE giving SET counted_to = {_LAST}
    WHERE nonprofit_id = :nonprofit_id
        AND (counted_to IS NULL OR donation_id IN (SELECT donation_id FROM credit_decision))
        AND counted_to IS DISTINCT FROM {_LAST}
"""  # noqa: S608 (names of our own columns)


def rebuild(session: Session, nonprofit_id: int) -> None:
    """Count an organisation's donors anew, with gifts of which nobody has counted the donor yet."""
    _one_at_a_time(session, nonprofit_id)
    about = {"nonprofit_id": nonprofit_id}
    if session.scalar(text(_UNKNOWN), about):
        _give(session, "", about)
    session.execute(text(_COUNTED), about)
    for rollup, computed in _counted_anew(session, nonprofit_id):
        mending.mend(session, rollup, computed, about)


def differences(session: Session, nonprofit_id: int) -> Sequence[Any]:
    """Counts of people that a recomputation from who gave does not confirm, each as it should be or is.

    Takes two statements: while others count people, only a transaction that sees one moment can tell.
    """
    found: list[Any] = []
    for rollup, computed in _counted_anew(session, nonprofit_id):
        found += mending.differences(session, rollup, computed, {"nonprofit_id": nonprofit_id})
    return found


def as_of(session: Session) -> datetime:
    """Up to when everybody who gave is counted."""
    since = select(func.min(Task.created_at)).where(Task.name.in_(TASKS), Task.done_at.is_(None))
    waiting = since.where(Task.queue.in_(QUEUES), Task.dead_at.is_(None))
    moments = (session.scalar(one) for one in (waiting, since.where(Task.dead_at.is_not(None))))
    return min((one for one in moments if one), default=clock.now())


def _give(session: Session, which: str, about: Mapping[str, Any]) -> None:
    # The planner has no figures of a table that was empty, and would read it whole for each gift.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text(_GIVE.format(which=which)), {**about, "marks": list(MARKS)})
    session.execute(text("SET LOCAL enable_seqscan = on"))


def _one_at_a_time(session: Session, nonprofit_id: int) -> None:
    lock = text("SELECT pg_advisory_xact_lock(hashtext('people'), CAST(:nonprofit_id AS int))")
    session.execute(lock, {"nonprofit_id": nonprofit_id})


def _counted_anew(session: Session, nonprofit_id: int) -> Iterator[tuple[mending.Rollup, TextualSelect]]:
    """Rollups, each with what selects the rows that it should have."""
    gifts, about = _GIFTS.format(which=""), _about(session, nonprofit_id)
    # One table for all organisations of a transaction: a dropped one keeps its locks until the end.
    session.execute(
        text(f"CREATE TEMPORARY TABLE IF NOT EXISTS gift ON COMMIT DROP AS {gifts} WITH NO DATA"), about
    )
    session.execute(text("TRUNCATE gift"))
    session.execute(text(f"INSERT INTO gift {gifts}"), about)
    for table, key, sums, fresh in _COUNTS:
        names = [*key, *sums]
        yield mending.Rollup(table, names, key, sums), text(fresh).columns(*map(column, names))


def _about(session: Session, nonprofit_id: int) -> dict[str, Any]:
    """Credit is found by its projects: the planner knows how much of it each has."""
    projects = select(Project.id).where(Project.nonprofit_id == nonprofit_id)
    return {"nonprofit_id": nonprofit_id, "project_ids": session.scalars(projects).all()}


def _add(session: Session, nonprofit_id: int, giver_ids: Sequence[int], sign: int) -> None:
    """Add (or, with sign -1, take out) what these givers' gifts count for."""
    about = {**_about(session, nonprofit_id), "giver_ids": list(giver_ids), "sign": sign}
    for table, keys, sums, fresh in _COUNTS:
        key = ", ".join(keys)
        signed = ", ".join(f":sign * {name}" for name in sums)
        added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums)
        session.execute(
            text(f"""
                WITH gift AS MATERIALIZED ({_GIFTS.format(which=_OF_GIVERS)})
                INSERT INTO {table} ({key}, {", ".join(sums)})
                SELECT {key}, {signed} FROM ({fresh}) fresh ORDER BY {key}
                ON CONFLICT ({key}) DO UPDATE SET {added}
            """),  # noqa: S608 (names of our own columns)
            about,
        )
