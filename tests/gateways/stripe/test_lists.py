"""What is asked for when webhooks may have been missed, and what was sent to banks."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.money import Money
from app.gateways.payments.contract import EventKind, PaymentRefused, PayoutLine
from app.gateways.payments.stripe.client import StripeGateway
from app.gateways.payments.stripe.events import LISTED
from tests.gateways.stripe import objects
from tests.gateways.stripe.wire import ACCOUNT, Wire, listed, refusal

SINCE = datetime.fromtimestamp(objects.CREATED - 86_400, UTC)
FOREIGN: dict[str, Any] = {"metadata": {}}


def at(second: int, kind: str, about: dict[str, Any]) -> dict[str, Any]:
    """An event as the list has it: without the account, whose list it is."""
    told = objects.event(kind, about, created=objects.CREATED + second)
    del told["account"]
    return told


def test_a_list_of_events_is_read_page_by_page_and_told_oldest_first(
    stripe: StripeGateway, wire: Wire
) -> None:
    paid = at(1, "checkout.session.completed", objects.session())
    refunded = at(9, "refund.created", objects.refund())
    wire.put("GET", "events", listed(refunded, has_more=True))
    wire.put("GET", "events", listed(paid))
    wire.put("GET", "balance_transactions", listed())
    told = stripe.list_settled(SINCE, [ACCOUNT])
    assert [(one.kind, one.event_id) for one in told] == [
        (EventKind.SUCCEEDED, paid["id"]),
        (EventKind.REFUNDED, refunded["id"]),
    ]
    assert {one.account for one in told} == {ACCOUNT}
    first, second, _ = wire.calls
    assert first.sent["created[gte]"] == str(objects.CREATED - 86_400)
    assert [first.sent[f"types[{place}]"] for place in range(len(LISTED))] == LISTED
    assert second.sent["starting_after"] == refunded["id"]
    assert {call.headers["Stripe-Account"] for call in wire.calls} == {ACCOUNT}


def test_stripe_takes_no_more_than_twenty_types() -> None:
    assert len(LISTED) <= 20


def test_a_list_tells_by_itself_which_payment_an_invoice_was_paid_by(
    stripe: StripeGateway, wire: Wire
) -> None:
    renewed = at(1, "invoice.paid", objects.invoice())
    by = at(1, "invoice_payment.paid", objects.invoice_payment())
    wire.put("GET", "events", listed(by, renewed))
    wire.put("GET", "balance_transactions", listed())
    (told,) = stripe.list_settled(SINCE, [ACCOUNT])
    assert (told.kind, told.reference) == (EventKind.RENEWED, "pi_2")
    assert [call.path for call in wire.calls] == ["/v1/events", "/v1/balance_transactions"]


def test_fees_come_with_the_bookings_and_have_the_name_that_webhooks_gave_them(
    stripe: StripeGateway, wire: Wire
) -> None:
    ours = objects.booking(source=objects.charge())
    theirs = objects.booking(id="txn_8", source=objects.charge(payment_intent="pi_8", **FOREIGN))
    sent = objects.booking(id="txn_9", type="payout", amount=-706, source=objects.payout())
    wire.put("GET", "events", listed())
    wire.put("GET", "balance_transactions", listed(sent, theirs, ours))
    wire.put("GET", "payment_intents/pi_8", objects.intent(id="pi_8", **FOREIGN))
    wire.put("GET", "invoice_payments", listed())
    (told,) = stripe.list_settled(SINCE, [ACCOUNT])
    assert (told.kind, told.event_id, told.reference) == (EventKind.FEE, "txn_1", "pi_1")
    assert told.fee_minor == 44


def test_an_account_that_was_taken_back_cannot_be_listed(stripe: StripeGateway, wire: Wire) -> None:
    wire.put("GET", "events", refusal("invalid_request_error", "account_invalid"), status=403)
    with pytest.raises(PaymentRefused) as refused:
        stripe.list_settled(SINCE, ["acct_gone"])
    assert "account_invalid" in refused.value.detail


def test_a_payout_is_the_sum_of_its_lines(stripe: StripeGateway, wire: Wire) -> None:
    lines = [
        objects.booking(id="txn_0", type="payout", amount=-3_112, fee=0, source="po_1"),
        objects.booking(source=objects.charge()),
        objects.booking(id="txn_5", amount=5_000, fee=170, source=objects.charge(payment_intent="pi_5")),
        objects.booking(id="txn_2", type="refund", amount=-500, fee=0, source=objects.refund()),
        objects.booking(id="txn_3", type="adjustment", amount=-1250, fee=1500, source=objects.dispute()),
        objects.booking(id="txn_6", type="refund_failure", amount=500, fee=0, source=objects.refund()),
        objects.booking(id="txn_7", type="stripe_fee", amount=-174, fee=0, source=None),
    ]
    wire.put("GET", "payouts", listed(objects.payout(amount=3_112)))
    wire.put("GET", "balance_transactions", listed(*lines))
    (sent,) = stripe.list_payouts(SINCE, ACCOUNT)
    assert (sent.reference, sent.account, sent.state) == ("po_1", ACCOUNT, "paid")
    assert sent.amount == Money(3_112, "EUR")
    assert sum(line.amount_minor - line.fee_minor for line in sent.lines) == 3_112
    told_at = datetime.fromtimestamp(objects.CREATED, UTC)
    assert list(sent.lines) == [
        PayoutLine(EventKind.SUCCEEDED, "pi_1", 1250, 44, told_at),
        PayoutLine(EventKind.SUCCEEDED, "pi_5", 5_000, 170, told_at),
        PayoutLine(EventKind.REFUNDED, "pi_1", -500, 0, told_at, marked=False),
        PayoutLine(EventKind.DISPUTE_OPENED, "pi_1", -1250, 1500, told_at, marked=False),
        PayoutLine(EventKind.REFUND_FAILED, "pi_1", 500, 0, told_at, marked=False),
        PayoutLine(EventKind.FEE, "txn_7", 0, 174, told_at, marked=False),
    ]
    assert wire.last.sent == {"payout": "po_1", "limit": "100", "expand[0]": "data.source"}


def test_a_payout_by_hand_has_no_lines_and_a_cancelled_one_has_failed(
    stripe: StripeGateway, wire: Wire
) -> None:
    by_hand = objects.payout(automatic=False, status="canceled")
    wire.put("GET", "payouts", listed(by_hand, objects.payout(id="po_0", automatic=False, status="pending")))
    earlier, later = stripe.list_payouts(SINCE, ACCOUNT)
    assert (earlier.reference, earlier.state) == ("po_0", "in_transit")
    assert (later.reference, later.state, list(later.lines)) == ("po_1", "failed", [])
