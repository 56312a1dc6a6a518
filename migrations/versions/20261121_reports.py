"""What ranking leaves out and why, creators' disputes of credit, and what of a payout is ours.

Revision: 20261121_reports
After: 20261121_touches
"""

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
    payouts_and_holds()


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
