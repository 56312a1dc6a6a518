"""Loading the demo: an empty platform becomes one where everything has happened at least once.

Nothing is written past the rooms of the house: people join, papers are checked, films are shot, uploaded and
transcoded by the workers; half a year of gifts is played by a clock that is set, through the functions that
the site, the provider and the workers call; today's are paid on the provider's page and settled by webhook.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import httpx
from sqlalchemy import func, select

from app.accounts import people
from app.accounts.models import Person
from app.core.db import unit_of_work
from app.core.settings import Settings
from app.demo import banking, estimating, filming, founding, giving, playing
from app.demo.content.nonprofits import ORGANISATIONS
from app.demo.content.people import ADMIN, EVERYBODY, PASSWORD
from app.demo.content.projects import PROJECTS
from app.demo.content.videos import IN_A_HURRY, UPLOADS
from app.demo.errors import DemoError
from app.demo.playing import Settle
from app.gateways.s3 import open_store

Say = Callable[[str], None]


def load(settings: Settings, say: Say, settle: Settle) -> None:
    """Fill an empty platform whose site and workers run, saying what is done meanwhile.

    `settle` is what the workers do with news of payments. A load that was cut off goes on where it stopped.
    Raises DemoError when the platform is in use already, and for what does not come about.
    """
    if settings.payment_provider != "sandbox":
        raise DemoError(
            "The demo needs the sandbox payment provider; it is not for a platform that moves money."
        )
    _require_empty()
    store = open_store(settings)
    browser = httpx.Client(timeout=60)
    with _told(say, f"{len(ORGANISATIONS)} organisations, {len(PROJECTS)} projects, their people"):
        founding.gather()
        for organisation in ORGANISATIONS:
            founding.found(organisation, settings, store)
        for undertaking in PROJECTS:
            founding.open_project(undertaking)
    for upload in (IN_A_HURRY, *UPLOADS):
        with _told(say, f"Film: {upload.title}"):
            filming.film(upload, settings, store.private, browser)
    with _told(say, "Covers of the projects"):
        for undertaking in PROJECTS:
            founding.dress(undertaking, store)
    with _told(say, "Waiting for the last transcodes"):
        filming.wait_until_ready()
    with _told(say, "Half a year of visits and gifts"):
        playing.play(settings, settle)
    with _told(say, "Gifts of today, each paid on the provider's page"):
        giving.give_all(settings, browser)
    with _told(say, "Waiting for the last settlements"):
        giving.wait_until_settled()
        estimating.ask()
    with _told(say, "Payouts, asked for from the provider"):
        banking.ask()


def sign_ins(settings: Settings) -> str:
    """Who can sign in, for a person to read."""
    lines = [f"Sign in at {settings.base_url.rstrip('/')}/sign-in. Everybody's password: {PASSWORD}"]
    lines += [f"  {somebody.email:<40} {somebody.does}" for somebody in EVERYBODY]
    return "\n".join(lines) + "\n"


def _require_empty() -> None:
    with unit_of_work() as session:
        in_use = session.scalar(select(func.count()).select_from(Person))
        begun_before = people.by_email(session, ADMIN.email) is not None
    if in_use and not begun_before:
        raise DemoError("This platform is in use. The demo goes into an empty one, so nothing was changed.")


@contextmanager
def _told(say: Say, what: str) -> Generator[None]:
    began = time.monotonic()
    yield
    say(f"  {time.monotonic() - began:5.1f} s  {what}")
