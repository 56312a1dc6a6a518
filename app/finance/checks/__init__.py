"""The checks of the books, a module a book. Each is a query whose rows are what is wrong."""

from app.finance.checks import credit, donations, events, ledger, payouts, receipts
from app.finance.findings import Check

ALL: tuple[Check, ...] = (
    *donations.CHECKS,
    *events.CHECKS,
    *ledger.CHECKS,
    *credit.CHECKS,
    *receipts.CHECKS,
    *payouts.CHECKS,
)
