"""What the simulated provider does on cue: by the card that pays, or by the amount."""

import hashlib
from datetime import timedelta
from enum import StrEnum

from app.core.i18n import N_


class Script(StrEnum):
    """How a payment, the news of it, and what comes of it go."""

    PAYS = "pays"
    DECLINED = "declined"
    CHALLENGED = "challenged"
    LATE = "late"
    TWICE = "twice"
    REORDERED = "reordered"
    LOST = "lost"
    DISPUTED = "disputed"
    REFUND_FAILS = "refund fails"
    RENEWAL_FAILS = "renewal fails"


PLAIN_CARD = "4242424242424242"
PLAIN_START = PLAIN_CARD[:-4]  # whatever four digits follow, it is a plain card, and another one

CARDS = {
    PLAIN_CARD: Script.PAYS,
    "4000000000000002": Script.DECLINED,
    "4000000000003220": Script.CHALLENGED,
    "4000000000000077": Script.LATE,
    "4000000000000028": Script.TWICE,
    "4000000000000051": Script.REORDERED,
    "4000000000000036": Script.LOST,
    "4000000000000259": Script.DISPUTED,
    "4000000000005126": Script.REFUND_FAILS,
    "4000000000000341": Script.RENEWAL_FAILS,
}

# The last four digits of the amount in minor units: 40.01 in dollars, 4001 in yen.
AMOUNT_ENDINGS = {
    4001: Script.DECLINED,
    4002: Script.LATE,
    4003: Script.TWICE,
    4004: Script.LOST,
    4005: Script.CHALLENGED,
    4006: Script.REORDERED,
    4007: Script.DISPUTED,
    4008: Script.REFUND_FAILS,
    4009: Script.RENEWAL_FAILS,
}

EXPLANATIONS = {
    Script.PAYS: N_("Pays at once"),
    Script.DECLINED: N_("Is declined"),
    Script.CHALLENGED: N_("The bank asks first (3-D Secure); you confirm or refuse on its page"),
    Script.LATE: N_("Pays, and the news of it comes 20 seconds late"),
    Script.TWICE: N_("Pays, and the news of it comes twice"),
    Script.REORDERED: N_("Pays, half of it is given back at once, and the news of that comes first"),
    Script.LOST: N_("Pays, and the news of it is lost; reconciliation finds it within the hour"),
    Script.DISPUTED: N_("Pays, and the bank disputes it 10 seconds later"),
    Script.REFUND_FAILS: N_("Pays; a refund of it fails 10 seconds after it was made"),
    Script.RENEWAL_FAILS: N_("Pays once; as a monthly gift, every later month fails"),
}

# How long the news of a payment waits.
WAITS = {Script.LATE: timedelta(seconds=20), Script.REORDERED: timedelta(seconds=5)}
AFTERMATH = timedelta(seconds=10)  # from a payment to its dispute, and from a refund to its failure


def script_for(card: str, amount_minor: int) -> Script | None:
    """What happens when `card` pays; a magic amount overrules a plain card. None: there is no such card."""
    digits = plain_digits(card)
    if is_plain(digits):
        return AMOUNT_ENDINGS.get(amount_minor % 10_000, Script.PAYS)
    return CARDS.get(digits)


def is_plain(card: str) -> bool:
    """Whether `card` does nothing of its own accord but pay."""
    digits = plain_digits(card)
    ending = digits[len(PLAIN_START) :]
    return digits.startswith(PLAIN_START) and len(ending) == 4 and ending.isascii() and ending.isdigit()


def plain_digits(card: str) -> str:
    """A card number as it was typed, without the spaces."""
    return card.replace(" ", "")


def fingerprint(card: str) -> str:
    """The provider's lasting name for a card, which does not tell its number; "" for none."""
    digits = plain_digits(card)
    return f"card_{hashlib.sha256(f'sandbox {digits}'.encode()).hexdigest()[:20]}" if digits else ""
