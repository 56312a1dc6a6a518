"""A nonprofit's own account at Stripe: how it is made, and whether it can receive."""

from typing import Any

from app.gateways.payments.contract import AccountStatus, OnboardingRequest
from app.gateways.payments.stripe.shapes import KEY, inside

TAKEN_BACK = "account.taken_back"  # our own word: the organisation has cut us off at Stripe


def new_account(request: OnboardingRequest) -> Any:
    """The parameters of an account with Stripe's whole dashboard, that pays Stripe's fees by itself."""
    return {
        "country": request.country,
        "email": request.email,
        "business_type": "non_profit",
        "business_profile": {"name": request.name},
        "controller": {
            "fees": {"payer": "account"},
            "losses": {"payments": "stripe"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "full"},
        },
        "metadata": {KEY: request.key},
    }


def status(account: dict[str, Any]) -> AccountStatus:
    """Whether an account can take charges; if not, what Stripe asks for, by the names it has for it."""
    needs = inside(account, "requirements")
    missing: list[str] = sorted({*(needs.get("currently_due") or ()), *(needs.get("past_due") or ())})
    if needs.get("disabled_reason") and not missing:
        missing = [needs["disabled_reason"]]
    ready = bool(account.get("charges_enabled"))
    return AccountStatus(account["id"], ready=ready, missing=() if ready else tuple(missing))
