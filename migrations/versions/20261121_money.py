"""Refunds, disputes, monthly gifts, receipts, payouts, reconciliation, alerts; a provider with all of these.

Revision: 20261121_money
After: 20261121_video
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_money"
down_revision = "20261121_video"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DISPUTE_STATES = "('open', 'won', 'lost')"


def upgrade() -> None:
    _donations()
    _refunds_and_disputes()
    _monthly_gifts()
    _receipts()
    _kept_attachments()
    _payouts()
    _reconciliation()
    _sandbox()
    _alipay()
    _guards()


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _to(column: str, table: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(column, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.String(), nullable=False, server_default="")


def _minor(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _none_yet(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, MOMENT, nullable=nullable)


def _code() -> sa.Column:
    return sa.Column("code", sa.String(), nullable=False, unique=True)


def _string(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def _json(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def _donations() -> None:
    op.add_column("donation", _string("capture_reference", nullable=True))
    op.add_column("donation", _none_yet("disputed_minor"))
    op.add_column("donation", _none_yet("lost_minor"))
    op.add_column("donation", _moment("forgotten_at", nullable=True))
    op.create_check_constraint(
        op.f("ck_donation_lost"),
        "donation",
        "lost_minor >= 0 AND disputed_minor >= 0 AND refunded_minor + lost_minor <= captured_minor",
    )
    op.create_unique_constraint(
        op.f("uq_donation_capture_reference"), "donation", ["capture_reference", "provider"]
    )
    op.create_index(
        "ix_donation_email", "donation", [sa.text("lower(email)")], postgresql_where=sa.text("email <> ''")
    )
    op.create_index(
        "ix_donation_unpaid_form",
        "donation",
        ["idempotency"],
        postgresql_ops={"idempotency": "text_pattern_ops"},
        postgresql_where=sa.text("state IN ('pending', 'failed')"),
    )
    op.create_index("ix_donation_nonprofit_id_id", "donation", ["nonprofit_id", sa.text("id DESC")])
    for name in ("part", "alias", "subscription", "card", "reason"):
        op.add_column("payment_event", _text(name))
    op.add_column("payment_event", _moment("respond_by", nullable=True))
    op.create_index(
        "ix_payment_event_alias",
        "payment_event",
        ["provider", "alias"],
        postgresql_where=sa.text("alias <> ''"),
    )
    op.create_index(
        "ix_payment_event_subscription",
        "payment_event",
        ["provider", "subscription"],
        postgresql_where=sa.text("subscription <> ''"),
    )
    op.add_column("ledger_transaction", _to("nonprofit_id", "nonprofit", nullable=True))
    op.alter_column("ledger_transaction", "donation_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_ledger_transaction_whose"),
        "ledger_transaction",
        "(donation_id IS NULL) <> (nonprofit_id IS NULL)",
    )
    op.execute(
        "ALTER TABLE ledger_entry DROP CONSTRAINT ck_ledger_entry_account, ADD CONSTRAINT ck_ledger_entry_account "
        "CHECK (account IN ('provider', 'donations', 'fees', 'disputed', 'bank'))"
    )
    op.create_index("ix_ledger_transaction_at", "ledger_transaction", ["at"], postgresql_using="brin")
    op.create_table(
        "ledger_snapshot",
        _id(),
        sa.Column("day", sa.Date(), nullable=False),
        _to("nonprofit_id", "nonprofit"),
        _string("account"),
        _string("currency"),
        _minor("amount_minor"),
        sa.UniqueConstraint(
            "nonprofit_id", "day", "account", "currency", name=op.f("uq_ledger_snapshot_nonprofit_id")
        ),
    )
    op.add_column("credit_reversal", _none_yet("fee_minor"))
    op.execute(
        "ALTER TABLE credit_reversal "
        "DROP CONSTRAINT ck_credit_reversal_amount, ADD CONSTRAINT ck_credit_reversal_amount CHECK (amount_minor <> 0 OR fee_minor <> 0)"
    )
    op.add_column(
        "payment_account", sa.Column("ready", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column(
        "payment_account",
        sa.Column("missing", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column("project", _moment("paused_at", nullable=True))
    op.add_column("project", _text("pause_reason"))


def _refunds_and_disputes() -> None:
    op.create_table(
        "refund",
        _id(),
        _code(),
        _to("donation_id", "donation"),
        _minor("amount_minor"),
        _text("reason"),
        _to("asked_by_id", "person", nullable=True),
        _string("state"),
        _string("reference", nullable=True),
        _text("detail"),
        _moment("created_at"),
        _moment("settled_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'sent', 'succeeded', 'failed', 'refused')", name=op.f("ck_refund_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_amount")),
        sa.UniqueConstraint("donation_id", "reference", name=op.f("uq_refund_donation_id")),
    )
    op.create_table(
        "dispute",
        _id(),
        _code(),
        _to("donation_id", "donation"),
        _string("reference"),
        _minor("amount_minor"),
        _text("reason"),
        _text("note"),
        _string("state"),
        _none_yet("cost_minor"),
        _moment("opened_at"),
        _moment("respond_by", nullable=True),
        _moment("closed_at", nullable=True),
        sa.CheckConstraint(f"state IN {DISPUTE_STATES}", name=op.f("ck_dispute_state")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_dispute_amount")),
        sa.UniqueConstraint("donation_id", "reference", name=op.f("uq_dispute_donation_id")),
    )


def _monthly_gifts() -> None:
    op.create_table(
        "monthly_gift",
        _id(),
        _code(),
        _to("first_donation_id", "donation"),
        _to("payment_account_id", "payment_account"),
        _string("provider"),
        _string("reference", nullable=True),
        _minor("amount_minor"),
        _string("currency"),
        _string("state"),
        _moment("created_at"),
        _moment("next_at", nullable=True),
        _moment("failed_at", nullable=True),
        _moment("held_at", nullable=True),
        _moment("ended_at", nullable=True),
        _text("end_reason"),
        sa.CheckConstraint(
            "state IN ('pending', 'active', 'paused', 'failing', 'ended')", name=op.f("ck_monthly_gift_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_monthly_gift_amount")),
        sa.UniqueConstraint("first_donation_id", name=op.f("uq_monthly_gift_first_donation_id")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_monthly_gift_provider")),
    )
    op.add_column("donation", _to("monthly_gift_id", "monthly_gift", nullable=True))
    op.create_index(op.f("ix_donation_monthly_gift_id"), "donation", ["monthly_gift_id"])


def _receipts() -> None:
    op.create_table(
        "receipt",
        _id(),
        _code(),
        _to("nonprofit_id", "nonprofit"),
        sa.Column("number", sa.Integer(), nullable=False),
        _to("donation_id", "donation"),
        _minor("amount_minor"),
        _string("currency"),
        _string("locale"),
        _json("content"),
        _to("replaces_id", "receipt", nullable=True),
        _moment("issued_at"),
        _moment("voided_at", nullable=True),
        _text("void_reason"),
        _to("voided_by_id", "person", nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_receipt_amount")),
        sa.UniqueConstraint("nonprofit_id", "number", name=op.f("uq_receipt_nonprofit_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_receipt_replaces_id")),
    )
    op.create_index("ix_receipt_donation_id", "receipt", ["donation_id"])
    op.create_index(
        "uq_receipt_standing",
        "receipt",
        ["donation_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )


def _kept_attachments() -> None:
    op.create_table(
        "kept_attachment",
        _id(),
        _to("mail_id", "kept_mail"),
        _string("name"),
        _string("content_type"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_index(op.f("ix_kept_attachment_mail_id"), "kept_attachment", ["mail_id"])


def _payouts() -> None:
    op.create_table(
        "payout",
        _id(),
        _code(),
        _to("payment_account_id", "payment_account"),
        _string("reference"),
        _minor("amount_minor"),
        _string("currency"),
        _string("state"),
        _moment("created_at"),
        _moment("paid_at", nullable=True),
        sa.CheckConstraint("state IN ('in_transit', 'paid', 'failed')", name=op.f("ck_payout_state")),
        sa.UniqueConstraint("payment_account_id", "reference", name=op.f("uq_payout_payment_account_id")),
    )
    op.create_table(
        "payout_item",
        _id(),
        _to("payout_id", "payout"),
        _string("kind"),
        _string("reference"),
        _to("donation_id", "donation", nullable=True),
        _minor("amount_minor"),
        _minor("fee_minor"),
        _moment("at"),
    )
    op.create_index(op.f("ix_payout_item_payout_id"), "payout_item", ["payout_id"])
    op.create_index(op.f("ix_payout_item_donation_id"), "payout_item", ["donation_id"])


def _reconciliation() -> None:
    op.create_table(
        "reconciliation",
        _id(),
        _string("provider"),
        _moment("since"),
        _moment("at"),
        sa.Column("seen", sa.Integer(), nullable=False),
        _json("repaired"),
    )
    op.create_table(
        "difference",
        _id(),
        _code(),
        _string("kind"),
        _string("reference"),
        _to("nonprofit_id", "nonprofit", nullable=True),
        _to("donation_id", "donation", nullable=True),
        _json("details"),
        _moment("found_at"),
        _moment("seen_at"),
        _moment("settled_at", nullable=True),
        _to("settled_by_id", "person", nullable=True),
        _text("note"),
    )
    op.create_index(
        "uq_difference_open",
        "difference",
        ["kind", "reference"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "alert",
        _id(),
        _string("kind"),
        _string("subject"),
        _json("details"),
        sa.Column("dedupe_key", sa.String(), nullable=False, unique=True),
        _moment("at"),
        _moment("seen_at", nullable=True),
        _to("seen_by_id", "person", nullable=True),
    )


def _sandbox() -> None:
    for column in (_text("card"), _text("subscription")):
        op.add_column("sandbox_payment", column)
    op.add_column("sandbox_refund", sa.Column("code", sa.String(), unique=True, nullable=True))
    op.add_column(
        "sandbox_refund", sa.Column("state", sa.String(), nullable=False, server_default="succeeded")
    )
    op.alter_column("sandbox_event", "payment_id", nullable=True)
    op.create_table(
        "sandbox_dispute",
        _id(),
        _code(),
        _to("payment_id", "sandbox_payment"),
        _minor("amount_minor"),
        _none_yet("fee_minor"),
        _string("reason"),
        _string("state"),
        _moment("opened_at"),
        _moment("respond_by"),
        _moment("closed_at", nullable=True),
        sa.CheckConstraint(f"state IN {DISPUTE_STATES}", name=op.f("ck_sandbox_dispute_state")),
    )
    op.create_index(op.f("ix_sandbox_dispute_payment_id"), "sandbox_dispute", ["payment_id"])
    op.create_table(
        "sandbox_subscription",
        _id(),
        _code(),
        _string("account"),
        _minor("amount_minor"),
        _string("currency"),
        _string("description"),
        _text("card"),
        _string("state"),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        _moment("created_at"),
        _moment("next_at", nullable=True),
        _moment("ended_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('active', 'paused', 'failing', 'ended')", name=op.f("ck_sandbox_subscription_state")
        ),
    )
    op.create_table(
        "sandbox_payout",
        _id(),
        _code(),
        _string("account"),
        _minor("amount_minor"),
        _string("currency"),
        _json("items"),
        _moment("at"),
    )
    op.create_index(op.f("ix_sandbox_payout_account"), "sandbox_payout", ["account"])
    op.add_column("sandbox_event", _to("payout_id", "sandbox_payout", nullable=True))
    op.create_index(op.f("ix_sandbox_event_payout_id"), "sandbox_event", ["payout_id"])


def _alipay() -> None:
    op.create_table(
        "alipay_grant",
        _id(),
        sa.Column("seller_id", sa.String(), nullable=False, unique=True),
        _string("token"),
        _moment("granted_at"),
    )


def _guards() -> None:
    op.execute("""
        CREATE OR REPLACE FUNCTION reversals_stay_within_credit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT sum(amount_minor) FROM credit_reversal WHERE credit_id = NEW.credit_id)
                NOT BETWEEN 0 AND (SELECT amount_minor FROM credit WHERE id = NEW.credit_id) THEN
                RAISE EXCEPTION 'more reversed than credited, or less than nothing, for credit %', NEW.credit_id
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
    """)
    for table in ("ledger_snapshot", "reconciliation", "payout_item"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER never_deleted BEFORE DELETE ON receipt FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("""
        CREATE TRIGGER only_voided BEFORE UPDATE ON receipt FOR EACH ROW
        WHEN (to_jsonb(OLD) - ARRAY['voided_at', 'void_reason', 'voided_by_id'] IS DISTINCT FROM
              to_jsonb(NEW) - ARRAY['voided_at', 'void_reason', 'voided_by_id'] OR OLD.voided_at IS NOT NULL)
        EXECUTE FUNCTION refuse_change()
    """)
