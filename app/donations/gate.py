"""The gate before the payment provider: asked for each payment that is to be opened, told how each ended.

What it decides is in `gate_rules`; here is what is counted, and of whom. Nobody's address or mailbox is
kept, only keyed hashes of them. When Valkey does not answer, its error goes up: no count, no payment.
"""

import hashlib
from collections import Counter as Counts
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.gate_settings import GateSettings
from app.donations import gate_rules
from app.donations.gate_rules import Answer, Figures, Place, Seen
from app.donations.givers import Giver
from app.gateways.counters import Change, Counter, Counters, Record

MINUTE, TEN_MINUTES, HOUR, DAY = 60, 600, 3600, 86_400
SITE = "site"

# What is counted of whom, and within how many seconds.
COUNTED: dict[str, dict[str, int]] = {
    "address": {
        "failed_minute": MINUTE,
        **dict.fromkeys(("failed", "paid"), DAY),
        **dict.fromkeys(("open", "asked", "proved"), HOUR),
    },
    "cookie": {"failed": DAY, "paid": DAY},
    "form": {"open": HOUR},
    "mailbox": {"failed": DAY, "paid": DAY, "asked": HOUR, "proved": HOUR},
    "domain": {"failed": DAY, "paid": DAY, "open": HOUR},
    "place": {
        **dict.fromkeys(("failed", "paid", "open", "asked", "proved"), TEN_MINUTES),
        "attacks": DAY,
    },
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, and the place (a project's code, or SITE) that this very question finds under attack."""

    answer: Answer
    attack_on: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try to pay ended, by an event of the provider. `payment` is what `ask` was given."""

    payment: str
    project: str
    event: str
    succeeded: bool
    card: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    figures: Figures
    attack_on: str | None


class Gate:
    """Decides and counts, in one Valkey, by the settings' limits. Moments are given: time can be played."""

    def __init__(self, counters: Counters, limits: GateSettings) -> None:
        self._counters = counters
        self._limits = limits

    def ask(self, payment: str, who: Giver, project: str, at: datetime) -> Verdict:
        """Whether the payment may be opened; asked again for one that may, it still may.

        `payment` is a name of the gift that stays the same when its form is sent again.
        """
        plain = self._glance(payment, who, project, at)
        return Verdict(plain) if plain else self._decide(payment, who, project, at, proven=False)

    def prove(self, payment: str, at: datetime) -> Verdict:
        """The same for somebody who holds the link that was mailed. After two days it is too old: REFUSE."""
        [record] = self._counters.look((), [payment], at)[1]
        if record is None:
            return Verdict(Answer.REFUSE)
        if record["opened"]:
            return Verdict(Answer.PASS)
        return self._decide(payment, Giver(**record["who"]), record["project"], at, proven=True)

    def learn(self, outcomes: Sequence[Outcome], at: datetime) -> list[str]:
        """Count how payments ended, each event once; returns the payments whose page is to be closed."""
        if not outcomes:
            return []
        payments = [one.payment for one in outcomes]
        once = [f"event:{one.event}" for one in outcomes] + [f"ended:{payment}" for payment in payments]
        firsts, records = self._counters.first_time(once, payments)
        changes: list[Change] = []
        failed: list[tuple[Outcome, Giver | None]] = []
        for one, is_new, ends, record in zip(
            outcomes, firsts, firsts[len(outcomes) :], records, strict=False
        ):
            who = Giver(**record["who"]) if record else None
            if not is_new:
                continue
            changes += _of_people(who, ("paid",) if one.succeeded else ("failed", "failed_minute"), at)
            if record is not None and record["opened"] and ends:
                opened = datetime.fromisoformat(record["opened"])
                changes += _of_people(who, ("open",), opened, -1)
                changes += _of_places(one.project, ("open",), opened, -1) if record["counts"] else []
            if one.succeeded:
                changes += _of_places(one.project, ("paid",), at)
            else:
                failed.append((one, who))
        return self._learn_failures(failed, changes, at)

    def _learn_failures(
        self, failed: Sequence[tuple[Outcome, Giver | None]], changes: list[Change], at: datetime
    ) -> list[str]:
        """Count the failures; of one address, a place counts the first few: by then it is stopped itself."""
        pages = [_of_page(one) for one, _ in failed]
        changes += [Change(counter, at) for counters in pages for counter in counters]
        if not failed:
            self._counters.write(changes)
            return []
        asked = [counter for counters in pages for counter in counters]
        asked += [_address_failures(who) for _, who in failed if who]
        marks = [f"attack:{place}" for one, _ in failed for place in (one.project, SITE)]
        found, wary = self._counters.look(asked, marks, at, changes)
        sums = dict(zip(asked, found, strict=True))
        added = Counts(change.counter for change in changes)
        self._counters.write(
            change
            for one, who in failed
            if who is None or self._is_fresh(sums[_address_failures(who)] - added[_address_failures(who)])
            for change in _of_places(one.project, ("failed",), at)
        )
        limits = (self._limits.gate_page_failures, self._limits.gate_card_failures)
        return [
            one.payment
            for (one, _), counters, of_project, of_site in zip(
                failed, pages, wary[::2], wary[1::2], strict=True
            )
            if _lasts(of_project, at)  # then a page takes one card
            or _lasts(of_site, at)
            or any(sums[counter] >= limit for counter, limit in zip(counters, limits, strict=False))
        ]

    def _glance(self, payment: str, who: Giver, project: str, at: datetime) -> Answer | None:
        """The answer where the address alone makes it plain: most tries of an attack cost no more than this.

        Only well before the end of an attack: somebody has to look whether it goes on.
        """
        asked = [payment, f"attack:{project}", f"attack:{SITE}"]
        found, (record, *marks) = self._counters.look(_counters_of("address", who.address), asked, at)
        if record is not None and record["opened"]:
            return Answer.PASS
        address = Seen(**dict(zip(COUNTED["address"], found, strict=True)))
        soon = at + timedelta(minutes=self._limits.gate_attack_minutes / 2)
        wary = any(_lasts(mark, soon) for mark in marks)
        stopped = gate_rules.is_stopped(address, self._limits, under_attack=wary)
        return Answer.REFUSE if stopped else None

    def _decide(self, payment: str, who: Giver, project: str, at: datetime, *, proven: bool) -> Verdict:
        read = self._read(who, project, at)
        answer = gate_rules.decide(read.figures, self._limits, proven=proven)
        if answer is Answer.PASS:
            # Counted first and looked at again: of many who come at once, each sees those before it.
            counts = self._is_fresh(read.figures.address.open + read.figures.address.failed)
            names = ("open", "proved") if proven else ("open",)
            mine = _of_people(who, names, at) + _of_places(project, names if counts else names[1:], at)
            read = self._read(who, project, at, mine)
            answer = gate_rules.decide(read.figures, self._limits, proven=proven)
            if answer is Answer.PASS:
                record = _record(who, project, opened=at.isoformat(), counts=counts)
                self._counters.write((), {payment: record})
            else:
                self._counters.write(change._replace(by=-1) for change in mine)
        if answer is Answer.PROVE:
            self._ask_for_mailbox(payment, who, project, at)
        return Verdict(answer, read.attack_on)

    def _is_fresh(self, tries: float) -> bool:
        """Whether an address with so many tries that came to nothing still tells something of a place."""
        return tries < self._limits.gate_minute_failures

    def _ask_for_mailbox(self, payment: str, who: Giver, project: str, at: datetime) -> None:
        """Counted once a form for the place, and once a gift for whoever gets the letter."""
        (new_form, new_gift), _ = self._counters.first_time([f"asked:{who.form}", f"asked:{payment}"])
        changes = _of_places(project, ("asked",), at) if new_form else []
        if who.mailbox and new_gift:
            changes += _of_people(who, ("asked",), at)
        waits = {payment: _record(who, project, opened="", counts=False)} if who.mailbox else {}
        if changes or waits:
            self._counters.write(changes, waits)

    def _read(self, who: Giver, project: str, at: datetime, mine: Sequence[Change] = ()) -> _Read:
        """Everything that was counted of them, without what is `mine`, which is added now."""
        asked = [one for one in _names(who) if one[1]] + [("place", project), ("place", SITE)]
        counters = [counter for kind, name in asked for counter in _counters_of(kind, name)]
        marks = [f"attack:{project}", f"attack:{SITE}"]
        found, wary = self._counters.look(counters, marks, at, mine)
        if mine:
            own = Counts({change.counter: change.by for change in mine})
            found = [max(0.0, sum_ - own[counter]) for counter, sum_ in zip(counters, found, strict=True)]
        sums = iter(found)
        values = [dict(zip(COUNTED[kind], sums, strict=False)) for kind, _ in asked]
        seen = {kind: Seen(**one) for (kind, _), one in zip(asked[:-2], values, strict=False)}
        places = {name: Place(**one) for (_, name), one in zip(asked[-2:], values[-2:], strict=True)}
        attacked, attack_on = self._watch(places, wary, at)
        figures = Figures(
            seen["address"], seen["cookie"], seen["form"], seen.get("mailbox"), seen.get("domain"), attacked
        )
        return _Read(figures, attack_on)

    def _watch(
        self, places: dict[str, Place], marks: Sequence[Record | None], at: datetime
    ) -> tuple[bool, str | None]:
        """Whether any of the places is under attack now, and which of them only since this moment."""
        attacked, begun = False, None
        for (name, place), mark in zip(places.items(), marks, strict=True):
            wary = _lasts(mark, at)
            sign = gate_rules.is_attacked(place, self._limits, gate_rules.SITE if name == SITE else 1)
            attacked = attacked or wary or sign
            if not (sign or (wary and gate_rules.goes_on(place, self._limits))):
                continue
            later = at + timedelta(minutes=gate_rules.attack_minutes(place, self._limits))
            if not _lasts(mark, later - timedelta(minutes=1)):
                new = () if wary else (Change(Counter("place.attacks", name, DAY), at),)
                self._counters.write(new, {f"attack:{name}": {"until": later.isoformat()}})
            begun = begun if wary else name
        return attacked, begun


def _record(who: Giver, project: str, *, opened: str, counts: bool) -> Record:
    return {"who": who.record(), "project": project, "opened": opened, "counts": counts}


def _names(who: Giver) -> list[tuple[str, str]]:
    return list(who.record().items())


def _counters_of(kind: str, name: str) -> list[Counter]:
    return [Counter(f"{kind}.{what}", name, seconds) for what, seconds in COUNTED[kind].items()]


def _of_people(who: Giver | None, names: Iterable[str], at: datetime, by: int = 1) -> list[Change]:
    wanted = set(names)
    return [
        Change(Counter(f"{kind}.{what}", name, seconds), at, by)
        for kind, name in (_names(who) if who else ())
        if name
        for what, seconds in COUNTED[kind].items()
        if what in wanted
    ]


def _of_places(project: str, names: Iterable[str], at: datetime, by: int = 1) -> list[Change]:
    wanted = set(names)
    return [
        Change(Counter(f"place.{what}", place, seconds), at, by)
        for place in (project, SITE)
        for what, seconds in COUNTED["place"].items()
        if what in wanted
    ]


def _lasts(mark: Record | None, at: datetime) -> bool:
    """Whether the attack that a place is marked with goes on at a moment."""
    return mark is not None and datetime.fromisoformat(mark["until"]) > at


def _address_failures(who: Giver) -> Counter:
    return Counter("address.failed", who.address, DAY)


def _of_page(one: Outcome) -> list[Counter]:
    page = Counter("page.failed", one.payment, DAY)
    return [page, Counter("card.failed", _short(one.card), DAY)] if one.card else [page]


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:20]
