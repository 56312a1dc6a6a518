"""What ranking leaves out and why, creators' disputes of credit, and reports beyond money.

Revision: 20261121_reports
After: 20261121_touches
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_reports"
down_revision = "20261121_touches"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Everything is added; nothing that is there is changed."""
    integrity()
    disputes()
    reports()


def integrity() -> None:
    """Flags that keep a gift out of rankings, with their reasons and what was decided."""
    op.create_table(
        "giver_mark",
        sa.Column("donation_id", sa.BigInteger(), sa.ForeignKey("donation.id"), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("donation_id", "mark", name=op.f("pk_giver_mark")),
    )
    op.create_index("ix_giver_mark_mark", "giver_mark", ["mark", "donation_id"])
    op.create_table(
        "flag",
        _row(),
        _to("donation"),
        _to("person", "creator_id"),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.UniqueConstraint("donation_id", "creator_id", "reason", name=op.f("uq_flag_donation_id")),
    )
    op.create_table(
        "held_part",
        sa.Column("donation_id", sa.BigInteger(), sa.ForeignKey("donation.id"), nullable=False),
        sa.Column("creator_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        _to("nonprofit"),
        _to("project"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("donation_id", "creator_id", name=op.f("pk_held_part")),
        sa.CheckConstraint("state IN ('waiting', 'kept', 'cleared')", name=op.f("ck_held_part_state")),
    )
    op.create_index("ix_held_part_nonprofit_id", "held_part", ["nonprofit_id", "state", "found_at"])
    op.create_index("ix_held_part_project_id", "held_part", ["project_id"])
    op.create_table(
        "flag_decision",
        _row(),
        _to("donation"),
        _to("person", "creator_id"),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        _to("person", "decided_by_id"),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("decision IN ('kept', 'cleared')", name=op.f("ck_flag_decision_decision")),
    )
    op.create_index("ix_flag_decision_donation_id", "flag_decision", ["donation_id", "creator_id"])
    for table in ("flag", "flag_decision"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    # Gifts of before are looked at too, as soon as a worker runs.
    op.execute(
        "INSERT INTO task (name, queue, priority, args, run_after, attempts, created_at) "
        "SELECT 'integrity.catch_up', 'money', 1, '{\"after\": 0}', now(), 0, now() "
        "WHERE EXISTS (SELECT FROM credit)"
    )


def disputes() -> None:
    """What creators say of a split, and what the nonprofit decided."""
    op.create_table(
        "credit_dispute",
        _row(),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        _to("donation"),
        _to("video"),
        _to("person", "creator_id"),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "outcome IN ('open', 'moved', 'rejected', 'taken_back')", name=op.f("ck_credit_dispute_outcome")
        ),
        sa.CheckConstraint("(outcome = 'open') = (closed_at IS NULL)", name=op.f("ck_credit_dispute_closed")),
    )
    op.create_index(op.f("ix_credit_dispute_donation_id"), "credit_dispute", ["donation_id"])
    op.create_index(op.f("ix_credit_dispute_creator_id"), "credit_dispute", ["creator_id"])
    op.create_index(
        "uq_credit_dispute_open",
        "credit_dispute",
        ["donation_id", "creator_id"],
        unique=True,
        postgresql_where=sa.text("outcome = 'open'"),
    )
    op.create_table(
        "credit_decision",
        _row(),
        _to("donation"),
        sa.Column(
            "dispute_id", sa.BigInteger(), sa.ForeignKey("credit_dispute.id"), nullable=False, unique=True
        ),
        _to("person", "decided_by_id"),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index(op.f("ix_credit_decision_donation_id"), "credit_decision", ["donation_id"])
    op.create_table(
        "credit_withdrawal",
        _row(),
        sa.Column("credit_id", sa.BigInteger(), sa.ForeignKey("credit.id"), nullable=False, unique=True),
        _to("credit_decision", "decision_id"),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index(op.f("ix_credit_withdrawal_decision_id"), "credit_withdrawal", ["decision_id"])
    for table in ("credit", "credit_reversal"):
        decision = sa.ForeignKey("credit_decision.id", name=op.f(f"fk_{table}_decision_id_credit_decision"))
        op.add_column(table, sa.Column("decision_id", sa.BigInteger(), decision, nullable=True))
    op.alter_column("credit_reversal", "event_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_credit_reversal_cause"), "credit_reversal", "num_nonnulls(event_id, decision_id) = 1"
    )
    op.execute(
        "ALTER TABLE credit DROP CONSTRAINT uq_credit_donation_id, ADD CONSTRAINT uq_credit_donation_id "
        "UNIQUE NULLS NOT DISTINCT (donation_id, video_id, decision_id)"
    )
    op.add_column(
        "project", sa.Column("renewals_inherit", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    _credit_that_stands()


def _credit_that_stands() -> None:
    """Credits that no decision has withdrawn add up to what was captured; what is withdrawn stays as it was."""
    for table in ("credit_decision", "credit_withdrawal"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute("""
        CREATE FUNCTION standing_credits_must_add_up(gift bigint) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE given bigint; captured bigint; donation_currency text; foreign_currency boolean;
        BEGIN
            SELECT captured_minor, currency INTO captured, donation_currency FROM donation WHERE id = gift;
            SELECT coalesce(sum(amount_minor), 0), bool_or(currency <> donation_currency)
            INTO given, foreign_currency FROM credit
            WHERE donation_id = gift
                AND NOT EXISTS (SELECT FROM credit_withdrawal WHERE credit_id = credit.id);
            IF given <> captured OR foreign_currency THEN
                RAISE EXCEPTION 'credits of donation % are %, captured is % %',
                    gift, given, captured, donation_currency USING ERRCODE = 'check_violation';
            END IF;
        END $$
    """)
    op.execute("""
        CREATE OR REPLACE FUNCTION credits_must_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM standing_credits_must_add_up(NEW.donation_id);
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE FUNCTION withdrawals_must_be_exact() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE wrong bigint;
        BEGIN
            SELECT withdrawal.credit_id INTO wrong
            FROM credit_withdrawal withdrawal JOIN credit ON credit.id = withdrawal.credit_id,
                LATERAL (
                    SELECT coalesce(sum(amount_minor), 0) AS minor, coalesce(sum(fee_minor), 0) AS fee
                    FROM credit_reversal WHERE credit_id = credit.id
                ) gone
            WHERE withdrawal.credit_id = NEW.credit_id
                AND (withdrawal.refunded_minor, withdrawal.fee_minor)
                    IS DISTINCT FROM (gone.minor, credit.fee_minor + gone.fee);
            IF wrong IS NOT NULL THEN
                RAISE EXCEPTION 'credit % was withdrawn with other figures than it has', wrong
                    USING ERRCODE = 'check_violation';
            END IF;
            IF TG_TABLE_NAME = 'credit_withdrawal' THEN
                PERFORM standing_credits_must_add_up(donation_id) FROM credit WHERE id = NEW.credit_id;
            END IF;
            RETURN NULL;
        END $$
    """)
    for table in ("credit_withdrawal", "credit_reversal"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER exact_withdrawal AFTER INSERT ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION withdrawals_must_be_exact()"
        )


def _row() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _to(table: str, name: str = "") -> sa.Column[int]:
    return sa.Column(name or f"{table}_id", sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=False)


def reports() -> None:
    """Counts of touches by day, people who gave, files that are made, views that are kept."""
    saved_views()
    report_files()
    payouts_and_holds()
    counted_touches()
    counted_money()
    counted_people()


def payouts_and_holds() -> None:
    """What of a payout is ours; when a monthly gift was looked at. Payouts so far were booked as a whole."""
    op.add_column("payout", sa.Column("ours_minor", sa.BigInteger(), nullable=True))
    op.add_column(
        "payout_item", sa.Column("is_other", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE payout SET ours_minor = amount_minor "
        "WHERE EXISTS (SELECT FROM payout_item WHERE payout_id = payout.id) "
        "OR (state <> 'in_transit' AND created_at < now() - interval '7 days')"
    )
    op.add_column("monthly_gift", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
    # Events are written in the order in which they come: what came since a moment lies together.
    op.create_index(
        "ix_payment_event_received_at",
        "payment_event",
        ["received_at"],
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": True},
    )


def saved_views() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        sa.Column("nonprofit_id", sa.BigInteger(), sa.ForeignKey("nonprofit.id"), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("first", sa.Date()),
        sa.Column("last", sa.Date()),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("nonprofit_id", "name", name=op.f("uq_saved_view_nonprofit_id")),
    )
    op.create_table(
        "view_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        sa.Column(
            "view_id", sa.BigInteger(), sa.ForeignKey("saved_view.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("every", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("view_id", "person_id", name=op.f("uq_view_mail_view_id")),
        sa.CheckConstraint("every IN ('week', 'month')", name=op.f("ck_view_mail_every")),
        sa.CheckConstraint("format IN ('csv', 'xlsx', 'pdf')", name=op.f("ck_view_mail_format")),
        sa.Index("ix_view_mail_next_on", "next_on"),
    )


def report_files() -> None:
    op.create_table(
        "report_file",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        sa.Column("nonprofit_id", sa.BigInteger(), sa.ForeignKey("nonprofit.id"), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("mail_id", sa.BigInteger(), sa.ForeignKey("view_mail.id", ondelete="SET NULL")),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done_rows", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("object_key", sa.String()),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('report', 'donations', 'insight')", name=op.f("ck_report_file_kind")),
        sa.CheckConstraint("format IN ('csv', 'xlsx', 'pdf', 'json')", name=op.f("ck_report_file_format")),
        sa.CheckConstraint(
            "state IN ('waiting', 'making', 'ready', 'failed', 'expired')", name=op.f("ck_report_file_state")
        ),
        sa.CheckConstraint(
            "(state = 'ready') <= (object_key IS NOT NULL)", name=op.f("ck_report_file_ready")
        ),
        sa.Index("ix_report_file_nonprofit_id_id", "nonprofit_id", sa.text("id DESC")),
        sa.Index(
            "ix_report_file_expires_at", "expires_at", postgresql_where=sa.text("object_key IS NOT NULL")
        ),
    )


def counted_touches() -> None:
    """Touches by project and by the nonprofit's own day; those of before go to the project that was carried."""
    op.create_table(
        "day_touch",
        _row(),
        _may_lead_to("nonprofit"),
        _may_lead_to("project"),
        _to("person", "creator_id"),
        _to("video"),
        sa.Column("day", sa.Date(), nullable=False),
        *_counters("shown", "views", "opens", "arrivals"),
        sa.UniqueConstraint(
            "video_id",
            "project_id",
            "day",
            name=op.f("uq_day_touch_video_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_day_touch_nonprofit_day", "day_touch", ["nonprofit_id", "day"])
    op.execute("""
        INSERT INTO day_touch
            (nonprofit_id, project_id, creator_id, video_id, day, shown, views, opens, arrivals)
        SELECT project.nonprofit_id, project.id, video.creator_id, video.id, counted.day, 0,
            coalesce(sum(counted.count) FILTER (WHERE kind = 'view'), 0),
            coalesce(sum(counted.count) FILTER (WHERE kind = 'open'), 0),
            coalesce(sum(counted.count) FILTER (WHERE kind = 'arrive'), 0)
        FROM video_count counted JOIN video ON video.id = counted.video_id
        LEFT JOIN LATERAL (
            SELECT project_id FROM donation_link
            WHERE video_id = video.id AND created_at < counted.day + 1
                AND coalesce(retired_at, 'infinity') >= counted.day
            ORDER BY id DESC LIMIT 1
        ) carried ON true
        LEFT JOIN project ON project.id = carried.project_id
        GROUP BY project.nonprofit_id, project.id, video.creator_id, video.id, counted.day
    """)


def counted_money() -> None:
    """The lines behind the figures, the rules they went by, and counts that were not kept until now."""
    op.create_table(
        "movement",
        _row(),
        _to("nonprofit"),
        _to("project"),
        _to("donation"),
        _may_lead_to("video"),
        _may_lead_to("person", "creator_id"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        *_counters("gross_minor", "refunded_minor", "fee_minor"),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.execute("""
        INSERT INTO movement (nonprofit_id, project_id, donation_id, video_id, creator_id, kind, currency,
            gross_minor, refunded_minor, fee_minor, at)
        SELECT donation.nonprofit_id, donation.project_id, donation.id, credit.video_id, credit.creator_id,
            line.kind, credit.currency, line.gross, line.refunded, line.fee, line.at
        FROM (
            SELECT 'gift' AS kind, id, amount_minor AS gross, 0 AS refunded, fee_minor AS fee, at FROM credit
            UNION ALL SELECT 'refund', credit_id, 0, amount_minor, fee_minor, at FROM credit_reversal
        ) line
        JOIN credit ON credit.id = line.id JOIN donation ON donation.id = credit.donation_id
        ORDER BY line.at, line.id
    """)
    op.create_index("ix_movement_nonprofit", "movement", ["nonprofit_id", "currency", "at", "id"])
    op.create_index("ix_movement_project", "movement", ["project_id", "at", "id"])
    for name in ("creator", "video"):
        columns = [f"{name}_id", "nonprofit_id", "currency", "at", "id"]
        op.create_index(f"ix_movement_{name}", "movement", columns)
    op.create_table(
        "day_rule",
        *_key("nonprofit_id", "day", "project_id", "rule", "version"),
        *_counters("movements"),
        sa.PrimaryKeyConstraint(
            "nonprofit_id", "day", "project_id", "rule", "version", name=op.f("pk_day_rule")
        ),
    )
    op.create_index("ix_day_rule_project_id", "day_rule", ["project_id", "day"])
    for name in ("creator_donations", "gifts", "known_donations", "relay_minor"):
        op.add_column("day_rollup", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    _fill_day_rollup()


def _fill_day_rollup() -> None:
    op.execute("""
        INSERT INTO day_rule (nonprofit_id, day, project_id, rule, version, movements)
        SELECT donation.nonprofit_id, (line.at AT TIME ZONE nonprofit.time_zone)::date,
            donation.project_id, credit.rule, credit.rule_version, count(*)
        FROM (SELECT id, at FROM credit UNION ALL SELECT credit_id, at FROM credit_reversal) line
        JOIN credit ON credit.id = line.id JOIN donation ON donation.id = credit.donation_id
        JOIN nonprofit ON nonprofit.id = donation.nonprofit_id
        GROUP BY 1, 2, 3, 4, 5
    """)
    op.execute("""
        UPDATE day_rollup SET creator_donations = counted.by_creator, gifts = counted.whole,
            known_donations = counted.known, relay_minor = counted.relay
        FROM (
            SELECT project_id, video_id, currency, day, count(*) FILTER (WHERE of_creator = 1) AS by_creator,
                count(*) FILTER (WHERE of_gift = 1) AS whole, count(*) FILTER (WHERE is_known) AS known,
                coalesce(sum(amount_minor) FILTER (WHERE is_relay), 0) AS relay
            FROM (
                SELECT donation.project_id, credit.video_id, credit.currency, credit.amount_minor,
                    (credit.at AT TIME ZONE nonprofit.time_zone)::date AS day,
                    row_number() OVER (PARTITION BY donation_id, creator_id ORDER BY credit.id) AS of_creator,
                    row_number() OVER (PARTITION BY donation_id ORDER BY credit.id) AS of_gift,
                    donation.visitor <> '' AND NOT credit.evidence ? 'inherited_from' AS is_known,
                    donation.share_id IS NOT NULL AS is_relay
                FROM credit JOIN donation ON donation.id = credit.donation_id
                JOIN nonprofit ON nonprofit.id = donation.nonprofit_id
            ) part GROUP BY project_id, video_id, currency, day
        ) counted
        WHERE day_rollup.project_id = counted.project_id AND day_rollup.day = counted.day
            AND day_rollup.currency = counted.currency
            AND day_rollup.video_id IS NOT DISTINCT FROM counted.video_id
    """)


def counted_people() -> None:
    """Who gave, counted once each; the tables are filled from the gifts so far."""
    op.create_table("giver", _row(), sa.Column("key", sa.String(), nullable=True, unique=True))
    op.create_table(
        "giving",
        sa.Column("donation_id", sa.BigInteger(), sa.ForeignKey("donation.id"), primary_key=True),
        _may_lead_to("giver"),
        sa.Column("is_known", sa.Boolean(), nullable=False),
    )
    op.create_index(op.f("ix_giving_giver_id"), "giving", ["giver_id"])
    op.create_table(
        "day_donors",
        *_key("nonprofit_id", "scope", "day", "scope_id", "currency", "before"),
        *_counters("donors"),
        sa.PrimaryKeyConstraint(
            "nonprofit_id", "scope", "day", "scope_id", "currency", "before", name=op.f("pk_day_donors")
        ),
    )
    op.create_table(
        "month_cohort",
        *_key("nonprofit_id", "currency", "began", "month"),
        *_counters("donors", "gross_minor"),
        sa.PrimaryKeyConstraint("nonprofit_id", "currency", "began", "month", name=op.f("pk_month_cohort")),
    )
    _fill_people()


def _fill_people() -> None:
    op.execute("""
        CREATE TEMPORARY TABLE who ON COMMIT DROP AS
        SELECT donation.id, donation.nonprofit_id, donation.project_id, donation.currency,
            donation.captured_minor, nonprofit.time_zone,
            CASE WHEN email <> '' THEN 'mail:' || lower(email)
                WHEN visitor <> '' THEN 'visitor:' || visitor END AS key,
            visitor <> '' AND NOT EXISTS (
                SELECT FROM credit WHERE donation_id = donation.id AND evidence ? 'inherited_from'
            ) AS is_known
        FROM donation JOIN nonprofit ON nonprofit.id = donation.nonprofit_id
        WHERE EXISTS (SELECT FROM credit WHERE donation_id = donation.id)
    """)
    op.execute("UPDATE who SET key = encode(sha256(convert_to(key, 'UTF8')), 'hex')")
    op.execute("INSERT INTO giver (key) SELECT DISTINCT key FROM who WHERE key IS NOT NULL ORDER BY key")
    op.execute("""
        INSERT INTO giving (donation_id, giver_id, is_known)
        SELECT who.id, giver.id, is_known FROM who LEFT JOIN giver ON giver.key = who.key
    """)
    op.execute("""
        CREATE TEMPORARY TABLE gift ON COMMIT DROP AS
        SELECT who.nonprofit_id, who.project_id, credit.creator_id, credit.video_id, who.currency,
            credit.amount_minor, coalesce(giver_id, -who.id) AS giver_id,
            (credit.at AT TIME ZONE who.time_zone)::date AS day
        FROM who JOIN giving ON giving.donation_id = who.id JOIN credit ON credit.donation_id = who.id
    """)
    op.execute("""
        INSERT INTO day_donors (nonprofit_id, scope, day, scope_id, currency, before, donors)
        SELECT nonprofit_id, scope, day, scope_id, currency, before, count(*) FROM (
            SELECT *, coalesce(lag(day) OVER (
                PARTITION BY nonprofit_id, scope, scope_id, currency, giver_id ORDER BY day
            ), '0001-01-01') AS before
            FROM (
                SELECT DISTINCT nonprofit_id, scope, scope_id, currency, giver_id, day
                FROM gift, LATERAL (VALUES ('nonprofit', 0), ('project', project_id),
                    ('creator', coalesce(creator_id, 0)), ('video', coalesce(video_id, 0))) one (scope, scope_id)
            ) given
        ) counted
        GROUP BY nonprofit_id, scope, day, scope_id, currency, before
    """)
    op.execute("""
        INSERT INTO month_cohort (nonprofit_id, currency, began, month, donors, gross_minor)
        SELECT nonprofit_id, currency, began, month, count(DISTINCT giver_id), sum(amount_minor) FROM (
            SELECT *, date_trunc('month', day)::date AS month,
                date_trunc('month', min(day) OVER (
                    PARTITION BY nonprofit_id, currency, giver_id
                ))::date AS began
            FROM gift
        ) given
        GROUP BY nonprofit_id, currency, began, month
    """)


def _may_lead_to(table: str, name: str = "") -> sa.Column[int]:
    return sa.Column(name or f"{table}_id", sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=True)


def _key(*names: str) -> list[sa.Column[Any]]:
    """Columns of a key, each of the type that its name has everywhere."""
    types: dict[str, Any] = {
        "day": sa.Date(),
        "before": sa.Date(),
        "began": sa.Date(),
        "month": sa.Date(),
        "scope": sa.String(),
        "currency": sa.String(),
        "rule": sa.String(),
        "version": sa.Integer(),
        "scope_id": sa.BigInteger(),
    }
    leads = {"nonprofit_id": "nonprofit.id", "project_id": "project.id"}
    return [
        sa.Column(name, sa.BigInteger(), sa.ForeignKey(leads[name]), nullable=False)
        if name in leads
        else sa.Column(name, types[name], nullable=False)
        for name in names
    ]


def _counters(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
