"""What the simulated provider does on cue: by the card that pays, or by the amount."""

from enum import StrEnum

from app.core.i18n import N_


class Script(StrEnum):
    """How a payment and the news of it go."""

    PAYS = "pays"
    DECLINED = "declined"
    LATE = "late"
    TWICE = "twice"
    LOST = "lost"


LATE_SECONDS = 20

CARDS = {
    "4242424242424242": Script.PAYS,
    "4000000000000002": Script.DECLINED,
    "4000000000000077": Script.LATE,
    "4000000000000028": Script.TWICE,
    "4000000000000036": Script.LOST,
}

# The last four digits of the amount in minor units: 40.01 in dollars, 4001 in yen.
AMOUNT_ENDINGS = {
    4001: Script.DECLINED,
    4002: Script.LATE,
    4003: Script.TWICE,
    4004: Script.LOST,
}

EXPLANATIONS = {
    Script.PAYS: N_("Pays at once"),
    Script.DECLINED: N_("Is declined"),
    Script.LATE: N_("Pays, and the news of it comes 20 seconds late"),
    Script.TWICE: N_("Pays, and the news of it comes twice"),
    Script.LOST: N_("Pays, and the news of it is lost; reconciliation finds it within the hour"),
}


def script_for(card: str, amount_minor: int) -> Script | None:
    """What happens when `card` pays; a magic amount overrules a plain card. None: there is no such card."""
    script = CARDS.get(card.replace(" ", ""))
    if script is Script.PAYS:
        return AMOUNT_ENDINGS.get(amount_minor % 10_000, script)
    return script
