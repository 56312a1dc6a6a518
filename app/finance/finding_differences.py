"""What no event can repair, looked for in what the provider has told and paid out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.finance import differences
from app.finance.checks.events import ABOUT_MONEY, SUCCESSES
from app.finance.differences import Found

SETTLED_BY_THEN = timedelta(hours=1)
LEGAL_BY_THEN = timedelta(days=1)

# Events that were kept and not applied, with the donation they are about, if there is one. Those from before
# `since` have been looked at before: only what was found then, and is open still, is looked at again.
_KEPT = f"""
    WITH event AS MATERIALIZED (
        SELECT * FROM payment_event
        WHERE provider = :provider AND applied_at IS NULL AND reference <> '' AND kind IN {ABOUT_MONEY}
          AND (received_at >= :since
            OR event_id = ANY (ARRAY (SELECT reference FROM difference
                WHERE settled_at IS NULL AND kind IN ('mismatch', 'never_legal')))
            OR reference = ANY (ARRAY (SELECT reference FROM difference
                WHERE settled_at IS NULL AND kind IN ('unknown_payment', 'paid_there_only'))))
    ), kept AS (
        SELECT event.*, donation.id AS donation_id, donation.amount_minor AS expected_minor,
            donation.currency AS expected_currency, donation.state, donation.captured_minor,
            donation.refunded_minor + donation.lost_minor AS given_back_minor,
            account.reference AS expected_account,
            coalesce(donation.nonprofit_id, payee.nonprofit_id) AS nonprofit_id,
            coalesce(event.currency = donation.currency AND event.account = account.reference
                AND CASE WHEN event.kind IN {SUCCESSES}
                    THEN event.amount_minor = donation.amount_minor
                        AND event.fee_minor <= donation.amount_minor
                    ELSE event.amount_minor <= donation.amount_minor
                        OR event.kind IN ('dispute.won', 'dispute.lost') END, false) AS fits
        FROM event
        LEFT JOIN donation opened ON opened.provider = event.provider AND opened.reference = event.reference
        LEFT JOIN donation captured
            ON captured.provider = event.provider AND captured.capture_reference = event.reference
        LEFT JOIN donation ON donation.id = coalesce(opened.id, captured.id)
        LEFT JOIN payment_account account ON account.id = donation.payment_account_id
        LEFT JOIN payment_account payee
            ON payee.provider = event.provider AND payee.reference = event.account
    )
"""
# Lines stay as they were kept, so they are looked at then, and again as long as something is open.
_PAYOUTS = """
    WITH payout AS MATERIALIZED (
        SELECT payout.*, account.nonprofit_id
        FROM payout
        JOIN payment_account account
            ON account.id = payout.payment_account_id AND account.provider = :provider
        WHERE payout.id = ANY (:kept)
           OR payout.reference = ANY (ARRAY (SELECT split_part(reference, ' ', 1) FROM difference
                WHERE settled_at IS NULL AND kind IN ('payout_line', 'payout_sum', 'payout_figures')))
    )
"""
_QUERIES = {
    "mismatch": f"""
        {_KEPT}
        SELECT event_id AS reference, nonprofit_id, donation_id, jsonb_build_object(
            'event', kind, 'payment', reference, 'told', amount_minor, 'currency', currency,
            'account', account, 'here', expected_minor, 'currency_here', expected_currency) AS details
        FROM kept WHERE donation_id IS NOT NULL AND NOT fits
    """,
    "unknown_payment": f"""
        {_KEPT}
        SELECT reference, min(nonprofit_id) AS nonprofit_id, NULL::bigint AS donation_id,
            jsonb_build_object('payment', reference, 'account', min(account), 'currency', min(currency),
                'told', max(amount_minor), 'event', min(kind)) AS details
        FROM kept WHERE donation_id IS NULL AND received_at < :settled_by
        GROUP BY reference
    """,
    "paid_there_only": f"""
        {_KEPT}
        SELECT reference, nonprofit_id, donation_id, jsonb_build_object(
            'payment', reference, 'told', amount_minor, 'currency', currency) AS details
        FROM kept WHERE fits AND kind IN {SUCCESSES} AND captured_minor = 0 AND received_at < :settled_by
    """,
    "never_legal": f"""
        {_KEPT}
        SELECT event_id AS reference, nonprofit_id, donation_id, jsonb_build_object(
            'event', kind, 'payment', reference, 'part', part, 'told', amount_minor, 'currency', currency,
            'captured', captured_minor, 'given_back', given_back_minor) AS details
        FROM kept WHERE fits AND kind NOT IN {SUCCESSES} AND received_at < :legal_by
    """,
    "payout_line": f"""
        {_PAYOUTS}
        SELECT payout.reference || ' ' || item.reference || ' ' || item.kind AS reference,
            payout.nonprofit_id, NULL::bigint AS donation_id, jsonb_build_object('payout', payout.reference,
                'payment', item.reference, 'event', item.kind, 'told', sum(item.amount_minor),
                'currency', payout.currency) AS details
        FROM payout_item item
        JOIN payout ON payout.id = item.payout_id
        WHERE item.donation_id IS NULL AND NOT item.is_other
        GROUP BY payout.reference, payout.currency, payout.nonprofit_id, item.reference, item.kind
    """,
    "payout_sum": f"""
        {_PAYOUTS}
        SELECT payout.reference, payout.nonprofit_id, NULL::bigint AS donation_id,
            jsonb_build_object('payout', payout.reference, 'told', payout.amount_minor, 'here', lines.minor,
                'currency', payout.currency) AS details
        FROM payout
        JOIN LATERAL (
            SELECT sum(item.amount_minor - item.fee_minor) AS minor
            FROM payout_item item WHERE item.payout_id = payout.id
        ) lines ON lines.minor <> payout.amount_minor
    """,
    "payout_figures": f"""
        {_PAYOUTS}
        SELECT payout.reference || ' ' || item.reference AS reference, payout.nonprofit_id,
            donation.id AS donation_id, jsonb_build_object('payout', payout.reference,
                'payment', item.reference, 'told', item.amount_minor, 'here', donation.captured_minor,
                'currency', payout.currency) AS details
        FROM payout
        JOIN payout_item item ON item.payout_id = payout.id
        JOIN donation ON donation.id = item.donation_id
        WHERE item.kind IN {SUCCESSES}
          AND (item.amount_minor <> donation.captured_minor OR payout.currency <> donation.currency)
    """,
}


def all_of(
    session: Session, provider: str, at: datetime, since: datetime, kept: Sequence[int]
) -> list[Found]:
    """Every difference that stands at `at` in what a provider has told and paid out.

    `since` is when the comparison begins that this is a part of: a day before the last one, or earlier.
    `kept` are the payouts whose lines it has brought.
    """
    values = {
        "provider": provider,
        "settled_by": at - SETTLED_BY_THEN,
        "legal_by": at - LEGAL_BY_THEN,
        "since": since,
        "kept": list(kept),
    }
    return [
        found for kind, sql in _QUERIES.items() for found in differences.query(session, kind, sql, values)
    ]
