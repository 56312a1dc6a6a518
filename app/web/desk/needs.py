"""What a payment provider still asks for, in words a person can act on."""

from collections.abc import Sequence

from app.web.text import lazy as _l

# By how the provider's own name begins or what it contains; the first that fits. Whatever fits none of them
# is asked for on the provider's page, too.
WORDS = (
    (
        "account.taken_back",
        _l("You have cut the connection at the payment service. Connect the account anew."),
    ),
    ("under_review", _l("The payment service is looking at what you handed in. You have nothing to do.")),
    (
        "pending_verification",
        _l("The payment service is looking at what you handed in. You have nothing to do."),
    ),
    ("external_account", _l("The bank account that money is paid out to")),
    ("tos_acceptance", _l("Your agreement to the terms of the payment service")),
    ("verification", _l("A document that proves who somebody is, or what your organisation is")),
    ("owners", _l("Who owns or leads your organisation")),
    ("directors", _l("Who owns or leads your organisation")),
    ("executives", _l("Who owns or leads your organisation")),
    ("representative", _l("Who speaks for your organisation")),
    ("person", _l("Who speaks for your organisation")),
    ("individual", _l("Who speaks for your organisation")),
    ("business_profile", _l("What your organisation does, and how people reach it")),
    ("company", _l("The address and number of your organisation")),
    ("business_type", _l("What kind of organisation you are")),
)
OTHER = _l("A few more questions on the page of the payment service")


def in_words(missing: Sequence[str]) -> list[str]:
    """Each thing once, in the order of the list above."""
    found = [_place(name) for name in missing]
    told = [str(WORDS[place][1]) if place < len(WORDS) else str(OTHER) for place in sorted(found)]
    return list(dict.fromkeys(told))


def _place(name: str) -> int:
    fitting = (place for place, (part, _) in enumerate(WORDS) if part in name)
    return next(fitting, len(WORDS))
