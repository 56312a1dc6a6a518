"""When the donation form lets somebody through: pure rules over what was counted.

Somebody who tests stolen cards needs many payments, most of which fail. A donor needs one, and it mostly
succeeds. So failures and unpaid payments close the way, gifts that succeed widen it: a school behind one
address earns room as it gives. Where many strangers fail at one project, each from an address of its own,
no address has done enough to be stopped; so while a project is under attack, an address that has not given
before proves a mailbox first. That costs a donor a minute, and whoever tests cards a mailbox a card.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.core.gate_settings import GateSettings

EARNED = 0.25  # room that a gift makes, in failures
EARNED_OPEN = 0.5  # and in payments open at a project at once
HOPELESS = 3  # an address with so many times its failures gets nowhere, with a mailbox or without
SITE = 5  # the whole site bears so many times what a project does
UNPROVEN = 0.4  # of those who were asked for a mailbox in an attack; fewer is donors who thought better of it


class Answer(StrEnum):
    """What comes next for somebody who wants to give."""

    PASS = "pass"  # noqa: S105 (no password)
    PROVE = "prove"  # a mailbox, by opening a link that was sent to it
    AGAIN = "again"  # the same form, pressed once more
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted of an address, a visitor, a mailbox or a domain of mail; within a day or an hour."""

    failed_minute: float = 0
    failed: float = 0
    paid: float = 0
    open: float = 0  # payments that were opened within the hour, and neither paid nor failed
    asked: float = 0  # for a mailbox, within the hour
    proved: float = 0

    @property
    def room(self) -> float:
        return EARNED * self.paid

    @property
    def unproven(self) -> float:
        return self.asked - self.proved

    @property
    def is_known(self) -> bool:
        """Whether gifts came from here, and hardly anything failed."""
        return self.paid > 0 and self.failed <= self.room


@dataclass(frozen=True, slots=True)
class Place:
    """What was counted of a project, or of the whole site, within ten minutes; attacks within a day."""

    failed: float = 0
    paid: float = 0
    open: float = 0
    asked: float = 0
    proved: float = 0
    attacks: float = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is known when somebody wants to give. `domain` is None for the large providers of mail."""

    address: Seen
    visitor: Seen
    form: Seen
    mailbox: Seen | None
    domain: Seen | None
    under_attack: bool


def decide(figures: Figures, limits: GateSettings, *, proven: bool) -> Answer:
    """What comes next; `proven` is somebody who has opened the link in a mail of ours."""
    address, mailbox, domain = figures.address, figures.mailbox, figures.domain
    if is_stopped(address, limits, under_attack=figures.under_attack, proven=proven):
        return Answer.REFUSE
    for donor in (figures.visitor, mailbox):
        if donor is not None and _failed_too_often(donor, limits.gate_donor_failures):
            return Answer.REFUSE
    if proven:
        return Answer.REFUSE if domain is not None and _spent(domain, limits) else Answer.PASS
    if figures.form.open >= limits.gate_form_payments:
        return Answer.AGAIN
    if not _has_to_prove(address, limits, under_attack=figures.under_attack):
        return Answer.PASS
    written_to = mailbox is not None and mailbox.unproven >= limits.gate_donor_failures
    return Answer.REFUSE if written_to else Answer.PROVE


def is_stopped(address: Seen, limits: GateSettings, *, under_attack: bool, proven: bool = False) -> bool:
    """Whether nothing else needs to be known: too much failed here, or too many letters were for nothing."""
    if _failed_too_often(address, HOPELESS * limits.gate_day_failures):
        return True
    if proven or address.unproven < limits.gate_letters + address.room:
        return False
    return _has_to_prove(address, limits, under_attack=under_attack)


def is_attacked(place: Place, limits: GateSettings, times: int = 1) -> bool:
    """Whether so much fails at a place, or so much is opened and not paid, that cards are being tested."""
    tried = place.failed + place.paid
    failing = place.failed >= times * limits.gate_project_failures
    if failing and place.failed >= limits.gate_project_ratio * tried:
        return True
    return place.open + place.failed > times * limits.gate_project_open + EARNED_OPEN * place.paid


def goes_on(place: Place, limits: GateSettings) -> bool:
    """Whether those who are asked for a mailbox are still mostly machines: they never prove one."""
    unproven = place.asked - place.proved
    return unproven >= limits.gate_project_failures and unproven > UNPROVEN * place.asked


def attack_minutes(place: Place, limits: GateSettings) -> float:
    """How long to be wary after the last sign of an attack: twice as long at each attack of a day."""
    return limits.gate_attack_minutes * 2 ** min(round(place.attacks), 5)


def _failed_too_often(seen: Seen, limit: int) -> bool:
    return seen.failed >= limit + seen.room


def _has_to_prove(address: Seen, limits: GateSettings, *, under_attack: bool) -> bool:
    return _is_busy(address, limits) or (under_attack and not address.is_known)


def _is_busy(address: Seen, limits: GateSettings) -> bool:
    return (
        address.failed_minute >= limits.gate_minute_failures + address.room
        or _failed_too_often(address, limits.gate_day_failures)
        or address.open >= limits.gate_open_payments + address.paid
    )


def _spent(domain: Seen, limits: GateSettings) -> bool:
    """Whoever owns a domain has all of its mailboxes, so they count as one."""
    return domain.open + domain.failed >= limits.gate_domain_payments + domain.paid
