"""The relay, walked in browsers: one shares, one passes on, two give; every figure is worked out by hand.

Ana shares the first video. Bo comes by her link, watches it, goes on to the second video and shares that.
Cai comes by Bo's link, watches, goes back to the first video and gives 10.01 from there. Dee does the same,
says no to being remembered, and gives 5.00. The project gives the same to each video that was met.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select

from app.core import db
from app.core.settings import Settings
from app.credit import touches
from app.credit.models import ShareCount, Touch
from app.gateways.s3 import open_store
from app.gateways.touch_stream import TouchStream
from app.videos.models import Video
from tests import factories
from tests.browser.conftest import Person
from tests.browser.main_job import READING_MS
from tests.clips import Clips
from workers.runner import run_due

FIRST, SECOND = "A swing from a drawing", "The well that Bo drew"
SEEN_ENOUGH = 60  # frames: four times the clip
SECONDS = 60


@dataclass(frozen=True)
class Town:
    """Where the site is, its two videos, and who reads the reports of the nonprofit."""

    place: str
    stream: TouchStream
    first: str
    second: str
    owner: str
    nonprofit: str


@pytest.fixture
def town(place: str, live_database: Settings, clips: Clips) -> Town:
    with db.unit_of_work() as session:
        owner = factories.person(session, "Omar Owner")
        nonprofit = factories.nonprofit(session, owner)
        project = factories.project(session, nonprofit, credit_rule="linear")
        names = (("Mei Creator", FIRST), ("Bo Creator", SECOND))
        videos = [
            factories.video(
                session,
                factories.person(session, name),
                project,
                title=title,
                duration_ms=500,
                ladder_prefix="",
            )
            for name, title in names
        ]
        for video in videos:
            put_clip(live_database, video, clips)
        stream = TouchStream(live_database.redis_url)
        return Town(place, stream, videos[0].code, videos[1].code, owner.email, nonprofit.code)


# What can be pressed and stays under the question after it was scrolled to, as it is when it gets the focus.
COVERED = """() => {
  const found = [...document.querySelectorAll("main :is(a, button, input)")].filter((one) => {
    if (!one.checkVisibility()) return false;
    one.scrollIntoView({ block: "nearest", behavior: "instant" });
    const { x, y, width, height } = one.getBoundingClientRect();
    return document.elementFromPoint(x + width / 2, y + height / 2)?.closest("[data-consent]");
  });
  scrollTo({ top: 0, behavior: "instant" });
  return found.map((one) => one.outerHTML);
}"""


def put_clip(settings: Settings, video: Video, clips: Clips) -> None:
    open_store(settings).media.put(f"{video.preview_prefix}/video.mp4", clips.tiny(), "video/mp4")


def until(page: Page, found: Callable[[], object], expected: object) -> None:
    """Wait for something that no element of the page shows."""
    deadline = time.monotonic() + SECONDS
    while (now := found()) != expected:
        assert time.monotonic() < deadline, f"{now} is not {expected}"
        page.wait_for_timeout(100)


def arrives(page: Page, address: str, *, remembered: bool) -> None:
    """Open a link, and answer the question whether this may be remembered; meanwhile it covers nothing."""
    page.goto(address)
    page.locator("[data-donate]:visible").first.wait_for()
    assert page.evaluate(COVERED) == []
    page.get_by_role("button", name="Yes, remember" if remembered else "No, thanks").click()
    page.locator("[data-consent]").wait_for(state="detached")


def watches(page: Page) -> None:
    frames = "document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames"
    until(page, lambda: page.evaluate(f"{frames} >= {SEEN_ENOUGH}"), expected=True)


def goes_on_to(page: Page, title: str) -> None:
    page.get_by_role("link", name=title).click()
    page.get_by_role("heading", level=1, name=title).wait_for()


def shares(page: Page) -> tuple[str, str]:
    """The link that is passed on, and the address at which its maker sees what came of it."""
    page.locator("[data-player] [data-share]").click()
    own = page.get_by_role("link", name="See what comes of your link")
    own.wait_for()
    link = page.locator("[data-share-sheet] [data-copy]").get_attribute("data-copy") or ""
    return link, own.get_attribute("href") or ""


def told(town: Town) -> tuple[int, int]:
    """What is written of what the pages told: how many came by links, how many known visitors watched."""
    touches.drain(town.stream)
    with db.unit_of_work() as session:
        came = session.scalar(select(func.sum(ShareCount.arrivals)))
        watched = select(func.count(Touch.visitor.distinct())).where(Touch.kind == "view")
        return int(came or 0), session.scalars(watched).one()


def gives(page: Page, amount: str) -> None:
    """Give in the sheet over the video, and pay; the money has arrived when this is over."""
    page.locator("[data-donate]").first.click()
    sheet = page.locator("dialog[open]")
    sheet.locator("[name=amount]").fill(amount)
    page.wait_for_timeout(READING_MS)
    sheet.get_by_role("button", name="Go on to payment").click()
    page.wait_for_url("**/sandbox/pay/**")
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url("**/d/*")
    run_due("money", "outbound")
    page.get_by_role("heading", name="Thank you").wait_for()


def rows_of(table: Locator) -> list[list[str]]:
    rows = table.locator("tbody tr").all()
    return [[" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()] for row in rows]


def came_of_it(page: Page) -> list[str]:
    """What stands on the thread of a chain, after its maker's own knot."""
    return page.locator("[data-chain] .thread__title").all_inner_texts()[1:]


def evidence(page: Page) -> tuple[list[list[str]], list[list[str]]]:
    """The path and the split of a gift as its donor reads them, to the last decimal."""
    page.get_by_role("link", name="Why this split?").click()
    page.get_by_text("Every step, to the last decimal").click()
    path, split = (rows_of(page.locator(".fold table").nth(number)) for number in (0, 1))
    return path, split


def test_a_gift_at_the_end_of_a_relay_is_credited_and_counted_as_by_hand(town: Town, person: Person) -> None:
    ana, bo, cai, dee = (person().new_page() for _ in range(4))
    for page in (ana, bo, cai, dee):
        page.set_default_timeout(SECONDS * 1000)

    arrives(ana, f"{town.place}/v/{town.first}", remembered=False)
    by_ana, chain_of_ana = shares(ana)

    arrives(bo, by_ana, remembered=True)
    bo.get_by_text("Somebody passed this on to you").wait_for()
    watches(bo)
    goes_on_to(bo, SECOND)
    by_bo, chain_of_bo = shares(bo)
    assert chain_of_bo != chain_of_ana

    for page, remembered in ((cai, True), (dee, False)):
        arrives(page, by_bo, remembered=remembered)
        page.get_by_text("Passed on 2 times before it reached you").wait_for()
    for page in (cai, dee):
        watches(page)
        goes_on_to(page, FIRST)
    until(cai, lambda: told(town), expected=(3, 2))
    gives(cai, "10.01")
    gives(dee, "5")

    ana.goto(town.place + chain_of_ana)
    assert came_of_it(ana) == ["Opened 3 times", "Passed on 1 more time", "1 gift"]
    ana.get_by_text("The longest line is 1 hand.").wait_for()
    ana.get_by_text("People after you have given €10.01.").wait_for()
    bo.goto(town.place + chain_of_bo)
    assert came_of_it(bo) == ["Opened 2 times", "Nobody has passed it on yet", "1 gift"]
    bo.goto(f"{town.place}/v/{town.second}")
    bo.get_by_text("Your link was opened 2 times, and people gave €10.01 after it").wait_for()

    path, split = evidence(cai)
    assert [(row[0], row[1], row[-1]) for row in path] == [
        (SECOND, "Came by a share", "50%"),
        (FIRST, "Gave from it", "50%"),
    ]
    assert [row[1:4] for row in split] == [["50%", "€5.005", "€5.01"], ["50%", "€5.005", "€5.00"]]
    path, split = evidence(dee)
    assert [(row[0], row[1], row[-1]) for row in path] == [(FIRST, "Gave from it", "100%")]
    assert [row[1:4] for row in split] == [["100%", "€5.00", "€5.00"]]

    the_report_says_so(town, dee)


def the_report_says_so(town: Town, page: Page) -> None:
    page.goto(f"{town.place}/sign-in?next=/desk/{town.nonprofit}/reports/videos")
    page.locator("main form [type=submit]").click()
    page.get_by_text("Please fill this in.").first.wait_for()
    page.fill("[name=email]", town.owner)
    page.fill("[name=password]", factories.PASSWORD)
    page.locator("main form [type=submit]").click()
    by_video = page.get_by_role("region", name="By video")
    for title, gross in ((FIRST, "€10.00"), (SECOND, "€5.01"), ("Total", "€15.01")):
        expect(by_video.get_by_role("row").filter(has_text=title)).to_contain_text(gross)
    page.go_back()
    page.get_by_role("heading", name="Welcome back").wait_for()  # instead of asking to send the form again
