"""The ledger against itself, the moves and every donation; its snapshots against its entries."""

from app.finance.findings import Check

# The posting that each move of money must have made, by its key.
POSTED = """
    SELECT move.donation_id, event.id AS event_id, event.kind, event.part, event.amount_minor,
        CASE event.kind
            WHEN 'payment.fee' THEN CASE WHEN event.fee_minor > 0 THEN 'fee:' || event.id END
            WHEN 'refund.succeeded' THEN 'refund:' || event.id
            WHEN 'refund.failed' THEN 'refund_failed:' || event.id
            WHEN 'dispute.opened' THEN 'dispute:' || event.id
            WHEN 'dispute.won' THEN 'dispute_won:' || event.id
            WHEN 'dispute.lost' THEN 'dispute_lost:' || event.id
            WHEN 'payment.succeeded' THEN 'capture:' || move.donation_id
            WHEN 'subscription.renewed' THEN 'capture:' || move.donation_id
        END AS key
    FROM donation_move move JOIN payment_event event ON event.id = move.event_id
"""

UNBALANCED = Check(
    "transaction that does not balance",
    "ledger",
    """
    SELECT coalesce(booked.nonprofit_id, donation.nonprofit_id) AS nonprofit_id, donation.number AS donation,
        booked.idempotency AS subject, 0 AS expected, wrong.minor AS found, wrong.currency
    FROM (
        SELECT transaction_id, currency, sum(amount_minor) AS minor FROM ledger_entry
        GROUP BY transaction_id, currency HAVING sum(amount_minor) <> 0
    ) wrong
    JOIN ledger_transaction booked ON booked.id = wrong.transaction_id
    LEFT JOIN donation ON donation.id = booked.donation_id
    """,
)
CURRENCY = Check(
    "entry in another currency",
    "ledger",
    """
    SELECT donation.nonprofit_id, donation.number AS donation,
        booked.idempotency || ' ' || entry.account AS subject, donation.currency AS expected,
        entry.currency AS found, '' AS currency
    FROM ledger_entry entry
    JOIN ledger_transaction booked ON booked.id = entry.transaction_id
    JOIN donation ON donation.id = booked.donation_id
    WHERE entry.currency <> donation.currency
    """,
)
BALANCES = Check(
    "balance that is not the donation's",
    "ledger",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'account ' || side.account AS subject,
        side.minor AS expected, coalesce(held.minor, 0) AS found, donation.currency
    FROM donation
    CROSS JOIN LATERAL (VALUES
        ('donations', -(captured_minor - refunded_minor - lost_minor)),
        ('fees', fee_minor),
        ('disputed', disputed_minor),
        ('provider', captured_minor - refunded_minor - lost_minor - fee_minor - disputed_minor),
        ('bank', 0)
    ) side (account, minor)
    LEFT JOIN (
        SELECT booked.donation_id, entry.account, sum(entry.amount_minor) AS minor
        FROM ledger_entry entry JOIN ledger_transaction booked ON booked.id = entry.transaction_id
        WHERE booked.donation_id IS NOT NULL
        GROUP BY booked.donation_id, entry.account
    ) held ON held.donation_id = donation.id AND held.account = side.account
    WHERE side.minor <> coalesce(held.minor, 0)
    """,
)
NOT_POSTED = Check(
    "move that was not booked",
    "ledger",
    f"""
    SELECT donation.nonprofit_id, donation.number AS donation, posted.key AS subject,
        'a transaction' AS expected, '' AS found, donation.currency
    FROM ({POSTED}) posted
    JOIN donation ON donation.id = posted.donation_id
    LEFT JOIN ledger_transaction booked
        ON booked.idempotency = posted.key AND booked.donation_id = posted.donation_id
    WHERE posted.key IS NOT NULL AND booked.id IS NULL
    """,
)
# Fees were once booked apart, beside their capture.
ORPHAN = Check(
    "transaction that no move made",
    "ledger",
    f"""
    SELECT donation.nonprofit_id, donation.number AS donation, booked.idempotency AS subject,
        'a move' AS expected, '' AS found, donation.currency
    FROM ledger_transaction booked
    JOIN donation ON donation.id = booked.donation_id
    LEFT JOIN ({POSTED}) posted ON posted.donation_id = booked.donation_id
        AND booked.idempotency = posted.key
    WHERE posted.donation_id IS NULL AND booked.kind <> 'fee'
    """,
)
EMPTY = Check(
    "transaction without entries",
    "ledger",
    """
    SELECT coalesce(booked.nonprofit_id, donation.nonprofit_id) AS nonprofit_id, donation.number AS donation,
        booked.idempotency AS subject, 'entries' AS expected, '' AS found, '' AS currency
    FROM ledger_transaction booked
    LEFT JOIN donation ON donation.id = booked.donation_id
    LEFT JOIN ledger_entry entry ON entry.transaction_id = booked.id
    WHERE entry.id IS NULL
    """,
)
FIGURES = Check(
    "transaction that is not the event's amount",
    "ledger",
    f"""
    SELECT donation.nonprofit_id, donation.number AS donation, posted.key AS subject,
        CASE WHEN entry.account = 'donations' THEN -posted.amount_minor ELSE posted.amount_minor END
            AS expected, entry.amount_minor AS found, entry.currency
    FROM ({POSTED}) posted
    JOIN donation ON donation.id = posted.donation_id
    JOIN ledger_transaction booked ON booked.idempotency = posted.key
    JOIN ledger_entry entry ON entry.transaction_id = booked.id
        AND entry.account = CASE WHEN posted.kind = 'dispute.opened' THEN 'disputed' ELSE 'donations' END
    WHERE (posted.key LIKE 'capture:%' OR posted.kind = 'dispute.opened')
      AND abs(entry.amount_minor) <> posted.amount_minor
    """,
)
SNAPSHOTS = Check(
    "day snapshot that is not the sum of the entries",
    "snapshots",
    """
    WITH moved AS (
        SELECT (booked.at AT TIME ZONE 'UTC')::date AS day,
            coalesce(booked.nonprofit_id, donation.nonprofit_id) AS nonprofit_id,
            entry.account, entry.currency, sum(entry.amount_minor) AS minor
        FROM ledger_entry entry
        JOIN ledger_transaction booked ON booked.id = entry.transaction_id
        LEFT JOIN donation ON donation.id = booked.donation_id
        WHERE (booked.at AT TIME ZONE 'UTC')::date <= (SELECT max(day) FROM ledger_snapshot)
        GROUP BY 1, 2, 3, 4
    ), summed AS (
        SELECT day, nonprofit_id, account, currency,
            sum(minor) OVER (PARTITION BY nonprofit_id, account, currency ORDER BY day) AS minor
        FROM moved
    )
    SELECT nonprofit_id, NULL AS donation, account || ' at the end of ' || day AS subject,
        summed.minor AS expected, ledger_snapshot.amount_minor AS found, currency
    FROM summed FULL JOIN ledger_snapshot USING (day, nonprofit_id, account, currency)
    WHERE summed.minor IS DISTINCT FROM ledger_snapshot.amount_minor
    """,
)
CHECKS = (UNBALANCED, CURRENCY, BALANCES, NOT_POSTED, ORPHAN, EMPTY, FIGURES, SNAPSHOTS)
