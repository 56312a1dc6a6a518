"""The main job of the platform, done by people in browsers, from an empty site to a proved report."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from app.core import clock
from tests.clips import Clips
from tests.waits import eventually

PASSWORD = "a long enough password"
TRANSCODE_MS = 90_000
READING_MS = 2_100  # a form that is sent sooner looks like a machine's and is shown once more
SETTLE_MS = 30_000
TAG = "draw-it-into-reality"
SUBRIP = """1
00:00:00,100 --> 00:00:00,900
[Wind]

2
00:00:01,000 --> 00:00:01,900
我们画了一口井 & more
"""
READ = """() => {
    const [track] = document.querySelector("video[data-video]").textTracks;
    if (track.mode === "disabled") track.mode = "hidden";
    return track.language === "zh-Hans" && [...(track.cues ?? [])].map((cue) => cue.text).join("|");
}"""
FRAMES = """video => ({
    time: video.currentTime, width: video.videoWidth, height: video.videoHeight,
    frames: video.getVideoPlaybackQuality().totalVideoFrames, source: video.currentSrc,
})"""


@dataclass(frozen=True)
class Site:
    """Where the site is, and how somebody at its console makes an administrator."""

    address: str
    make_admin: Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What the report and its CSV say, for the test to compare with the books."""

    nonprofit: str
    credited_video: str
    csv_rows: list[dict[str, str]]


def do(site: Site, person: Callable[[], BrowserContext], clips: Clips) -> Outcome:
    """Register, verify, open a project, upload, donate, read the report: all through the site itself."""
    founder, admin, creator, viewer = (person().new_page() for _ in range(4))
    nonprofit = register(site, founder, clips)
    verify(site, admin)
    project = open_project(site, founder, nonprofit)
    turned = upload(site, creator, clips.rotated(), "Mei draws a well", first=True, subtitles=SUBRIP)
    silent = upload(site, creator, clips.silent(), "The well, without a word")
    watch_frames(site, viewer, silent, upright=False)
    watch_frames(site, viewer, turned, upright=True)
    eventually(lambda: viewer.evaluate(READ) == "[Wind]|我们画了一口井 &amp; more")
    give_from_video(viewer, "50")
    give_on_plain_page(site, person().new_page(), f"/v/{turned}/donate", "12.34")
    give_on_plain_page(site, person().new_page(), f"/p/{project}/donate", "7")
    return Outcome(nonprofit, turned, read_report(site, founder, nonprofit))


def sign_up(site: Site, page: Page, name: str, then: str) -> None:
    page.goto(f"{site.address}/sign-up?next={then}")
    page.fill("[name=name]", name)
    page.fill("[name=email]", f"{name.split()[0].lower()}@people.example")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form [type=submit]").click()
    page.wait_for_url(f"{site.address}{then}")


def register(site: Site, page: Page, clips: Clips) -> str:
    """Register a nonprofit with its papers and hand it in; returns its code."""
    sign_up(site, page, "Lin Founder", "/desk/register")
    page.fill("[name=name]", "Paper Lanterns")
    page.fill("[name=legal_name]", "Paper Lanterns Foundation")
    page.select_option("[name=country]", "GB")
    page.fill("[name=registration_number]", "1180003")
    for field, day in (("certificate_from", -30), ("certificate_until", 300)):
        page.fill(f"[name={field}]", (clock.now().date() + timedelta(days=day)).isoformat())
    page.fill("[name=about]", "We dig wells that children have drawn.")
    page.locator("main form [type=submit]").click()
    page.wait_for_url(re.compile(r"/desk/[a-z0-9]{10}(/|$)"))
    code = re.search(r"/desk/([a-z0-9]{10})", page.url)
    assert code is not None
    page.goto(f"{site.address}/desk/{code[1]}/documents")
    page.select_option("[name=kind]", "registration")
    page.set_input_files("[name=file]", str(clips.picture()))
    page.locator("main form:has([name=file]) [type=submit]").click()
    expect(page.get_by_role("link", name="picture.jpg")).to_be_visible()
    page.goto(f"{site.address}/desk/{code[1]}")
    page.get_by_role("button", name="Hand it in to be checked").click()
    expect(page.get_by_text("Waiting for us").first).to_be_visible()
    return code[1]


def verify(site: Site, page: Page) -> None:
    """Somebody becomes an administrator and approves the nonprofit that waits."""
    sign_up(site, page, "Ada Admin", "/projects")
    site.make_admin("ada@people.example")
    page.goto(f"{site.address}/admin")
    page.get_by_role("link", name="Paper Lanterns").first.click()
    page.check("[name=decision][value=approve]")
    page.fill("[name=reason]", "The register confirms the papers.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Decided.")).to_be_visible()


def open_project(site: Site, page: Page, nonprofit: str) -> str:
    """Connect the account money goes to, write a project and publish it; returns its code."""
    page.goto(f"{site.address}/desk/{nonprofit}/payments")
    page.get_by_role("button", name="Connect an account").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    page.goto(f"{site.address}/desk/{nonprofit}/projects/new")
    page.fill("[name=title]", "Draw it into reality")
    page.fill("[name=summary]", "Children drew a well. This project digs it.")
    page.fill("[name=tag]", f"#{TAG}")
    page.fill("[name=goal]", "13,300")
    page.select_option("[name=currency]", "GBP")
    page.fill("[name=story]", "The *spring* dries up in April.")
    page.locator("main form:has([name=story]) [type=submit]").click()
    page.wait_for_url(re.compile(r"/desk/projects/[a-z0-9]{10}"))
    code = re.search(r"/desk/projects/([a-z0-9]{10})", page.url)
    assert code is not None
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Live", exact=True).first).to_be_visible()
    return code[1]


def upload(
    site: Site, page: Page, clip: Path, title: str, *, first: bool = False, subtitles: str = ""
) -> str:
    """Upload a clip with the project's tag, wait until it is ready, publish it; returns its code."""
    if first:
        sign_up(site, page, "Mei Creator", "/studio")
    page.goto(f"{site.address}/studio/new")
    page.set_input_files("[data-file]", str(clip))
    page.fill("[name=title]", title)
    page.fill("[name=tag]", f"#{TAG}")
    page.locator("[data-details] [type=submit]").click()
    page.wait_for_url(re.compile(r"/studio/videos/[a-z0-9]{10}"), timeout=30_000)
    code = re.search(r"/studio/videos/([a-z0-9]{10})", page.url)
    assert code is not None
    expect(page.locator("[data-video][data-state=ready]")).to_be_visible(timeout=TRANSCODE_MS)
    if subtitles:
        write_down(page, subtitles)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published", exact=True).first).to_be_visible()
    return code[1]


def write_down(page: Page, subtitles: str) -> None:
    """Be told that what is said is missing, and add it as the file of an editing program."""
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("alert").get_by_text("Please add captions")).to_be_visible()
    page.get_by_role("link", name="Add captions", exact=True).click()
    page.select_option("select[name=language]", "zh-Hans")
    file: FilePayload = {
        "name": "well.srt",
        "mimeType": "application/x-subrip",
        "buffer": subtitles.encode("gb18030"),
    }
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Save captions").click()
    expect(page.get_by_text("2 captions in Chinese (Simplified).")).to_be_visible()


def watch_frames(site: Site, page: Page, video: str, *, upright: bool) -> None:
    """Open a video and see its picture, not only its clock, go on."""
    page.goto(f"{site.address}/v/{video}")
    player = page.locator("video[data-video]")
    eventually(lambda: player.evaluate(FRAMES)["frames"] > 3)
    before = player.evaluate(FRAMES)
    eventually(lambda: player.evaluate(FRAMES)["frames"] > before["frames"] + 3)
    assert player.evaluate(FRAMES)["time"] != before["time"]
    assert before["width"] > 0
    assert (before["height"] > before["width"]) is upright


def give_from_video(page: Page, amount: str) -> None:
    """Give in the sheet over the video, pay on the provider's page, and be thanked by name of the video."""
    page.locator("[data-donate]").first.click()
    sheet = page.locator("dialog[open]")
    sheet.locator("[name=amount]").fill(amount)
    sheet.locator("[name=name]").fill("Ana Sousa")
    sheet.locator("[name=email]").fill("ana@donors.example")
    assert page.locator("video[data-video]").evaluate("video => video.paused")
    go_on(page, "dialog[open]")
    expect(page.get_by_text("Mei draws a well").first).to_be_visible()


def give_on_plain_page(site: Site, page: Page, path: str, amount: str) -> None:
    page.goto(f"{site.address}{path}")
    page.fill("[name=amount]", amount)
    go_on(page, "main")


def go_on(page: Page, where: str) -> None:
    page.wait_for_timeout(READING_MS)
    page.locator(where).get_by_role("button", name="Go on to payment").click()
    pay(page)


def pay(page: Page) -> None:
    page.wait_for_url(re.compile("/sandbox/pay/"))
    expect(page.get_by_text("TEST MODE").first).to_be_visible()
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url(re.compile("/d/"))
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible(timeout=SETTLE_MS)


def read_report(site: Site, page: Page, nonprofit: str) -> list[dict[str, str]]:
    """See the gifts per creator, ask for the same figures as a file, and download it."""
    page.goto(f"{site.address}/desk/{nonprofit}/reports")
    creators = page.get_by_role("region", name="By creator")
    expect(creators.get_by_role("row").filter(has_text="Mei Creator")).to_contain_text("£62.34")
    expect(creators.get_by_role("row").filter(has_text="Not credited to any video")).to_contain_text("£7.00")
    expect(creators.get_by_role("row").filter(has_text="Total")).to_contain_text("£69.34")
    page.goto(f"{site.address}/desk/{nonprofit}/reports/videos")
    videos = page.get_by_role("region", name="By video")
    expect(videos.get_by_role("row").filter(has_text="without a word")).to_have_count(0)
    page.get_by_role("button", name="CSV").click()
    with page.expect_download(timeout=SETTLE_MS) as download:
        page.get_by_role("link", name="Download").click(timeout=SETTLE_MS)
    text = Path(download.value.path()).read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
