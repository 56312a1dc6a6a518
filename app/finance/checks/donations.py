"""A donation's own row against itself, its moves, its refunds and its disputes."""

from app.finance.findings import Check

STATE = Check(
    "state does not fit the money",
    "donations",
    """
    SELECT nonprofit_id, number AS donation, 'state' AS subject, wanted AS expected, state AS found, currency
    FROM (
        SELECT *, CASE
            WHEN captured_minor = 0 THEN 'pending, failed or expired'
            WHEN disputed_minor > 0 THEN 'disputed'
            WHEN lost_minor > 0 THEN 'lost'
            WHEN refunded_minor = 0 THEN 'paid'
            WHEN refunded_minor = captured_minor THEN 'refunded'
            ELSE 'partly_refunded' END AS wanted
        FROM donation
    ) donation
    WHERE state <> wanted AND NOT (captured_minor = 0 AND state IN ('pending', 'failed', 'expired'))
    """,
)
FIGURES = Check(
    "figures that cannot be",
    "donations",
    """
    SELECT nonprofit_id, number AS donation, wrong.subject, wrong.expected, wrong.found, currency
    FROM donation CROSS JOIN LATERAL (VALUES
        ('captured', 'all of it or nothing', captured_minor, captured_minor NOT IN (0, amount_minor)),
        ('given back', 'at most ' || captured_minor, refunded_minor + lost_minor,
            refunded_minor + lost_minor > captured_minor),
        ('refunded', 'not below 0', refunded_minor, refunded_minor < 0),
        ('lost', 'not below 0', lost_minor, lost_minor < 0),
        ('disputed', 'not below 0', disputed_minor, disputed_minor < 0),
        ('fees', CASE WHEN captured_minor = 0 THEN '0' ELSE 'not below 0' END, fee_minor,
            fee_minor < 0 OR (captured_minor = 0 AND fee_minor <> 0))
    ) wrong (subject, expected, found, is_wrong)
    WHERE wrong.is_wrong
    """,
)
PAID_AT = Check(
    "time of payment missing or too many",
    "donations",
    """
    SELECT nonprofit_id, number AS donation, 'paid at' AS subject,
        CASE WHEN captured_minor > 0 THEN 'a time' ELSE '' END AS expected, paid_at::text AS found, currency
    FROM donation WHERE (captured_minor > 0) <> (paid_at IS NOT NULL)
    """,
)
MOVES = Check(
    "moves that do not follow each other",
    "moves",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'move to ' || step.to_state AS subject,
        'from ' || step.wanted AS expected, 'from ' || step.from_state AS found, donation.currency
    FROM (
        SELECT *, lag(to_state, 1, 'pending') OVER (PARTITION BY donation_id ORDER BY id) AS wanted
        FROM donation_move
    ) step
    JOIN donation ON donation.id = step.donation_id
    WHERE step.from_state <> step.wanted
    """,
)
LAST_MOVE = Check(
    "state that no move led to",
    "moves",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'state' AS subject,
        coalesce(last.to_state, 'pending') AS expected, donation.state AS found, donation.currency
    FROM donation
    LEFT JOIN (
        SELECT DISTINCT ON (donation_id) donation_id, to_state FROM donation_move
        ORDER BY donation_id, id DESC
    ) last ON last.donation_id = donation.id
    WHERE donation.state <> coalesce(last.to_state, 'pending')
    """,
)
REFUNDS = Check(
    "refunds that do not add up",
    "refunds",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'refunds' AS subject,
        donation.refunded_minor AS expected, coalesce(made.minor, 0) AS found, donation.currency
    FROM donation
    LEFT JOIN (
        SELECT donation_id, sum(amount_minor) AS minor FROM refund WHERE state = 'succeeded'
        GROUP BY donation_id
    ) made ON made.donation_id = donation.id
    WHERE donation.refunded_minor <> coalesce(made.minor, 0)
    """,
)
DISPUTES = Check(
    "open disputes that do not add up",
    "disputes",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'held by disputes' AS subject,
        donation.disputed_minor AS expected, coalesce(held.minor, 0) AS found, donation.currency
    FROM donation
    LEFT JOIN (
        SELECT donation_id, sum(amount_minor) AS minor FROM dispute WHERE state = 'open' GROUP BY donation_id
    ) held ON held.donation_id = donation.id
    WHERE donation.disputed_minor <> coalesce(held.minor, 0)
    """,
)
CHECKS = (STATE, FIGURES, PAID_AT, MOVES, LAST_MOVE, REFUNDS, DISPUTES)
