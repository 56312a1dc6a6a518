"""A video in real browsers from the minute it arrives: it begins, gets better while it plays, and obeys."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.core import clock
from app.core.db import unit_of_work
from app.core.settings import Settings
from app.embedded.ports import choose
from app.gateways.s3 import open_store
from app.videos import captions
from app.videos.models import Video
from tests import factories, sending
from tests.browser.conftest import Person
from tests.clips import bunny
from tests.engines import variables_of
from tests.site import Processes, processes, wait_until_ready

SECONDS = 5.28
SEAM = 1.1  # seconds a clip may jump when it goes over to better files: what the page itself lets pass on a
# busy machine (static/js/source-swap.js), and how far apart this looks

# Chromium plays HLS by itself, other browsers do not.
WITHOUT_HLS = """(() => {
    const can = HTMLMediaElement.prototype.canPlayType;
    HTMLMediaElement.prototype.canPlayType = function (type) {
        return type.includes("mpegurl") ? "" : can.call(this, type);
    };
})()"""
SAVES_DATA = "Object.defineProperty(navigator.connection, 'saveData', { value: true })"
# What is on the stage, again and again: when (s), where in the clip (s), how high the picture is.
WATCHED = """(() => {
    window.seen = [];
    setInterval(() => {
        const video = document.querySelector("video[data-video]");
        if (video?.videoHeight) seen.push([performance.now() / 1000, video.currentTime, video.videoHeight]);
    }, 20);
})()"""
PLAYS = """() => {
    const video = document.querySelector("video[data-video]");
    return video && {
        height: video.videoHeight, width: video.videoWidth, time: video.currentTime, paused: video.paused,
        speed: video.playbackRate, source: video.currentSrc,
        videos: document.querySelectorAll("video").length,
        frames: video.getVideoPlaybackQuality().totalVideoFrames, heard: video.webkitAudioDecodedByteCount,
    };
}"""
ENGLISH = b"00:00:00,000 --> 00:00:05,200\nSomething moves in the grass.\n"
CHINESE = "00:00:00,000 --> 00:00:05,200\n草丛里有东西在动。\n".encode()


@dataclass(frozen=True)
class Stage:
    """A site without workers, and a published video that has just arrived there."""

    address: str
    video: str
    children: Processes

    def begin(self, queue: str) -> None:
        self.children.worker(queue)

    def take_down(self) -> None:
        with unit_of_work() as session:
            session.query(Video).filter_by(code=self.video).one().publishing = "taken_down"


@pytest.fixture
def stage(live_database: Settings, tmp_path: Path) -> Iterator[Stage]:
    port = choose(["web"], {})["web"]
    here = f"http://127.0.0.1:{port}"
    quick = {"KINDRELAY_BASE_URL": here, "KINDRELAY_TRANSCODE_PRESET": "ultrafast"}
    with processes({**variables_of(live_database), **quick}, tmp_path) as started:
        options = ("--interface", "wsgi", "--port", str(port), "--blocking-threads", "4")
        started.start("web", "granian", *options, "app.wsgi:application")
        video = arrived(live_database)
        wait_until_ready(here, started)
        yield Stage(here, video, started)


def arrived(settings: Settings) -> str:
    """A published video with captions whose file has arrived and waits for workers; returns its code."""
    with unit_of_work() as session:
        creator = factories.person(session)
    upload = sending.sent(settings, open_store(settings), creator.id, bunny())
    with unit_of_work() as session:
        video = session.get_one(Video, upload.video_id)
        for language, body in (("en", ENGLISH), ("zh-Hans", CHINESE)):
            captions.add(session, video, language=language, filename="said.srt", body=body)
        video.publishing, video.published_at = "published", clock.now()
    return video.code


def opened(stage: Stage, context: BrowserContext, *scripts: str) -> Page:
    for script in (WATCHED, *scripts):
        context.add_init_script(script)
    page = context.new_page()
    page.goto(f"{stage.address}/v/{stage.video}")
    page.evaluate("window.neverLeft = true")
    return page


def wait(page: Page, found: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
    """What plays, once it is as it should be. The page's policy forbids Playwright's own waiting."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = page.evaluate(PLAYS)
        if now and found(now):
            return now
        page.wait_for_timeout(100)
    raise AssertionError(f"after {seconds} s: {page.evaluate(PLAYS)}")


def plays(page: Page, height: int) -> dict[str, Any]:
    """Wait until its picture, `height` pixels high, moves; on a busy machine its files take long to come."""
    before = wait(page, lambda now: now["height"] == height and not now["paused"], seconds=180)
    return wait(page, lambda now: now["height"] == height and now["frames"] > before["frames"] + 2)


def seam(page: Page) -> float:
    """By how many seconds the clip jumped when its picture rose."""
    seen = page.evaluate("seen")
    at = next(i for i in range(1, len(seen)) if seen[i - 1][2] == 480 and seen[i][2] == 720)
    (then, place, _), (now, next_place, _) = seen[at - 1], seen[at]
    jump = (next_place - place) - (now - then)
    return min(abs(jump + around) for around in (-SECONDS, 0, SECONDS))


def pick(page: Page, group: str, label: str) -> None:
    page.locator(f"[data-group={group}] label", has_text=label).click()


def open_menu(page: Page) -> None:
    page.get_by_role("button", name="Quality, speed and captions").click()
    expect(page.locator("[data-playback]")).to_be_visible()


def test_a_video_begins_by_itself_and_gets_better_while_it_plays(stage: Stage, person: Person):
    page, other = opened(stage, person()), opened(stage, person(), WITHOUT_HLS)
    expect(page.get_by_text("Being prepared", exact=True)).to_be_visible()

    stage.begin("preview")
    for each in (page, other):
        plays(each, 480)
    stage.begin("media")
    for each in (page, other):
        plays(each, 720)
        assert seam(each) < SEAM
        assert each.evaluate("window.neverLeft")
        assert each.evaluate(PLAYS)["videos"] == 1

    a_person_chooses(page, native=True)
    a_person_chooses(other, native=False)
    keys_do_the_same(page)
    captions_follow(page)
    little_is_fetched_when_data_is_dear(stage, person())
    a_lost_video_says_so(stage, person())
    the_menu_of_a_lost_video_says_so(page)


def a_person_chooses(page: Page, *, native: bool) -> None:
    """Quality and speed, by finger; remembered on this device."""
    open_menu(page)
    expect(page.locator("[data-now]")).to_have_text("Playing now: 720p")
    pick(page, "quality", "480p")
    now = plays(page, 480)
    assert now["source"].endswith("/480p.m3u8") if native else now["source"].startswith("blob:")
    wait(page, lambda now: now["heard"] > 0)
    pick(page, "speed", "1.5×")
    assert wait(page, lambda now: now["speed"] == 1.5)["videos"] == 1
    page.keyboard.press("Escape")
    expect(page.locator("[data-playback]")).to_be_hidden()
    expect(page.locator("[data-menu-open]")).to_be_focused()
    page.reload()
    assert plays(page, 480)["speed"] == 1.5


def keys_do_the_same(page: Page) -> None:
    said = page.locator("[data-says]")
    page.keyboard.press("<")
    expect(said).to_have_text("Speed 1.25×")
    page.keyboard.press(" ")
    assert wait(page, lambda now: now["paused"])["speed"] == 1.25
    page.evaluate("document.querySelector('video[data-video]').currentTime = 0")
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("0:05 of 0:05")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("0:00 of 0:05")
    page.keyboard.press("?")
    page.get_by_label("Switch these keys off on this device").check()
    page.keyboard.press("Escape")
    page.keyboard.press("<")
    assert page.evaluate(PLAYS)["speed"] == 1.25
    page.evaluate("localStorage.removeItem('keys')")


def captions_follow(page: Page) -> None:
    """Shown while there is no sound; then as the person says, in their language."""
    line = page.locator("[data-said]")
    expect(line).to_have_text("Something moves in the grass.")
    page.keyboard.press("m")
    expect(line).to_be_hidden()
    page.keyboard.press("c")
    expect(line).to_be_visible()
    open_menu(page)
    pick(page, "captions", "中文")
    expect(line).to_have_text("草丛里有东西在动。")
    assert line.get_attribute("lang") == "zh-Hans"
    title, below = line.bounding_box(), page.locator(".player__title").bounding_box()
    assert title
    assert below
    assert title["y"] + title["height"] <= below["y"]
    page.keyboard.press("Escape")
    page.reload()
    expect(line).to_have_text("草丛里有东西在动。")


def little_is_fetched_when_data_is_dear(stage: Stage, context: BrowserContext) -> None:
    """The small file, when it is asked for, and no better one; a lost network is said, and passes."""
    fetched: list[str] = []
    context.on("request", lambda request: fetched.append(request.url) if "-media" in request.url else None)
    page = begin_without_network(stage, context)
    context.set_offline(False)
    plays(page, 480)
    expect(page.get_by_role("alert")).to_be_hidden()
    page.wait_for_timeout(1000)
    assert page.evaluate(PLAYS)["height"] == 480
    assert not [address for address in fetched if ".m3u8" in address]


def a_lost_video_says_so(stage: Stage, context: BrowserContext) -> None:
    page = begin_without_network(stage, context)
    stage.take_down()
    context.set_offline(False)
    expect(page.get_by_role("alert")).to_contain_text("This video was taken down")
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()


def the_menu_of_a_lost_video_says_so(page: Page) -> None:
    """What was loaded before would go on playing."""
    page.get_by_role("button", name="Quality, speed and captions").click()
    expect(page.get_by_role("alert")).to_contain_text("This video was taken down")
    expect(page.locator("[data-playback]")).to_be_hidden()


def test_a_video_taken_down_before_it_could_be_played_says_so(stage: Stage, person: Person):
    page = opened(stage, person())
    expect(page.get_by_text("Being prepared", exact=True)).to_be_visible()
    stage.take_down()
    said = page.get_by_role("heading", name="This video was taken down")
    expect(said).to_be_visible()  # the page asks every few seconds


def begin_without_network(stage: Stage, context: BrowserContext) -> Page:
    """Somebody who saves data opens the page, which fetches no film, loses the network, and plays."""
    context.set_extra_http_headers({"Save-Data": "on"})
    page = opened(stage, context, SAVES_DATA)
    play = page.get_by_role("button", name="Play", exact=True)
    expect(play).to_be_visible(timeout=60_000)  # the scripts that show it are fetched as well
    page.wait_for_timeout(500)
    assert page.evaluate(PLAYS)["height"] == 0
    context.set_offline(True)
    play.click()
    expect(page.get_by_role("alert")).to_contain_text("The connection is lost")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    return page
