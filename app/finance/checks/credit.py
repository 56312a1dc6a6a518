"""Credit of every donation against what was captured, taken back and paid in fees."""

from app.finance.findings import Check

# Credit that a decision has withdrawn counts no more: other credit stands in its place.
_STANDING = "NOT EXISTS (SELECT FROM credit_withdrawal WHERE credit_id = credit.id)"
_REVERSED = f"""
    SELECT credit.donation_id, sum(reversal.amount_minor) AS minor, sum(reversal.fee_minor) AS fee
    FROM credit_reversal reversal JOIN credit ON credit.id = reversal.credit_id
    WHERE {_STANDING}
    GROUP BY credit.donation_id
"""

SUMS = Check(
    "credits that do not add up",
    "credit",
    f"""
    SELECT donation.nonprofit_id, donation.number AS donation, side.subject, side.expected, side.found,
        donation.currency
    FROM donation
    LEFT JOIN (
        SELECT donation_id, sum(amount_minor) AS minor, sum(fee_minor) AS fee
        FROM credit WHERE {_STANDING} GROUP BY donation_id
    ) given ON given.donation_id = donation.id
    LEFT JOIN ({_REVERSED}) gone ON gone.donation_id = donation.id
    CROSS JOIN LATERAL (VALUES
        ('credited', donation.captured_minor, coalesce(given.minor, 0)),
        ('taken back', donation.refunded_minor + donation.lost_minor, coalesce(gone.minor, 0)),
        ('fees', donation.fee_minor, coalesce(given.fee, 0) + coalesce(gone.fee, 0))
    ) side (subject, expected, found)
    WHERE side.expected <> side.found
    """,
)
CURRENCY = Check(
    "credit in another currency",
    "credit",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'credit of ' || credit.amount_minor AS subject,
        donation.currency AS expected, credit.currency AS found, '' AS currency
    FROM credit JOIN donation ON donation.id = credit.donation_id
    WHERE credit.currency <> donation.currency
    """,
)
BEYOND = Check(
    "credit taken back beyond its amount",
    "credit",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'credit of ' || credit.amount_minor AS subject,
        'between 0 and ' || credit.amount_minor AS expected, gone.minor AS found, credit.currency
    FROM (
        SELECT credit_id, sum(amount_minor) AS minor FROM credit_reversal GROUP BY credit_id
    ) gone
    JOIN credit ON credit.id = gone.credit_id
    JOIN donation ON donation.id = credit.donation_id
    WHERE gone.minor NOT BETWEEN 0 AND credit.amount_minor
    """,
)
CREATOR = Check(
    "credit of somebody else",
    "credit",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'video ' || video.code AS subject,
        maker.code AS expected, credited.code AS found, '' AS currency
    FROM credit
    JOIN donation ON donation.id = credit.donation_id
    JOIN video ON video.id = credit.video_id
    JOIN person maker ON maker.id = video.creator_id
    LEFT JOIN person credited ON credited.id = credit.creator_id
    WHERE credit.creator_id IS DISTINCT FROM video.creator_id
    """,
)
WITHDRAWN = Check(
    "credit withdrawn with other figures than it has",
    "credit",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, side.subject, side.expected, side.found,
        credit.currency
    FROM credit_withdrawal withdrawal
    JOIN credit ON credit.id = withdrawal.credit_id
    JOIN donation ON donation.id = credit.donation_id
    JOIN credit_decision decision ON decision.id = withdrawal.decision_id,
    LATERAL (
        SELECT coalesce(sum(amount_minor), 0) AS minor, coalesce(sum(fee_minor), 0) AS fee
        FROM credit_reversal WHERE credit_id = credit.id
    ) gone
    CROSS JOIN LATERAL (VALUES
        ('taken back of the credit', gone.minor, withdrawal.refunded_minor),
        ('fees of the credit', credit.fee_minor + gone.fee, withdrawal.fee_minor),
        ('the decision''s gift', decision.donation_id, credit.donation_id)
    ) side (subject, expected, found)
    WHERE side.expected <> side.found
    """,
)
CHECKS = (SUMS, CURRENCY, BEYOND, CREATOR, WITHDRAWN)
