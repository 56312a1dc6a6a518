"""What the provider told against what came of it: the moves of donations."""

from app.finance.findings import Check

SUCCESSES = "('payment.succeeded', 'subscription.renewed')"
ABOUT_MONEY = (
    "('payment.succeeded', 'subscription.renewed', 'payment.fee', 'refund.succeeded', 'refund.failed', "
    "'dispute.opened', 'dispute.won', 'dispute.lost')"
)

WITHOUT_MOVE = Check(
    "applied event without a move",
    "moves",
    f"""
    WITH event AS MATERIALIZED (
        SELECT payment_event.* FROM payment_event
        LEFT JOIN donation_move move ON move.event_id = payment_event.id
        WHERE applied_at IS NOT NULL AND reference <> '' AND kind IN {ABOUT_MONEY} AND move.id IS NULL
    )
    SELECT donation.nonprofit_id, donation.number AS donation, event.kind || ' ' || event.event_id AS subject,
        'a move' AS expected, '' AS found, event.currency
    FROM event
    LEFT JOIN donation opened ON opened.provider = event.provider AND opened.reference = event.reference
    LEFT JOIN donation captured
        ON captured.provider = event.provider AND captured.capture_reference = event.reference
    JOIN donation ON donation.id = coalesce(opened.id, captured.id)
    WHERE NOT EXISTS (
        SELECT FROM donation_move move JOIN payment_event same ON same.id = move.event_id
        WHERE move.donation_id = donation.id AND (
            (same.kind IN {SUCCESSES} AND event.kind IN {SUCCESSES})
            OR (same.kind = event.kind AND same.part = event.part
                AND (event.part <> '' OR same.amount_minor >= event.amount_minor))
            OR (same.kind = event.kind AND event.part = '' AND same.part <> '')
            OR (same.kind IN ('dispute.won', 'dispute.lost') AND same.part = event.part
                AND event.kind IN ('dispute.won', 'dispute.lost'))))
    """,
)
NOT_APPLIED = Check(
    "move by an event that is not applied",
    "moves",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'move to ' || move.to_state AS subject,
        'an applied event' AS expected, event.event_id AS found, donation.currency
    FROM donation_move move
    JOIN donation ON donation.id = move.donation_id
    LEFT JOIN payment_event event ON event.id = move.event_id
    WHERE (move.event_id IS NULL AND move.to_state <> 'expired')
       OR (event.id IS NOT NULL AND event.applied_at IS NULL)
    """,
)
FIGURES = Check(
    "event that is not about its donation's money",
    "events",
    f"""
    SELECT donation.nonprofit_id, donation.number AS donation, event.kind || ' ' || event.event_id AS subject,
        donation.amount_minor || ' ' || donation.currency || ' at ' || account.reference AS expected,
        event.amount_minor || ' ' || event.currency || ' at ' || event.account AS found, '' AS currency
    FROM donation_move move
    JOIN payment_event event ON event.id = move.event_id
    JOIN donation ON donation.id = move.donation_id
    JOIN payment_account account ON account.id = donation.payment_account_id
    WHERE event.currency <> donation.currency OR event.account <> account.reference
       OR event.provider <> donation.provider
       OR (event.kind IN {SUCCESSES} AND event.amount_minor <> donation.amount_minor)
    """,
)
CHECKS = (WITHOUT_MOVE, NOT_APPLIED, FIGURES)
