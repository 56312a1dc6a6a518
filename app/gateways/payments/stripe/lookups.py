"""What Stripe's events leave out: which payment an invoice was paid by, which page a payment belongs to.

Answers do not change once they are known, so each is asked for once; a list of events tells many of them by
itself.
"""

from collections.abc import Mapping
from typing import Any

from stripe import StripeClient

from app.gateways.payments.stripe.shapes import inside, intent_of_payment, is_ours, named, subscribed


class Lookups:
    """Answers about payments of one connected account, asked over the network where nothing has told them."""

    def __init__(self, client: StripeClient, account: str) -> None:
        self.account = account
        self._v1 = client.v1
        self._at: Any = {"stripe_account": account}
        self._intents: dict[str, str] = {}  # by invoice
        self._sessions: dict[str, str] = {}  # by payment intent
        self._ours: dict[str, bool] = {}  # by payment intent

    def learn(self, event: Mapping[str, Any]) -> None:
        """Take from an event what it tells of others."""
        about = event["data"]["object"]
        if event["type"].startswith("checkout.session.") and about.get("payment_intent"):
            self._sessions[about["payment_intent"]] = about["id"] if is_ours(about) else ""
            self._ours[about["payment_intent"]] = is_ours(about)
        elif event["type"] == "invoice_payment.paid" and (intent := intent_of_payment(about)):
            self._intents[named(about["invoice"])] = intent

    def intent_of_invoice(self, invoice: str) -> str:
        """The payment intent that an invoice was paid by; "" when nothing was charged for it."""
        if invoice not in self._intents:
            paid = self._v1.invoice_payments.list({"invoice": invoice, "status": "paid"}, self._at)
            intents = [intent_of_payment(one.to_dict()) for one in paid.data]
            self._intents[invoice] = next((intent for intent in intents if intent), "")
        return self._intents[invoice]

    def session_of(self, intent: str) -> str:
        """The payment page of ours that a payment intent belongs to; "" when there is none."""
        if intent not in self._sessions:
            found = self._v1.checkout.sessions.list({"payment_intent": intent, "limit": 1}, self._at)
            ours = [one.id for one in found.data if is_ours(one.to_dict())]
            self._sessions[intent] = next(iter(ours), "")
        return self._sessions[intent]

    def is_ours(self, intent: str) -> bool:
        """Whether a payment was made through this site: the account may well have others."""
        if intent not in self._ours:
            found = self._v1.payment_intents.retrieve(intent, None, self._at).to_dict()
            self._ours[intent] = is_ours(found) or self._is_renewal(intent)
        return self._ours[intent]

    def booking(self, reference: str) -> dict[str, Any]:
        """A balance transaction."""
        return self._v1.balance_transactions.retrieve(reference, None, self._at).to_dict()

    def _is_renewal(self, intent: str) -> bool:
        paid = self._v1.invoice_payments.list(
            {"payment": {"type": "payment_intent", "payment_intent": intent}, "expand": ["data.invoice"]},
            self._at,
        )
        return any(is_ours(subscribed(inside(one.to_dict(), "invoice"))) for one in paid.data)
