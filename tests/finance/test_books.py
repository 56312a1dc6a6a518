"""check-books finds what was changed behind the application's back, names it, and says so of nothing else."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.money import Money
from app.finance import books
from app.gateways.payments.contract import EventKind
from tests.finance.conftest import World, listing

# What is planted, by a superuser past every trigger: the gift it is done to, the statements (`:id` is the
# gift, `:at` its nonprofit), and the kind of finding that must name that gift, and no other.
CORRUPTIONS: dict[str, tuple[str, str, str]] = {
    "a ledger entry raised": (
        "paid",
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE account = 'fees' AND transaction_id ="
        " (SELECT id FROM ledger_transaction WHERE donation_id = :id LIMIT 1)",
        "transaction that does not balance",
    ),
    "both sides of a posting raised": (
        "paid",
        "UPDATE ledger_entry SET amount_minor = amount_minor + sign(amount_minor)"
        " WHERE account <> 'fees' AND transaction_id IN"
        " (SELECT id FROM ledger_transaction WHERE donation_id = :id)",
        "transaction that is not the event's amount",
    ),
    "a posting moved to another account": (
        "paid",
        "UPDATE ledger_entry SET account = 'bank' WHERE account = 'fees' AND transaction_id IN"
        " (SELECT id FROM ledger_transaction WHERE donation_id = :id)",
        "balance that is not the donation's",
    ),
    "entries in another currency": (
        "paid",
        "UPDATE ledger_entry SET currency = 'USD' WHERE transaction_id IN"
        " (SELECT id FROM ledger_transaction WHERE donation_id = :id)",
        "entry in another currency",
    ),
    "a posting deleted": (
        "partly",
        "DELETE FROM ledger_entry WHERE transaction_id IN (SELECT id FROM ledger_transaction WHERE"
        " donation_id = :id AND kind = 'refund');"
        "DELETE FROM ledger_transaction WHERE donation_id = :id AND kind = 'refund'",
        "move that was not booked",
    ),
    "a posting that nothing caused": (
        "paid",
        "INSERT INTO ledger_transaction (kind, idempotency, donation_id, at) VALUES"
        " ('refund', 'refund:0', :id, now())",
        "transaction that no move made",
    ),
    "the entries of a posting deleted": (
        "plain",
        "DELETE FROM ledger_entry WHERE transaction_id IN (SELECT id FROM ledger_transaction"
        " WHERE donation_id = :id)",
        "transaction without entries",
    ),
    "a state set by hand": (
        "paid",
        "UPDATE donation SET state = 'refunded' WHERE id = :id",
        "state does not fit the money",
    ),
    "a gift marked as paid": (
        "waiting",
        "UPDATE donation SET state = 'paid', captured_minor = amount_minor, paid_at = now() WHERE id = :id",
        "state that no move led to",
    ),
    "more refunded than was captured": (
        "paid",
        "ALTER TABLE donation DROP CONSTRAINT ck_donation_refunded, DROP CONSTRAINT ck_donation_lost;"
        "UPDATE donation SET refunded_minor = 1001 WHERE id = :id",
        "figures that cannot be",
    ),
    "the time of a payment lost": (
        "paid",
        "UPDATE donation SET paid_at = NULL WHERE id = :id",
        "time of payment missing or too many",
    ),
    "a move deleted": (
        "lost",
        "DELETE FROM donation_move WHERE donation_id = :id AND to_state = 'disputed'",
        "moves that do not follow each other",
    ),
    "an applied event without its move": (
        "partly",
        "DELETE FROM donation_move WHERE donation_id = :id AND to_state = 'partly_refunded'",
        "applied event without a move",
    ),
    "an event marked as not applied": (
        "paid",
        "UPDATE payment_event SET applied_at = NULL WHERE reference = (SELECT reference FROM donation"
        " WHERE id = :id)",
        "move by an event that is not applied",
    ),
    "an event's amount changed": (
        "paid",
        "UPDATE payment_event SET amount_minor = 5 WHERE reference = (SELECT reference FROM donation"
        " WHERE id = :id)",
        "event that is not about its donation's money",
    ),
    "a credit raised": (
        "paid",
        "UPDATE credit SET amount_minor = amount_minor + 1 WHERE donation_id = :id",
        "credits that do not add up",
    ),
    "a credit given to somebody else": (
        "paid",
        "UPDATE credit SET creator_id = (SELECT min(id) FROM person) WHERE donation_id = :id",
        "credit of somebody else",
    ),
    "a credit in another currency": (
        "paid",
        "UPDATE credit SET currency = 'USD' WHERE donation_id = :id",
        "credit in another currency",
    ),
    "credit taken back twice": (
        "refunded",
        "UPDATE credit_reversal SET amount_minor = 2000 WHERE credit_id IN"
        " (SELECT id FROM credit WHERE donation_id = :id)",
        "credit taken back beyond its amount",
    ),
    "a reversal deleted": (
        "partly",
        "DELETE FROM credit_reversal WHERE credit_id IN (SELECT id FROM credit WHERE donation_id = :id)",
        "credits that do not add up",
    ),
    "a refund's row changed": (
        "partly",
        "UPDATE refund SET amount_minor = 399 WHERE donation_id = :id",
        "refunds that do not add up",
    ),
    "a dispute closed by hand": (
        "disputed",
        "UPDATE dispute SET state = 'won' WHERE donation_id = :id",
        "open disputes that do not add up",
    ),
    "a receipt back before the payment": (
        "paid",
        "UPDATE receipt SET issued_at = issued_at - interval '1 day' WHERE donation_id = :id",
        "receipt before the money",
    ),
    "a void receipt brought back": (
        "lost",
        "UPDATE receipt SET voided_at = NULL WHERE donation_id = :id",
        "standing receipt for more than was kept",
    ),
}
OF_THE_NONPROFIT: dict[str, tuple[str, str]] = {
    "a receipt deleted": (
        "DELETE FROM receipt WHERE nonprofit_id = :at AND number = 1",
        "receipt number missing",
    ),
    "a receipt number reused": (
        "ALTER TABLE receipt DROP CONSTRAINT uq_receipt_nonprofit_id;"
        "UPDATE receipt SET number = 1 WHERE nonprofit_id = :at AND number = 2",
        "receipt number used twice",
    ),
    "a report row changed": (
        "UPDATE day_rollup SET gross_minor = gross_minor + 1 WHERE nonprofit_id = :at AND currency = 'EUR'",
        books.REPORT_ROW,
    ),
    "a week's sum changed": (
        "UPDATE week_rollup SET fee_minor = fee_minor + 1 WHERE nonprofit_id = :at AND currency = 'EUR'",
        books.WEEK_SUM,
    ),
    "a snapshot changed": (
        "UPDATE ledger_snapshot SET amount_minor = amount_minor + 1 WHERE nonprofit_id = :at"
        " AND account = 'fees' AND currency = 'JPY'",
        "day snapshot that is not the sum of the entries",
    ),
    "a snapshot deleted": (
        "DELETE FROM ledger_snapshot WHERE nonprofit_id = :at AND account = 'fees' AND currency = 'JPY'",
        "day snapshot that is not the sum of the entries",
    ),
    "a payout's line deleted": (
        "UPDATE payout_item SET amount_minor = amount_minor - 1",
        "lines that do not add up to their payout",
    ),
    "a payout marked as failed": (
        "UPDATE payout SET state = 'failed'",
        "payout that the ledger has otherwise",
    ),
}


def plant(session: Session, statements: str, world: World, name: str = "paid") -> None:
    session.execute(text("SET LOCAL session_replication_role = replica"))
    for statement in statements.split(";"):
        session.execute(text(statement), {"id": world.gifts[name].id, "at": world.nonprofit.id})
    session.execute(text("SET LOCAL session_replication_role = origin"))


def named(found: books.Books) -> set[tuple[str, str | None, str | None]]:
    return {(one.kind, one.nonprofit, one.donation) for one in found.findings.named}


def test_money_in_every_state_agrees_with_the_provider_too(books_session: Session, world: World):
    found = books.check(books_session, listing(books_session))
    assert found.findings.named == []
    assert {account.currency for account in found.accounts if account.agrees} == {"EUR", "JPY"}
    assert found.right


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_what_was_planted_in_a_gift_is_found_and_named(books_session: Session, world: World, what: str):
    gift, statements, kind = CORRUPTIONS[what]
    plant(books_session, statements, world, gift)
    found = books.check(books_session)
    assert not found.right
    assert (kind, world.nonprofit.code, world.gifts[gift].number) in named(found)
    gifts = {one.donation for one in found.findings.named if one.donation}
    assert gifts == {world.gifts[gift].number}


@pytest.mark.parametrize("what", OF_THE_NONPROFIT)
def test_what_was_planted_beside_the_gifts_is_found_and_named(
    books_session: Session, world: World, what: str
):
    statements, kind = OF_THE_NONPROFIT[what]
    plant(books_session, statements, world)
    found = books.check(books_session)
    assert not found.right
    assert (kind, world.nonprofit.code, None) in named(found)


def test_a_payment_that_nobody_told_us_of_is_found(books_session: Session, world: World):
    listed = listing(books_session)
    stranger = replace(listed.events[0], event_id="new", reference="never-seen", amount=Money(700, "EUR"))
    found = books.check(books_session, replace(listed, events=[*listed.events, stranger]))
    assert named(found) == {("payment that no donation has", world.nonprofit.code, None)}
    assert [one.in_words() for one in found.findings.named] == [
        f"provider: payment that no donation has  {world.nonprofit.code}  payment never-seen"
        "  expected 700, found nothing EUR"
    ]


def test_a_payment_that_the_provider_does_not_have_is_found(books_session: Session, world: World):
    listed = listing(books_session)
    gift = world.gifts["paid"]
    rest = [event for event in listed.events if event.reference != gift.reference]
    found = books.check(books_session, replace(listed, events=rest))
    kind = "payment that the books have otherwise"
    assert named(found) == {(kind, world.nonprofit.code, gift.number)}
    figures = {(one.subject.split()[0], one.expected, one.found) for one in found.findings.named}
    assert figures == {("captured", "0", "1000"), ("fees", "0", "29")}
    assert [account.currency for account in found.accounts if not account.agrees] == ["EUR"]


def test_a_refund_that_nobody_told_us_of_is_found_once_it_is_not_on_its_way_any_more(
    books_session: Session, world: World
):
    listed = listing(books_session)
    gift = world.gifts["paid"]
    paid = next(event for event in listed.events if event.reference == gift.reference)
    refund = replace(
        paid, event_id="re-9", part="re-9", kind=EventKind.REFUNDED, amount=Money(100, "EUR"), fee_minor=0
    )
    young = replace(refund, occurred_at=listed.asked_at)
    assert books.check(books_session, replace(listed, events=[*listed.events, young])).right
    found = books.check(books_session, replace(listed, events=[*listed.events, refund]))
    assert [(one.donation, one.expected, one.found) for one in found.findings.named] == [
        (gift.number, "100", "0")
    ]
