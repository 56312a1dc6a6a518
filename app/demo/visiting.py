"""Who looked at what: visits of people who agreed to be remembered. Pure, and the same each time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from app.credit.touch_counts import SHOWN, STAGES
from app.credit.touch_rows import OPEN
from app.credit.touches import ARRIVE
from app.demo.calendar import ago, midnight
from app.demo.content.videos import Upload
from app.demo.planning import FILMS, Given, films_of, moments, project_of
from app.gateways.touch_stream import Entry

VIEW = "view"
SECOND = timedelta(seconds=1)  # between one thing that a page tells and the next
VISITS, VISITORS = 3000, 2100  # of people who gave nothing
VIEWED, OPENED, ON_THE_WAY = 0.5, 0.13, 0.3  # of those who are shown a film; of those who view it
TO_THE_END = 0.85  # of those who view it
MET_BEFORE = 0.5  # of givers, who had seen another film of the project some days earlier
ARRIVALS = 7
# How much of an audience each film has.
AUDIENCE = {"rain": 5, "dog": 6, "bridge": 4, "lunch": 9, "book": 5, "coats": 4, "dawn": 8, "boats": 8}


@dataclass(frozen=True)
class Look:
    """A film that was met in a visit: how far it went, and at which second the sheet was opened."""

    film: Upload
    kinds: tuple[str, ...]
    second: int | None = None


@dataclass(frozen=True)
class Visit:
    """A visitor's session: films one after the other, some seconds apart."""

    at: datetime
    visitor: str
    looks: tuple[Look, ...]

    def entry(self, name: str, codes: Mapping[str, str], through: str = "") -> Entry:
        """The visit as pages tell it; `codes` are the videos' by their keys, `through` a share's code."""
        told = [(codes[look.film.key], kind, look.second) for look in self.looks for kind in look.kinds]
        body = {
            "visitor": self.visitor,
            "session": self.at.timestamp(),
            "now": (self.at + SECOND * len(told)).timestamp(),
            "told": [
                [code, kind, 1000 * (len(told) - number), second if kind == OPEN else None]
                for number, (code, kind, second) in enumerate(told, start=1)
            ],
            "through": through,
            "held": "",
        }
        return Entry(name, body)


def visits(given: Sequence[Given]) -> list[Visit]:
    """Everybody's visits in the order of time, but those that came by a share."""
    rng = Random(1904)  # noqa: S311 (the same history each time)
    before = [visit for one in given for visit in before_giving(one, rng)]
    return sorted([*before, *_of_others(rng)], key=lambda visit: visit.at)


def before_giving(one: Given, rng: Random) -> Iterator[Visit]:
    """How a giver who agreed to be remembered came to give, unless it was by a share."""
    film, visitor = FILMS.get(one.present.place), one.giver.visitor
    if not visitor or one.present.through:
        return
    days = timedelta(days=rng.uniform(0.4, 11))
    others = [
        other
        for other in films_of(project_of(one.present.place))
        if other is not film and ago(other.since) < one.at - days
    ]
    if others and rng.random() < MET_BEFORE:
        met = rng.choice(others)
        yield Visit(one.at - days, visitor, (_seen(met, rng.random() < 0.4, rng),))
    if film:
        minutes = timedelta(minutes=rng.uniform(1, 6))
        yield Visit(one.at - minutes, visitor, (_seen(film, True, rng),))


def by_share(parent: Given, child: Given | None, number: int, rng: Random) -> Visit:
    """A visit to the film that a giver has passed on: the giver's to come, or somebody's who gave nothing."""
    film = FILMS[parent.present.place]
    if child is not None:
        at = max(child.at - timedelta(minutes=4), parent.at + (child.at - parent.at) / 2)
        visitor, opened = child.giver.visitor, True
    else:
        latest = min(parent.at + timedelta(days=5), midnight() - timedelta(hours=1))
        at = parent.at + (latest - parent.at) * rng.random()
        visitor, opened = f"demoguest{parent.number:06d}{number:07d}", rng.random() < OPENED
    look = _seen(film, opened, rng)
    return Visit(at, visitor, (Look(film, (ARRIVE, *look.kinds), look.second),))


def _of_others(rng: Random) -> Iterator[Visit]:
    all_of_them = sum(AUDIENCE.values())
    for key, audience in AUDIENCE.items():
        for at in moments(key, VISITS * audience // all_of_them, rng):
            there = [film for film in FILMS.values() if film.key != key and ago(film.since) < at]
            further = rng.sample(there, min(len(there), rng.randrange(4)))
            looks = (_look(FILMS[key], VIEWED, rng), *(_look(film, ON_THE_WAY, rng) for film in further))
            yield Visit(at, f"demostranger{rng.randrange(VISITORS):010d}", looks)


def _look(film: Upload, viewed: float, rng: Random) -> Look:
    if rng.random() > viewed:
        return Look(film, (SHOWN, *STAGES[: rng.choice((0, 1, 1, 1, 2, 2, 3))]))
    return _seen(film, rng.random() < OPENED, rng)


def _seen(film: Upload, opened: bool, rng: Random) -> Look:
    """A film that was viewed, mostly to its end, and whether its sheet was opened then."""
    stages = STAGES if rng.random() < TO_THE_END else STAGES[:-1]
    return Look(film, (SHOWN, *stages, VIEW, *((OPEN,) if opened else ())), _second(film, rng))


def _second(film: Upload, rng: Random) -> int:
    """Most people decide near the end of a film, at a moment of its own."""
    length = int(film.seconds)
    return round(rng.triangular(0, length, length - 1 - len(film.key) % 2))
