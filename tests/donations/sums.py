"""The books added up anew by plain SQL, which shares nothing with the code that keeps them."""

from sqlalchemy import text
from sqlalchemy.orm import Session

BOOKS = text("""
    SELECT d.reference, d.state,
        ARRAY[d.captured_minor, d.refunded_minor, d.lost_minor, d.disputed_minor, d.fee_minor] AS figures,
        ledger.accounts, ledger.foreign_entries,
        given.minor, given.fee, gone.minor AS gone, gone.fee AS gone_fee
    FROM donation d,
        LATERAL (
            SELECT coalesce(jsonb_object_agg(account, minor), '{}') AS accounts,
                coalesce(sum(odd), 0) AS foreign_entries
            FROM (
                SELECT account, sum(amount_minor) AS minor,
                    count(*) FILTER (WHERE e.currency <> d.currency) AS odd
                FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
                WHERE t.donation_id = d.id
                GROUP BY account
            ) by_account
        ) ledger,
        LATERAL (
            SELECT coalesce(sum(amount_minor), 0) AS minor, coalesce(sum(fee_minor), 0) AS fee
            FROM credit
            WHERE donation_id = d.id AND video_id IS NOT DISTINCT FROM d.video_id
        ) given,
        LATERAL (
            SELECT coalesce(sum(r.amount_minor), 0) AS minor, coalesce(sum(r.fee_minor), 0) AS fee
            FROM credit_reversal r JOIN credit c ON c.id = r.credit_id
            WHERE c.donation_id = d.id
        ) gone
    WHERE d.reference = ANY(:names)
""")

WRONG_REPORTS = text("""
    WITH happened AS (
        SELECT donation_id, video_id, creator_id, at,
            1 AS donations, amount_minor AS gross, fee_minor AS fee, 0 AS refunded
        FROM credit
        UNION ALL
        SELECT c.donation_id, c.video_id, c.creator_id, r.at, 0, 0, r.fee_minor, r.amount_minor
        FROM credit_reversal r JOIN credit c ON c.id = r.credit_id
    ),
    computed AS (
        SELECT d.nonprofit_id, d.project_id, h.video_id, h.creator_id,
            (h.at AT TIME ZONE n.time_zone)::date AS day, d.currency,
            sum(h.donations)::bigint, sum(h.gross)::bigint, sum(h.fee)::bigint, sum(h.refunded)::bigint
        FROM happened h
        JOIN donation d ON d.id = h.donation_id
        JOIN nonprofit n ON n.id = d.nonprofit_id
        GROUP BY 1, 2, 3, 4, 5, 6
    ),
    kept AS (
        SELECT nonprofit_id, project_id, video_id, creator_id, day, currency,
            donations, gross_minor, fee_minor, refunded_minor
        FROM day_rollup
    )
    SELECT count(*) FROM (
        (TABLE computed EXCEPT ALL TABLE kept) UNION ALL (TABLE kept EXCEPT ALL TABLE computed)
    ) wrong
""")

WRONGLY_APPLIED = text(
    "SELECT count(*) FROM payment_event WHERE event_id LIKE 'wrong-%' AND applied_at IS NOT NULL"
)


def balance_of(session: Session, donation_id: int) -> dict[str, int]:
    """What each account holds of one donation, in minor units of its currency."""
    rows = session.execute(
        text("""
            SELECT account, sum(amount_minor) FROM ledger_entry e
            JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE t.donation_id = :donation_id GROUP BY account
        """),
        {"donation_id": donation_id},
    )
    return {account: int(minor) for account, minor in rows}
