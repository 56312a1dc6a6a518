"""Receipts against their numbers and their donations."""

from app.finance.findings import Check

GAP = Check(
    "receipt number missing",
    "receipts",
    """
    SELECT counted.nonprofit_id, NULL AS donation, 'receipt ' || wanted.number AS subject,
        'a receipt' AS expected, '' AS found, '' AS currency
    FROM (SELECT nonprofit_id, max(number) AS last FROM receipt GROUP BY nonprofit_id) counted
    CROSS JOIN LATERAL generate_series(1, counted.last) wanted (number)
    LEFT JOIN receipt ON receipt.nonprofit_id = counted.nonprofit_id AND receipt.number = wanted.number
    WHERE receipt.id IS NULL
    """,
)
REUSED = Check(
    "receipt number used twice",
    "receipts",
    """
    SELECT nonprofit_id, NULL AS donation, 'receipt ' || number AS subject, 1 AS expected, count(*) AS found,
        '' AS currency
    FROM receipt GROUP BY nonprofit_id, number HAVING count(*) > 1
    """,
)
EARLY = Check(
    "receipt before the money",
    "receipts",
    """
    SELECT receipt.nonprofit_id, donation.number AS donation, 'receipt ' || receipt.number AS subject,
        'after ' || coalesce(donation.paid_at::text, 'a payment') AS expected,
        receipt.issued_at::text AS found, '' AS currency
    FROM receipt JOIN donation ON donation.id = receipt.donation_id
    WHERE donation.captured_minor = 0 OR receipt.issued_at < donation.paid_at
    """,
)
STANDING = Check(
    "standing receipt for more than was kept",
    "receipts",
    """
    SELECT receipt.nonprofit_id, donation.number AS donation, 'receipt ' || receipt.number AS subject,
        donation.captured_minor - donation.refunded_minor - donation.lost_minor AS expected,
        receipt.amount_minor AS found, receipt.currency
    FROM receipt JOIN donation ON donation.id = receipt.donation_id
    WHERE receipt.voided_at IS NULL
      AND receipt.amount_minor > donation.captured_minor - donation.refunded_minor - donation.lost_minor
    """,
)
TWO = Check(
    "two standing receipts for one donation",
    "receipts",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'standing receipts' AS subject, 1 AS expected,
        count(*) AS found, '' AS currency
    FROM receipt JOIN donation ON donation.id = receipt.donation_id
    WHERE receipt.voided_at IS NULL GROUP BY donation.id HAVING count(*) > 1
    """,
)
FOREIGN = Check(
    "receipt of another organisation or currency",
    "receipts",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'receipt ' || receipt.number AS subject,
        donation.currency AS expected, receipt.currency AS found, '' AS currency
    FROM receipt JOIN donation ON donation.id = receipt.donation_id
    WHERE receipt.nonprofit_id <> donation.nonprofit_id OR receipt.currency <> donation.currency
    """,
)
CHECKS = (GAP, REUSED, EARLY, STANDING, TWO, FOREIGN)
