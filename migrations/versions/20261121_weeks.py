"""What reports read of long periods: sums by the week, and reach; kept by the database itself.

Revision: 20261121_weeks
After: 20261121_giving
"""

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "20261121_weeks"
down_revision = "20261121_giving"
branch_labels = None
depends_on = None


class Kept(NamedTuple):
    """Sums that follow another table: what tells their rows apart, and how each is told by a row of it."""

    source: str
    table: str
    key: dict[str, str]
    sums: dict[str, str]
    which: str = "true"  # of the rows


CREDITED = (
    "donations",
    "creator_donations",
    "gifts",
    "gross_minor",
    "fee_minor",
    "refunded_minor",
    "relay_minor",
    "lines",
)
OF_CREDIT = ("nonprofit_id", "day", "project_id", "video_id", "creator_id", "currency", "rule")
OF_DONORS = ("nonprofit_id", "scope", "day", "scope_id", "currency", "before")
OF_REACH = ("project_id", "day", "video_id")
REACH = {"shown": "shown", "views": "view", "opens": "open", "arrivals": "arrive"}
WEEK = {"day": "monday_of(day)"}


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
    _tables()
    for of in ("creator_id", "video_id"):  # the newest lines of each, in each project
        op.create_index(f"ix_credit_project_id_{of}", "credit", ["project_id", of, "at", "id"])
    # The first day of all was a Monday.
    op.execute("""
        CREATE FUNCTION monday_of(day date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN day - (day - date '0001-01-01') % 7
    """)
    reach = {name: f"CASE kind WHEN '{kind}' THEN count ELSE 0 END" for name, kind in REACH.items()}
    seen = f"project_id IS NOT NULL AND kind IN {tuple(REACH.values())}"
    # Somebody who gave on two days of a week is one donor of the week: the one of the first of them.
    is_first = "before < monday_of(day)"
    for kept in (
        Kept("day_rollup", "week_rollup", _same(OF_CREDIT) | WEEK, _same(CREDITED)),
        Kept("day_donors", "week_donors", _same(OF_DONORS) | WEEK, _same(("donors",)), is_first),
        Kept("video_count", "day_reach", _same(OF_REACH), reach, seen),
        Kept("day_reach", "week_reach", _same(OF_REACH) | WEEK, _same(tuple(REACH))),
    ):
        _keep(kept)


def _same(names: tuple[str, ...]) -> dict[str, str]:
    return {name: name for name in names}


def _tables() -> None:
    number = sa.BigInteger()
    op.create_table(
        "week_rollup",
        sa.Column("id", number, sa.Identity(always=True), primary_key=True),
        sa.Column("nonprofit_id", number, sa.ForeignKey("nonprofit.id"), nullable=False),
        sa.Column("project_id", number, sa.ForeignKey("project.id"), nullable=False),
        sa.Column("video_id", number, sa.ForeignKey("video.id"), nullable=True),
        sa.Column("creator_id", number, sa.ForeignKey("person.id"), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        *(sa.Column(name, number, nullable=False) for name in CREDITED),
        sa.UniqueConstraint(
            "nonprofit_id",
            "day",
            "project_id",
            "video_id",
            "creator_id",
            "currency",
            "rule",
            name=op.f("uq_week_rollup_nonprofit_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "week_donors",
        sa.Column("nonprofit_id", number, primary_key=True, autoincrement=False),
        sa.Column("scope", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("scope_id", number, primary_key=True, autoincrement=False),
        sa.Column("currency", sa.String(), primary_key=True),
        sa.Column("before", sa.Date(), primary_key=True),
        sa.Column("donors", number, nullable=False),
    )
    for table in ("day_reach", "week_reach"):
        op.create_table(
            table,
            sa.Column("project_id", number, primary_key=True, autoincrement=False),
            sa.Column("day", sa.Date(), primary_key=True),
            sa.Column("video_id", number, primary_key=True, autoincrement=False),
            *(sa.Column(name, number, nullable=False) for name in REACH),
        )


def _keep(kept: Kept) -> None:
    """Whatever is inserted, updated or deleted in the source is added to the sums in the same transaction, in
    the order of their key."""
    for event, changes, seen in (
        ("INSERT", {"fresh": ""}, "NEW TABLE AS fresh"),
        ("UPDATE", {"fresh": "", "stale": "-"}, "OLD TABLE AS stale NEW TABLE AS fresh"),
        ("DELETE", {"stale": "-"}, "OLD TABLE AS stale"),
    ):
        name = f"keep_{kept.table}_on_{event.lower()}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {_addition(kept, changes)}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {kept.source} REFERENCING {seen} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    op.execute(_addition(kept, {kept.source: ""}))


def _addition(kept: Kept, changes: dict[str, str]) -> str:
    """Add what rows say, with the sign of the table they stand in."""
    key, names = ", ".join(kept.key), ", ".join([*kept.key, *kept.sums])
    parts: list[str] = []
    for table, sign in changes.items():
        sums = {name: f"{sign}({how})" for name, how in kept.sums.items()}
        parts.append(f"SELECT {_told(kept.key)}, {_told(sums)} FROM {table} WHERE {kept.which}")  # noqa: S608
    rows = " UNION ALL ".join(parts)
    added = ", ".join(f"{name} = {kept.table}.{name} + excluded.{name}" for name in kept.sums)
    return f"""
        INSERT INTO {kept.table} ({names})
        SELECT {key}, {", ".join(f"sum({name})::bigint" for name in kept.sums)} FROM ({rows}) rows
        GROUP BY {key} HAVING {" OR ".join(f"sum({name}) <> 0" for name in kept.sums)} ORDER BY {key}
        ON CONFLICT ({key}) DO UPDATE SET {added}
    """  # noqa: S608 (names of our own tables and columns)


def _told(columns: dict[str, str]) -> str:
    return ", ".join(f"{how} AS {name}" for name, how in columns.items())
