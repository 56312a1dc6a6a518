"""Payouts against their lines, the ledger and the donations they are made of."""

from app.finance.findings import Check

LINES = Check(
    "lines that do not add up to their payout",
    "payouts",
    """
    SELECT account.nonprofit_id, NULL AS donation, 'payout ' || payout.reference AS subject,
        payout.amount_minor AS expected, sum(item.amount_minor - item.fee_minor) AS found, payout.currency
    FROM payout
    JOIN payment_account account ON account.id = payout.payment_account_id
    JOIN payout_item item ON item.payout_id = payout.id
    GROUP BY account.nonprofit_id, payout.id
    HAVING sum(item.amount_minor - item.fee_minor) <> payout.amount_minor
    """,
)
OURS = Check(
    "part of a payout that is not what its lines say",
    "payouts",
    """
    SELECT account.nonprofit_id, NULL AS donation, 'payout ' || payout.reference AS subject,
        lines.minor AS expected, payout.ours_minor AS found, payout.currency
    FROM payout
    JOIN payment_account account ON account.id = payout.payment_account_id
    JOIN (
        SELECT payout_id, coalesce(sum(amount_minor - fee_minor) FILTER (WHERE NOT is_other), 0) AS minor
        FROM payout_item GROUP BY payout_id
    ) lines ON lines.payout_id = payout.id
    WHERE payout.ours_minor IS DISTINCT FROM lines.minor
    """,
)
LEDGER = Check(
    "payout that the ledger has otherwise",
    "ledger",
    """
    SELECT coalesce(account.nonprofit_id, booked.nonprofit_id) AS nonprofit_id, NULL AS donation,
        coalesce('payout ' || payout.reference, booked.keys) AS subject,
        CASE WHEN payout.state = 'paid' THEN coalesce(payout.ours_minor, 0) ELSE 0 END AS expected,
        coalesce(booked.minor, 0) AS found, coalesce(payout.currency, booked.currency) AS currency
    FROM payout
    JOIN payment_account account ON account.id = payout.payment_account_id
    FULL JOIN (
        SELECT split_part(booked.idempotency, ':', 2) AS payout_id, booked.nonprofit_id, entry.currency,
            sum(entry.amount_minor) FILTER (WHERE entry.account = 'bank') AS minor,
            min(booked.idempotency) AS keys
        FROM ledger_transaction booked JOIN ledger_entry entry ON entry.transaction_id = booked.id
        WHERE booked.nonprofit_id IS NOT NULL
        GROUP BY 1, 2, 3
    ) booked ON booked.payout_id = payout.id::text AND booked.currency = payout.currency
        AND booked.nonprofit_id = account.nonprofit_id
    WHERE coalesce(booked.minor, 0)
            <> CASE WHEN payout.state = 'paid' THEN coalesce(payout.ours_minor, 0) ELSE 0 END
       OR payout.id IS NULL
    """,
)
TWICE = Check(
    "payment paid out twice",
    "payouts",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'payout lines' AS subject, 1 AS expected,
        count(*) AS found, donation.currency
    FROM payout_item item
    JOIN payout ON payout.id = item.payout_id AND payout.state <> 'failed'
    JOIN donation ON donation.id = item.donation_id
    WHERE item.kind IN ('payment.succeeded', 'subscription.renewed')
    GROUP BY donation.id HAVING count(*) > 1
    """,
)
FIGURES = Check(
    "payout line that is not the donation's",
    "payouts",
    """
    SELECT donation.nonprofit_id, donation.number AS donation, 'payout ' || payout.reference AS subject,
        donation.captured_minor AS expected, item.amount_minor AS found, payout.currency
    FROM payout_item item
    JOIN payout ON payout.id = item.payout_id
    JOIN donation ON donation.id = item.donation_id
    WHERE item.kind IN ('payment.succeeded', 'subscription.renewed')
      AND (item.amount_minor <> donation.captured_minor OR payout.currency <> donation.currency)
    """,
)
CHECKS = (LINES, OURS, LEDGER, TWICE, FIGURES)
