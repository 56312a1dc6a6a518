"""Gifts that say nothing about how well a video moves people: pure rules over what is known of givers.

A gift that is found here stays credited, to the cent. It is held out of rankings until somebody of the
nonprofit has looked. What honest people do is no reason: an address that many share, the same amount by many,
a gift to many creators, a creator who gives to others, a gift each month.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from operator import attrgetter

WINDOW = timedelta(days=30)  # gifts that are further apart than this are no ring and no crowd
DAY = timedelta(days=1)
SPLIT_GIFTS = 6  # by one giver to one creator within a day
CARD_NAMES = 4  # mailboxes that one card gave with to one creator; a family has fewer
LONGEST_RING = 4
MOST_TRIED = 20  # gifts of one giver to one creator that a ring is looked for over, the last ones of the time
ALIKE = 0.75  # in a ring of three or more, the least gift in parts of the largest

# Marks are a kind and a value. These kinds lead to a person with an account, whose id is the value.
ACCOUNT, INBOX, BROWSER, SHARES = "account", "inbox", "browser", "shares"
# These are the giver's own, as hashes.
MAIL, CARD, VISITOR = "mail", "card", "visitor"


class Reason(StrEnum):
    """Why a part is held out of rankings."""

    OWN_ACCOUNT = "own_account"
    OWN_MAILBOX = "own_mailbox"
    OWN_DEVICE = "own_device"
    OWN_CARD = "own_card"
    SECOND_ACCOUNT = "second_account"
    RING = "ring"
    SPLIT = "split"
    ONE_CARD = "one_card"


SELF = {
    ACCOUNT: Reason.OWN_ACCOUNT,
    INBOX: Reason.OWN_MAILBOX,
    BROWSER: Reason.OWN_DEVICE,
    SHARES: Reason.SECOND_ACCOUNT,
}


@dataclass(frozen=True)
class Gift:
    """A gift, what its giver is known by, and what each creator was credited with, in minor units."""

    id: int
    at: datetime
    amount_minor: int
    currency: str
    marks: frozenset[str]
    parts: Mapping[int, int]

    def of_kind(self, *kinds: str) -> set[str]:
        """The marks of some kinds."""
        return {mark for mark in self.marks if mark.partition(":")[0] in kinds}

    @property
    def mainly_to(self) -> list[int]:
        """The creators who have half of it or more: who only had a share of the way did not ask for it."""
        return [creator for creator, minor in self.parts.items() if 2 * minor >= self.amount_minor]


@dataclass(frozen=True)
class Finding:
    """A creator's part of a gift, and what is the matter with it. `count` is how many gifts belong to it."""

    gift_id: int
    creator_id: int
    reason: Reason
    count: int = 1


def find(gifts: Sequence[Gift]) -> list[Finding]:
    """All that is the matter with any of the gifts, each once; the order of the gifts changes nothing."""
    ordered = sorted(gifts, key=lambda gift: gift.id)
    known = _people(ordered)
    found = [*_self_dealing(ordered, known), *_rings(ordered, known), *_splits(ordered), *_crowds(ordered)]
    each = {(one.gift_id, one.creator_id, one.reason): one for one in found}
    return [each[key] for key in sorted(each)]


def _people(gifts: Sequence[Gift]) -> dict[int, dict[int, Reason]]:
    """Who gave each gift, as far as accounts tell, and by what that is known.

    Somebody's card and mailbox are those of gifts that were made with their account or account's mailbox.
    """
    owners: defaultdict[str, set[int]] = defaultdict(set)
    for gift in gifts:
        people = {_person(mark) for mark in gift.of_kind(ACCOUNT, INBOX)}
        for mark in gift.of_kind(MAIL, CARD):
            owners[mark] |= people
    known: dict[int, dict[int, Reason]] = {}
    for gift in gifts:
        of_this = known.setdefault(gift.id, {})
        for kind, reason in SELF.items():
            for mark in sorted(gift.of_kind(kind)):
                of_this.setdefault(_person(mark), reason)
        for mark in sorted(gift.of_kind(MAIL, CARD)):
            by = Reason.OWN_CARD if mark.startswith(CARD) else Reason.OWN_MAILBOX
            for person in owners[mark]:
                of_this.setdefault(person, by)
    return known


def _self_dealing(gifts: Iterable[Gift], known: Mapping[int, Mapping[int, Reason]]) -> Iterator[Finding]:
    for gift in gifts:
        for creator in gift.parts:
            if creator in known[gift.id]:
                yield Finding(gift.id, creator, known[gift.id][creator])


@dataclass(frozen=True)
class _Edge:
    """A gift by somebody with an account to a creator."""

    gift: Gift
    giver: int
    creator: int

    @property
    def at(self) -> datetime:
        return self.gift.at


def _rings(gifts: Iterable[Gift], known: Mapping[int, Mapping[int, Reason]]) -> Iterator[Finding]:
    """Money that goes round among creators. Two are a ring whatever they gave; more, if they gave alike.

    One ring for each gift is enough to hold it, so the first that is found through it ends the search.
    """
    edges: defaultdict[int, defaultdict[int, list[_Edge]]] = defaultdict(lambda: defaultdict(list))
    for gift in sorted(gifts, key=attrgetter("at")):
        for giver in known[gift.id]:
            for creator in gift.mainly_to:
                if giver != creator:
                    edges[giver][creator].append(_Edge(gift, giver, creator))
    for start in [edge for to in list(edges.values()) for those in list(to.values()) for edge in those]:
        for ring in islice(_closed([start], edges), 1):
            yield from (Finding(edge.gift.id, edge.creator, Reason.RING, len(ring)) for edge in ring)


def _closed(way: list[_Edge], edges: Mapping[int, Mapping[int, Sequence[_Edge]]]) -> Iterator[list[_Edge]]:
    for creator, those in edges.get(way[-1].creator, {}).items():
        closes = creator == way[0].giver
        if not closes and (len(way) + 2 > LONGEST_RING or creator in {one.giver for one in way}):
            continue
        for edge in _around(those, way[0].at):
            longer = [*way, edge]
            times = [one.at for one in longer]
            if max(times) - min(times) > WINDOW or not (_alike(longer) or (closes and len(longer) == 2)):
                continue
            if closes:
                yield longer
            else:
                yield from _closed(longer, edges)


def _around(edges: Sequence[_Edge], at: datetime) -> Sequence[_Edge]:
    """The last few that lie near enough to `at`."""
    end = bisect_right(edges, at + WINDOW, key=attrgetter("at"))
    return edges[max(bisect_left(edges, at - WINDOW, key=attrgetter("at")), end - MOST_TRIED) : end]


def _alike(ring: Sequence[_Edge]) -> bool:
    amounts = [edge.gift.amount_minor for edge in ring]
    return len({edge.gift.currency for edge in ring}) == 1 and min(amounts) >= ALIKE * max(amounts)


def _splits(gifts: Iterable[Gift]) -> Iterator[Finding]:
    """Many gifts of one giver to one creator within a day. A browser that several gave with is no giver."""
    for (mark, creator), those in _together(gifts, ACCOUNT, MAIL, CARD, VISITOR):
        for gift, size in _in_crowds(those, DAY, _many_of_one if mark.startswith(VISITOR) else _many):
            yield Finding(gift.id, creator, Reason.SPLIT, size)


def _many(size: int, _mails: int, _cards: int) -> bool:
    return size >= SPLIT_GIFTS


def _many_of_one(size: int, mails: int, cards: int) -> bool:
    return size >= SPLIT_GIFTS and 2 * max(mails, cards) <= size


def _crowds(gifts: Iterable[Gift]) -> Iterator[Finding]:
    """One card under many names for one creator."""
    for (_, creator), those in _together(gifts, CARD):
        for gift, size in _in_crowds(those, WINDOW, lambda _size, mails, _cards: mails >= CARD_NAMES):
            yield Finding(gift.id, creator, Reason.ONE_CARD, size)


def _together(gifts: Iterable[Gift], *kinds: str) -> Iterator[tuple[tuple[str, int], list[Gift]]]:
    """The gifts of one mark to one creator, oldest first."""
    groups: defaultdict[tuple[str, int], list[Gift]] = defaultdict(list)
    for gift in gifts:
        for mark in gift.of_kind(*kinds):
            for creator in gift.mainly_to:
                groups[mark, creator].append(gift)
    for key, those in groups.items():
        yield key, sorted(those, key=lambda gift: (gift.at, gift.id))


def _in_crowds(
    gifts: Sequence[Gift], length: timedelta, is_crowd: Callable[[int, int, int], bool]
) -> Iterator[tuple[Gift, int]]:
    """Each of the gifts, oldest first, that lies with others in a time of this length that is a crowd: so
    say how many they are and of how many mailboxes and cards. With how many lie in the last such time.
    """
    within: dict[str, Counter[str]] = {MAIL: Counter(), CARD: Counter()}
    spans: list[tuple[int, int]] = []
    first = 0
    for last, gift in enumerate(gifts):
        for kind, seen in within.items():
            seen.update(gift.of_kind(kind))
        while gifts[first].at <= gift.at - length:
            for kind, seen in within.items():
                for mark in gifts[first].of_kind(kind):
                    seen[mark] -= 1
                    if not seen[mark]:
                        del seen[mark]
            first += 1
        if is_crowd(last - first + 1, len(within[MAIL]), len(within[CARD])):
            spans.append((first, last))
    told = len(gifts)
    for first, last in reversed(spans):
        for gift in gifts[first : min(last + 1, told)]:
            yield gift, last - first + 1
        told = min(first, told)


def _person(mark: str) -> int:
    return int(mark.partition(":")[2])
