"""Views can be sent by the thousand: no more of them count than people could have seen."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.settings import Settings
from app.credit import ceilings, touches
from app.credit.models import Touch
from app.credit.touches import Come, Told
from app.gateways.touch_stream import TouchStream
from app.videos.models import Video
from tests import factories
from tests.engines import Engines

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
SCHOOL, FARM = "93.184.216.34", "1.1.1.1"


@pytest.fixture
def stream(settings: Settings, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> TouchStream:
    """An empty stream, at a moment that is neither the end of an hour nor of a day."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    engines.empty_redis(engines.worker)
    return TouchStream(settings.redis_url)


@pytest.fixture
def videos(session: Session) -> list[Video]:
    creator = factories.person(session)
    return [factories.video(session, creator) for _ in range(3)]


def views(
    stream: TouchStream, visitor: str, of: list[Video], address: str = "", most: int = 500, visit: int = 0
) -> None:
    """One session of a visitor, who sees some videos."""
    sources = list(ceilings.of_address(address, "secret", most, AT))
    told = [Told(video.code, "view", 0) for video in of]
    touches.tell(stream, visitor, AT - timedelta(seconds=visit), told, come=Come("", sources))


def counted(session: Session, stream: TouchStream, of: list[Video]) -> dict[str, int]:
    """Touches by what they are counted as, which are as many as are written."""
    touches.drain(stream)
    found: dict[str, int] = {}
    for kinds in touches.counts(session, [video.id for video in of]).values():
        for kind, count in kinds.items():
            found[kind] = found.get(kind, 0) + count
    written = [touch.held or touch.kind for touch in session.scalars(select(Touch))]
    assert {kind: written.count(kind) for kind in set(written)} == found
    return found


def test_of_one_visitor_with_a_new_session_for_every_view_few_count(
    session: Session, stream: TouchStream, videos: list[Video]
) -> None:
    for visit in range(200):
        views(stream, "eve", videos[:1], visit=visit)
    most = ceilings.VISITOR_FREE + ceilings.VISITOR_EACH
    assert counted(session, stream, videos) == {"view": most, "visitor": 200 - most}


def test_of_one_address_with_a_new_visitor_for_every_view_few_count(
    session: Session, stream: TouchStream, videos: list[Video]
) -> None:
    for number in range(120):
        views(stream, f"made up {number}", videos[:1], FARM, most=20)
    views(stream, "ann", videos[:1], SCHOOL, most=20)
    assert counted(session, stream, videos) == {"view": 41, "address": 80}


def test_no_view_of_an_honest_crowd_is_held(
    session: Session, stream: TouchStream, videos: list[Video]
) -> None:
    for pupil in range(250):  # a school in its assembly hall
        views(stream, f"pupil {pupil}", videos, SCHOOL)
    for visit in range(12):  # somebody who comes back again and again
        views(stream, "faithful", videos, "5.6.7.8", visit=visit)
    assert counted(session, stream, videos) == {"view": (250 + 12) * 3}


@pytest.mark.parametrize(
    ("agent", "is_program"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116.0", True),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", True),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0.0.0 Safari/537.36", True),
        ("curl/8.5.0", True),
        ("python-requests/2.32", True),
        ("", True),
        ("Mozilla/5.0 (Linux; Android 11; CUBOT X30) AppleWebKit/537.36 Chrome/120.0 Mobile Safari", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger", False),
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", False),
    ],
)
def test_programs_that_say_what_they_are(agent: str, is_program: bool) -> None:
    assert ceilings.is_program(agent) == is_program


def test_an_address_is_a_customer_s_network_for_an_hour_and_cannot_be_read_back() -> None:
    def name(address: str, at: datetime = AT) -> str:
        return "".join(one.name for one in ceilings.of_address(address, "secret", 500, at))

    assert name("2a00:1450:1:2::1") == name("2a00:1450:1:2::99") != name("2a00:1450:1:3::1")
    assert name(FARM) == name(FARM, AT + timedelta(minutes=29)) != name(FARM, AT + timedelta(hours=1))
    assert FARM not in name(FARM)
    assert [name(one) for one in ("127.0.0.1", "10.0.0.8", "192.168.1.4", "", "unknown")] == [""] * 5
