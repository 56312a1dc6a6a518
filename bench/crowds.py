"""Crowds before the gate: donors as they are, and card testers who do their best; time is played.

Every try is a question to the real gate on a real Valkey, and every card that reaches the provider comes
back as an outcome, as in the web server and the workers. Nobody here knows how the gate decides.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from app.donations.gate import Gate, Outcome
from app.donations.gate_rules import Answer
from app.donations.givers import giver

BEGIN = datetime(2026, 5, 4, 9, tzinfo=UTC)
PROJECT = "river"
SECRET = "for crowds only"
LARGE_DOMAINS = ("gmail.com", "qq.com", "outlook.com", "163.com", "icloud.com")


@dataclass
class Street:
    """What happens, in the order of its moments; the gate stands at its end."""

    gate: Gate
    dice: random.Random
    told: Counter[str] = field(default_factory=Counter[str])
    now: datetime = BEGIN
    _waiting: list[tuple[datetime, int, Callable[[], None]]] = field(
        default_factory=list[tuple[datetime, int, Callable[[], None]]]
    )
    _numbers: "count[int]" = field(default_factory=count)

    def later(self, seconds: float, step: Callable[[], None]) -> None:
        """Take a step in so many seconds."""
        heapq.heappush(self._waiting, (self.now + timedelta(seconds=seconds), next(self._numbers), step))

    def play(self) -> None:
        """Let everything happen."""
        while self._waiting:
            self.now, _, step = heapq.heappop(self._waiting)
            step()

    def number(self) -> int:
        return next(self._numbers)

    def tell(self, payment: str, *, succeeded: bool, card: str) -> bool:
        """An event of the provider; whether the payment's page is closed by it."""
        outcome = Outcome(payment, PROJECT, f"event-{self.number()}", succeeded, card)
        return bool(self.gate.learn([outcome], self.now))


@dataclass
class Donor:
    """Somebody who wants to give once. `declines` is how many of the cards fail before one pays."""

    street: Street
    address: str
    email: str
    declines: int = 0
    abandons: bool = False
    reads_mail: bool = True
    restarts: bool = False
    asked: bool = False
    name: str = ""

    def come(self) -> None:
        self.name = f"donor-{self.street.number()}"
        self.street.told["donors"] += 1
        self.give()

    def give(self) -> None:
        """Send the form; told that a mailbox is needed, write one."""
        street = self.street
        payment = f"{self.name}-{street.number()}"
        who = giver(SECRET, self.address, self.name, payment, self.email)
        answer = street.gate.ask(payment, who, PROJECT, street.now).answer
        if answer is Answer.PROVE and not self.email:
            self.email = f"{self.name}@{street.dice.choice(LARGE_DOMAINS)}"
            return self.give()
        if answer is Answer.PROVE:
            street.told["donors_asked"] += not self.asked
            self.asked = True
            if not self.reads_mail:
                street.told["donors_left_mail"] += 1
                return None
            return street.later(street.dice.uniform(30, 240), lambda: self.press_link(payment))
        return self.go_on(answer, payment)

    def press_link(self, payment: str) -> None:
        self.go_on(self.street.gate.prove(payment, self.street.now).answer, payment)

    def go_on(self, answer: Answer, payment: str) -> None:
        if answer is Answer.AGAIN:
            return self.street.later(5, self.give)
        if answer is Answer.REFUSE:
            self.street.told["donors_refused"] += 1
            return None
        if self.abandons:
            return None
        return self.street.later(self.street.dice.lognormvariate(4.4, 0.6), lambda: self.pay(payment))

    def pay(self, payment: str) -> None:
        """Type a card; after one that is declined another, on the same page or from the beginning."""
        if self.declines == 0:
            self.street.tell(payment, succeeded=True, card=f"card-{self.name}")
            self.street.told["donors_paid"] += 1
            return
        closed = self.street.tell(payment, succeeded=False, card=f"card-{self.name}-{self.declines}")
        self.declines -= 1
        again = self.give if closed or self.restarts else lambda: self.pay(payment)
        self.street.later(self.street.dice.uniform(15, 90), again)


@dataclass
class Tester:
    """Somebody with stolen cards: a fresh cookie and form for each try, patience, and every page used up.

    `domains` are his own, so he opens every link that is mailed there; other mailboxes are strangers'.
    """

    street: Street
    addresses: list[str]
    domains: list[str]
    cards: int
    cards_left: int = 0

    def begin(self, seconds: float) -> None:
        """Spread the tries over so many seconds."""
        self.cards_left = self.cards
        for number in range(self.cards):
            self.street.later(
                self.street.dice.uniform(0, seconds), lambda number=number: self.attempt(number)
            )

    def attempt(self, number: int) -> None:
        if self.cards_left <= 0:
            return
        self.cards_left -= 1
        street, payment = self.street, f"try-{number}"
        domain = street.dice.choice(self.domains or LARGE_DOMAINS)
        address = self.addresses[number % len(self.addresses)]
        email = f"m{street.number()}@{domain}"
        who = giver(SECRET, address, payment, payment, email)
        answer = street.gate.ask(payment, who, PROJECT, street.now).answer
        street.told[f"tries_{answer}"] += 1
        if answer is Answer.PASS:
            street.later(street.dice.uniform(3, 12), lambda: self.type_card(payment))
        elif answer is Answer.PROVE and self.domains:
            street.later(street.dice.uniform(2, 20), lambda: self.press_link(payment))

    def press_link(self, payment: str) -> None:
        if self.street.gate.prove(payment, self.street.now).answer is Answer.PASS:
            self.street.told["tries_proved"] += 1
            self.street.later(self.street.dice.uniform(3, 12), lambda: self.type_card(payment))

    def type_card(self, payment: str) -> None:
        """A card reaches the provider; as long as the page stands, the next one follows."""
        street = self.street
        street.told["cards_reached"] += 1
        live = street.dice.random() < 0.02
        closed = street.tell(payment, succeeded=live, card=f"stolen-{street.number()}")
        if not (live or closed or self.cards_left <= 0):
            self.cards_left -= 1
            street.later(street.dice.uniform(3, 8), lambda: self.type_card(payment))


def donors(street: Street, many: int, seconds: float) -> None:
    """A crowd that comes within so many seconds: a third in a surge, one in twenty behind one address."""
    dice = street.dice
    alone = many - many // 20
    family = ""
    for number in range(many):
        at_school = number >= alone
        moment = dice.uniform(0, seconds)
        if at_school:
            moment = seconds / 2 + dice.uniform(0, 720)
        elif number % 3 == 0:
            moment = seconds / 3 + dice.uniform(0, seconds / 6)
        if number % 10 != 1 or not family:  # one in ten shares the home of the one before
            family = f"2001:db8:{number:x}::7" if number % 2 else f"198.{number // 250}.{number % 250}.9"
        mail_domain = "school.example" if at_school and number % 2 else dice.choice(LARGE_DOMAINS)
        donor = Donor(
            street,
            "203.0.113.5" if at_school else family,
            f"d{number}@{mail_domain}" if dice.random() < 0.7 else "",
            declines=dice.choice((1, 1, 2)) if dice.random() < 0.05 else 0,
            abandons=dice.random() < 0.1,
            reads_mail=dice.random() < 0.85,
            restarts=dice.random() < 0.3,
        )
        street.later(moment, donor.come)
        if dice.random() < 0.02:
            street.later(moment + 45, Donor(street, donor.address, donor.email).come)


def testers(street: Street, addresses: int, cards: int, seconds: float, domains: int) -> None:
    """One card tester with so many addresses, each a customer of its own."""
    theirs = [
        f"2a00:{number:x}::1" if number % 3 == 0 else f"45.{number // 200}.{number % 200}.3"
        for number in range(addresses)
    ]
    own = [f"cards{number}.example" for number in range(domains)]
    Tester(street, theirs, own, cards).begin(seconds)
