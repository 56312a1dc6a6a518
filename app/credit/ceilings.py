"""Which touches count: none that a program makes, and no more of a visitor or an address than people make.

What does not count is written all the same, with the reason. The path of a gift and its credit are not
touched by it: only figures of views, and what is ordered by them, leave it out.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address

from app.donations import givers
from app.gateways.touch_stream import Source

BOT, VISITOR, ADDRESS = "bot", "visitor", "address"
REASONS = {"v": VISITOR, "a": ADDRESS}  # by the letter under which the stream keeps them
COUNTS = "."

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Of one visitor within a day: touches of which nobody asks what they are, then how many of one kind and video
# count, and how many in all: a clip that is watched to its end is told of in six, so these are five hundred.
VISITOR_FREE, VISITOR_EACH, VISITOR_ALL = 50, 10, 3000
# Of one address within an hour. A school, or a village behind one address, stays well below it.
ADDRESS_FREE = 100
ADDRESS_VIDEOS = 100  # so many times as much as of one video counts of all videos together

# Programs that say what they are. Those that do not are met by the ceilings.
PROGRAMS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|headless|phantomjs|puppeteer|playwright|selenium|webdriver|lighthouse|"
    r"^curl/|^wget/|python|httpx|aiohttp|scrapy|go-http-client|libwww|^java/|^okhttp|node-fetch|^axios|"
    r"facebookexternalhit|embedly|web preview|bingpreview",
    re.IGNORECASE,
)


@lru_cache(4096)
def is_program(user_agent: str) -> bool:
    """Whether a program made a request, by its own word; one that says nothing is one."""
    return not user_agent or PROGRAMS.search(user_agent) is not None


def of_visitor(visitor: str, at: datetime) -> Source:
    """The ceiling of a visitor's touches on the day (UTC) of `at`."""
    return Source(_window(f"visitor:{visitor}", DAY, at), DAY, VISITOR_FREE, VISITOR_EACH, VISITOR_ALL, "v")


def of_address(address: str, secret: str, most: int, at: datetime) -> Iterator[Source]:
    """The ceiling of touches from an address within the hour of `at`: `most` of one kind and video count.

    The address is known by a keyed hash, for an hour. One that is no public address is nobody's: behind a
    proxy that is not told of, all visitors would have it.
    """
    if hashed := _public(address, secret):
        key = _window(f"address:{hashed}", HOUR, at)
        yield Source(key, HOUR, min(ADDRESS_FREE, most), most, most * ADDRESS_VIDEOS, "a")


@lru_cache(4096)
def _public(address: str, secret: str) -> str:
    """What a public address is known by; nothing for any other."""
    try:
        is_public = ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return ""
    named = f"touches:{givers.network(address)}".encode()
    return hmac.new(secret.encode(), named, hashlib.sha256).hexdigest()[:20] if is_public else ""


def _window(name: str, length: timedelta, at: datetime) -> str:
    return f"{name}:{int(at.timestamp() // length.total_seconds())}"
