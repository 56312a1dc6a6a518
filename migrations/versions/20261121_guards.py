"""Money is append-only and balances, by the database itself.

Revision: 20261121_guards
After: 20261121_first
"""

from alembic import op

revision = "20261121_guards"
down_revision = "20261121_first"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "ledger_transaction",
    "ledger_entry",
    "credit",
    "credit_reversal",
    "donation_move",
    "audit_event",
    "nonprofit_review",
)


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER never_deleted BEFORE DELETE ON payment_event FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("""
        CREATE TRIGGER kept_as_it_came BEFORE UPDATE ON payment_event FOR EACH ROW
        WHEN (to_jsonb(OLD) - 'applied_at' IS DISTINCT FROM to_jsonb(NEW) - 'applied_at')
        EXECUTE FUNCTION refuse_change()
    """)
    op.execute("""
        CREATE FUNCTION ledger_must_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE wrong text;
        BEGIN
            SELECT currency INTO wrong FROM ledger_entry WHERE transaction_id = NEW.transaction_id
            GROUP BY currency HAVING sum(amount_minor) <> 0 LIMIT 1;
            IF wrong IS NOT NULL THEN
                RAISE EXCEPTION 'ledger transaction % does not balance in %', NEW.transaction_id, wrong
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute(
        "CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION ledger_must_balance()"
    )
    op.execute("""
        CREATE FUNCTION credits_must_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE given bigint; captured bigint; donation_currency text; foreign_currency boolean;
        BEGIN
            SELECT captured_minor, currency INTO captured, donation_currency FROM donation WHERE id = NEW.donation_id;
            SELECT sum(amount_minor), bool_or(currency <> donation_currency) INTO given, foreign_currency
            FROM credit WHERE donation_id = NEW.donation_id;
            IF given <> captured OR foreign_currency THEN
                RAISE EXCEPTION 'credits of donation % are %, captured is % %',
                    NEW.donation_id, given, captured, donation_currency USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute(
        "CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT ON credit DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION credits_must_add_up()"
    )
    op.execute("""
        CREATE FUNCTION reversals_stay_within_credit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT sum(amount_minor) FROM credit_reversal WHERE credit_id = NEW.credit_id)
                > (SELECT amount_minor FROM credit WHERE id = NEW.credit_id) THEN
                RAISE EXCEPTION 'more reversed than credited for credit %', NEW.credit_id
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute(
        "CREATE CONSTRAINT TRIGGER within_credit AFTER INSERT ON credit_reversal DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION reversals_stay_within_credit()"
    )
