"""Who gave when, in waves that follow each film and each news. Pure, and the same each time."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import accumulate
from random import Random

from app.demo.calendar import ago
from app.demo.content.donations import CROWDS, NAMES, PRESENTS, Present
from app.demo.content.projects import PROJECTS, Undertaking
from app.demo.content.videos import UPLOADS, Upload
from app.projects import tags

HALF_LIFE = 8  # days, of the attention that a film or news gets
QUIET = 0.03  # of the attention on a film's first day: what is left without news
OF_NEWS, OF_ANOTHER_FILM = 0.5, 0.25
LATELY, FREE_DAYS = 30, (4, 5, 6)  # days ago; days of the week
# Hours (UTC): at which people look; at which they give, early or late on a day, all within a while.
AWAKE = {"CNY": (4, 15), "GBP": (8, 23), "JPY": (3, 14)}
GIVING, EARLY_OR_LATE, A_WHILE = 11, 3, 0.6
NAMED, KNOWN, MAILED, COMES_BACK = 0.6, 0.75, 0.2, 0.4  # shares of those who say nothing
FILMS = {upload.key: upload for upload in UPLOADS if upload.published}
PROJECT_OF_TAG = {tags.key(project.tag): project for project in PROJECTS}


@dataclass(frozen=True)
class Giver:
    """Who gave. `visitor` is empty without consent, `name` and `email` when they were not left."""

    name: str = ""
    email: str = ""
    visitor: str = ""


@dataclass(frozen=True)
class Given:
    """A gift of the past; `number` counts them in the order of time."""

    number: int
    at: datetime
    present: Present
    giver: Giver


@cache
def project_of(place: str) -> Undertaking:
    """The project that a film, or a # and a tag, raises money for."""
    words = FILMS[place].description if place in FILMS else place
    return PROJECT_OF_TAG[next(key for key in tags.find(words) if key in PROJECT_OF_TAG)]


def films_of(project: Undertaking) -> list[Upload]:
    """The films that carry a project, oldest first."""
    return [film for film in FILMS.values() if project_of(film.key) is project]


def todays() -> list[Present]:
    """The gifts that are made on the day of loading: the last one of each film."""
    last = {present.place: present for present in PRESENTS if present.place in FILMS}
    return list(last.values())


def moments(place: str, count: int, rng: Random, *, when_free: bool = False) -> list[datetime]:
    """So many moments at which people come to a place, oldest first: more of them after what is new.

    With `when_free` those of more than a month ago lie on days before and of weekends.
    """
    project = project_of(place)
    film = FILMS.get(place)
    since = film.since if film else project.since
    waves = [(since, 1.0)]
    waves += [(news.since, OF_NEWS) for news in project.news]
    waves += [(other.since, OF_ANOTHER_FILM) for other in films_of(project) if other is not film]
    days = [
        day
        for day in range(since, 0, -1)
        if not when_free or day <= LATELY or ago(day).weekday() in FREE_DAYS
    ]
    sums = list(accumulate(_attention(waves, day) for day in days))
    chosen = [days[bisect_left(sums, sums[-1] * (number + rng.random()) / count)] for number in range(count)]
    begin, end = AWAKE[project.goal.currency]
    if not when_free:
        return sorted(ago(day, rng.uniform(begin, end)) for day in chosen)
    return sorted(ago(day, _evening(day) + rng.uniform(0, A_WHILE)) for day in chosen)


def gifts() -> list[Given]:
    """All gifts of the past in the order of time."""
    rng = Random(1903)  # noqa: S311 (the same history each time)
    slots = sorted(
        (slot for place in dict.fromkeys([crowd.place for crowd in CROWDS]) for slot in _slots(place, rng)),
        key=lambda slot: slot[0],
    )
    known: defaultdict[str, list[Giver]] = defaultdict(list)
    return [
        Given(number, at, *_by(present, number, known[project_of(present.place).owner], rng))
        for number, (at, present) in enumerate(slots)
    ]


def _evening(day: int) -> float:
    """The hour of a day at which people give: a payment is heard of when the day's last one was made."""
    return GIVING + EARLY_OR_LATE * Random(day).random()  # noqa: S311 (the same history each time)


def _attention(waves: Sequence[tuple[int, float]], day: int) -> float:
    return QUIET + sum(height * 0.5 ** ((since - day) / HALF_LIFE) for since, height in waves if since >= day)


def _slots(place: str, rng: Random) -> list[tuple[datetime, Present]]:
    """The gifts from a place: those with words, in their order, spread evenly among the quiet ones."""
    now = todays()
    told = [present for present in PRESENTS if present.place == place and present not in now]
    quiet = [
        Present(place, rng.choice(crowd.amounts))
        for crowd in CROWDS
        if crowd.place == place
        for _ in range(crowd.gifts)
    ]
    places = [(number + 0.5) / len(told) for number in range(len(told))]
    others = [(number + 0.5) / len(quiet) + 1e-6 for number in range(len(quiet))]
    mixed = sorted(
        [*zip(places, told, strict=True), *zip(others, quiet, strict=True)], key=lambda one: one[0]
    )
    return list(
        zip(moments(place, len(mixed), rng, when_free=True), [present for _, present in mixed], strict=True)
    )


def _by(present: Present, number: int, known: list[Giver], rng: Random) -> tuple[Present, Giver]:
    """A gift and its giver: of the quiet ones some have given to the organisation before."""
    visitor = f"demovisitor{number:011d}" if rng.random() < KNOWN or present.through else ""
    if present.name:
        return present, Giver(present.name, present.email, visitor)
    if known and rng.random() < COMES_BACK:
        giver = rng.choice(known)
    else:
        names = NAMES[project_of(present.place).goal.currency]
        email = f"giver{number}@donors.example" if rng.random() < MAILED else ""
        giver = Giver(rng.choice(names) if rng.random() < NAMED else "", email, visitor)
        known += [giver] if visitor or email else []
    return replace(present, name=giver.name, email=giver.email), giver
