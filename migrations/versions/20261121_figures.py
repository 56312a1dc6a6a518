"""What reports need beyond sums of money.

Revision: 20261121_figures
After: 20261121_reports
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261121_figures"
down_revision = "20261121_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
    insight()
    held_touches()
    moments()
    lines_behind()
    money_by_level()
    touch_days()
    people()


def insight() -> None:
    """What models say of a project's videos in a period."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "estimate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", moment, nullable=True),
        sa.Column("found", JSONB(), nullable=True),
        sa.UniqueConstraint("project_id", "first", "until", name=op.f("uq_estimate_project_id")),
        sa.CheckConstraint("first < until", name=op.f("ck_estimate_period")),
        sa.CheckConstraint("(made_at IS NULL) = (found IS NULL)", name=op.f("ck_estimate_made")),
    )


def held_touches() -> None:
    """Why a touch counts in no figure of views; empty for those that count, as all so far do. And which
    batches of touches were written."""
    op.create_table(
        "touch_entry",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("touch", sa.Column("held", sa.String(), nullable=False, server_default=""))
    op.create_check_constraint(op.f("ck_touch_held"), "touch", "held IN ('', 'bot', 'visitor', 'address')")


def moments() -> None:
    """At which second of a clip its donate sheet was opened."""
    op.add_column("touch", sa.Column("moment_s", sa.Integer(), nullable=True))
    op.create_table(
        "video_moment",
        sa.Column("video_id", sa.BigInteger(), sa.ForeignKey("video.id"), primary_key=True),
        sa.Column("second", sa.Integer(), primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
    )


def lines_behind() -> None:
    """Credit, and what was taken back of it, by the project and in time: what stands behind each figure."""
    for table in ("credit", "credit_reversal", "credit_withdrawal"):
        project = sa.ForeignKey("project.id", name=op.f(f"fk_{table}_project_id_project"))
        op.add_column(table, sa.Column("project_id", sa.BigInteger(), project, nullable=True))
        # Append-only, by trigger: what is written here follows from what is there.
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        of, key = ("donation", "donation_id") if table == "credit" else ("credit", "credit_id")
        op.execute(
            f"UPDATE {table} SET project_id = {of}.project_id FROM {of} "  # noqa: S608 (names of our own)
            f"WHERE {of}.id = {table}.{key}"
        )
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        op.alter_column(table, "project_id", nullable=False)
        op.create_index(f"ix_{table}_project_id", table, ["project_id", "at", "id"])


def money_by_level() -> None:
    """A count of donations for each level of a report, the rule, and what came through shares."""
    op.add_column("day_rollup", sa.Column("rule", sa.String(), nullable=False, server_default=""))
    op.alter_column("day_rollup", "rule", server_default=None)
    for name in ("creator_donations", "gifts", "relay_minor", "lines"):
        op.add_column("day_rollup", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        op.alter_column("day_rollup", name, server_default=None)
    op.execute("""
        ALTER TABLE day_rollup DROP CONSTRAINT uq_day_rollup_project_id, ADD CONSTRAINT uq_day_rollup_project_id
            UNIQUE NULLS NOT DISTINCT (project_id, video_id, day, currency, rule)
    """)
    op.execute("""
        CREATE TEMPORARY TABLE counted AS
        WITH part AS (
            SELECT credit.*, donation.nonprofit_id, nonprofit.time_zone, donation.share_id,
                coalesce(credit.video_id, 0) = coalesce(min(credit.video_id) OVER (
                    PARTITION BY credit.donation_id, decision_id, creator_id), 0) AS of_creator,
                coalesce(credit.video_id, 0) = coalesce(min(credit.video_id) OVER (
                    PARTITION BY credit.donation_id, decision_id), 0) AS of_gift
            FROM credit JOIN donation ON donation.id = credit.donation_id
            JOIN nonprofit ON nonprofit.id = donation.nonprofit_id
        ), line AS (
            SELECT id, at, 1 AS sign, amount_minor AS gross, fee_minor AS fee, 0 AS refunded FROM credit
            UNION ALL
            SELECT credit_id, at, 0, 0, fee_minor, amount_minor FROM credit_reversal
            UNION ALL
            SELECT credit_id, taken.at, -1, -amount_minor, -taken.fee_minor, -refunded_minor
            FROM credit_withdrawal taken JOIN credit ON credit.id = credit_id
        )
        SELECT nonprofit_id, project_id, video_id, creator_id, (line.at AT TIME ZONE time_zone)::date AS day,
            currency, rule || ' v' || rule_version AS rule, sum(sign) AS donations,
            sum(sign * of_creator::int) AS creator_donations, sum(sign * of_gift::int) AS gifts,
            sum(gross) AS gross, sum(fee) AS fee, sum(refunded) AS refunded,
            sum(CASE WHEN share_id IS NULL THEN 0 ELSE gross - refunded - fee END) AS relay, count(*) AS lines
        FROM line JOIN part ON part.id = line.id
        GROUP BY 1, 2, 3, 4, 5, 6, 7
    """)
    # A row that there is becomes that of its day's first rule; those of other rules are added.
    op.execute("""
        UPDATE day_rollup SET rule = counted.rule, donations = counted.donations,
            creator_donations = counted.creator_donations, gifts = counted.gifts, gross_minor = gross,
            fee_minor = fee, refunded_minor = refunded, relay_minor = relay, lines = counted.lines
        FROM (
            SELECT DISTINCT ON (project_id, video_id, day, currency) * FROM counted
            ORDER BY project_id, video_id, day, currency, rule
        ) counted
        WHERE day_rollup.project_id = counted.project_id AND day_rollup.day = counted.day
            AND day_rollup.video_id IS NOT DISTINCT FROM counted.video_id
            AND day_rollup.currency = counted.currency
    """)
    op.execute("""
        INSERT INTO day_rollup (nonprofit_id, project_id, video_id, creator_id, day, currency, rule,
            donations, creator_donations, gifts, gross_minor, fee_minor, refunded_minor, relay_minor, lines)
        SELECT * FROM counted
        ON CONFLICT (project_id, video_id, day, currency, rule) DO NOTHING
    """)


def touch_days() -> None:
    """Touches by the project that was carried and by the nonprofit's own day; those of before, by days as
    they are."""
    op.execute("""
        ALTER TABLE video_count ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY,
            ADD COLUMN project_id bigint,
            DROP CONSTRAINT pk_video_count, ADD CONSTRAINT pk_video_count PRIMARY KEY (id),
            ADD CONSTRAINT uq_video_count_video_id UNIQUE NULLS NOT DISTINCT (video_id, project_id, day, kind)
    """)
    op.execute("""
        UPDATE video_count SET project_id = (
            SELECT project_id FROM donation_link
            WHERE donation_link.video_id = video_count.video_id AND created_at < day + 1
                AND coalesce(retired_at, 'infinity') >= day
            ORDER BY id DESC LIMIT 1
        )
    """)
    op.create_index("ix_video_count_project_id", "video_count", ["project_id", "day"])


def people() -> None:
    """Who gave, counted once each; gifts of before are counted by a task as soon as a worker runs."""
    op.create_table(
        "giving",
        sa.Column("donation_id", sa.BigInteger(), sa.ForeignKey("donation.id"), primary_key=True),
        sa.Column("nonprofit_id", sa.BigInteger(), sa.ForeignKey("nonprofit.id"), nullable=False),
        sa.Column("giver_id", sa.BigInteger(), nullable=False),
        sa.Column("counted_to", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_giving_giver_id", "giving", ["giver_id"])
    op.create_index("ix_giving_nonprofit_id", "giving", ["nonprofit_id"])
    op.create_table(
        "day_donors",
        sa.Column("nonprofit_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("scope", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("scope_id", sa.BigInteger(), primary_key=True),
        sa.Column("currency", sa.String(), primary_key=True),
        sa.Column("before", sa.Date(), primary_key=True),
        sa.Column("donors", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "month_cohort",
        sa.Column("nonprofit_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("currency", sa.String(), primary_key=True),
        sa.Column("began", sa.Date(), primary_key=True),
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("donors", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
    )
    op.execute("""
        INSERT INTO task (name, queue, priority, args, run_after, attempts, created_at)
        SELECT 'rollups.rebuild_people', 'reports', 1, jsonb_build_object('nonprofit_id', id), now(), 0, now()
        FROM nonprofit WHERE EXISTS (
            SELECT FROM credit JOIN project ON project.id = project_id WHERE nonprofit_id = nonprofit.id
        )
    """)
