"""Uploads in a real browser, straight to the real store: interrupted, gone on with, several at once."""

import gettext
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Response, expect
from sqlalchemy import select

from app.accounts.models import Person as Account
from app.core.db import unit_of_work
from app.core.i18n import CATALOGUES, LOCALES
from app.core.settings import Settings
from app.embedded.ports import choose
from app.gateways.s3 import open_store
from app.videos import uploads
from app.videos.models import Video
from tests import factories
from tests.browser.conftest import Person
from tests.browser.wire import Wire, wire
from tests.conftest import fresh_database
from tests.engines import Engines, variables_of
from tests.site import processes, wait_until_ready
from tests.waits import eventually

SOON = 30_000  # ms
FILM = b"\x00\x00\x00\x18ftypisom"  # how a film begins
LAST = 4321  # bytes of the last part
CONTENT = FILM + os.urandom(2 * uploads.PART_BYTES + LAST - len(FILM))
HALFWAY = re.compile("^[5-9][0-9]%$")  # parts 1 and 3, and what of part 2 fits on the line
SAID = """() => {
    window.said = [];
    const region = document.querySelector("[data-announce]");
    new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true });
    window.percents = [];
    const note = document.querySelector("[data-rows]");
    new MutationObserver(() => {
        const shown = note.querySelector("[data-percent]")?.textContent;
        if (shown) percents.push(parseInt(shown));
    }).observe(note, { childList: true, subtree: true, characterData: true });
}"""


@pytest.fixture(scope="module")
def live(engines: Engines, settings: Settings) -> Iterator[Settings]:
    with fresh_database(engines, settings) as made:
        yield made


@pytest.fixture(scope="module")
def line(live: Settings) -> Iterator[Wire]:
    with wire(live.s3_endpoint) as made:
        yield made


@pytest.fixture(autouse=True)
def as_it_was(line: Wire) -> Iterator[None]:
    """Whatever a test has left on the line, also one that failed, is gone before the next."""
    yield
    line.renew()


@pytest.fixture(scope="module")
def address(live: Settings, line: Wire, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server whose store is at the end of the line, and no workers: nothing is transcoded here."""
    port = choose(["web"], {})["web"]
    here = f"http://127.0.0.1:{port}"
    variables = {
        **variables_of(live),
        "KINDRELAY_BASE_URL": here,
        "KINDRELAY_S3_PUBLIC_ENDPOINT": line.address,
    }
    with processes(variables, tmp_path_factory.mktemp("logs")) as started:
        options = ("--interface", "wsgi", "--port", str(port), "--blocking-threads", "4")
        started.start("web", "granian", *options, "app.wsgi:application")
        wait_until_ready(here, started)
        yield here


@pytest.fixture
def locale() -> str:
    return "en"


@pytest.fixture
def creator(live: Settings, locale: str) -> Account:
    with unit_of_work() as session:
        return factories.person(session, locale=locale)


@pytest.fixture
def phone(person: Person) -> BrowserContext:
    return person()


@pytest.fixture
def page(phone: BrowserContext, address: str, creator: Account) -> Page:
    """The page for uploading, in a creator's hand."""
    page = phone.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{address}/sign-in?next=/studio/new")
    page.fill("[name=email]", creator.email)
    page.fill("[name=password]", factories.PASSWORD)
    page.locator("main form [type=submit]").click()
    expect(page.locator("[data-uploader]")).to_be_visible()
    return page


def film(folder: Path, name: str, content: bytes = FILM) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem", name=name, exact=True)


def is_taken(part: int) -> Callable[[Response], bool]:
    """Whether it is the store's yes to a part."""
    return lambda answer: f"partNumber={part}&" in answer.url and answer.request.method == "PUT" and answer.ok


def videos(creator: Account) -> dict[str, Video]:
    with unit_of_work() as session:
        mine = session.scalars(select(Video).where(Video.creator_id == creator.id))
        return {video.title: video for video in mine}


def test_a_film_arrives_through_a_cut_line_and_a_reload_with_the_missing_parts_only(
    page: Page, phone: BrowserContext, live: Settings, line: Wire, creator: Account, tmp_path: Path
):
    clip = film(tmp_path, "clip.mp4", CONTENT)
    line.held = {2}
    line.begun.clear()
    page.evaluate(SAID)
    with page.expect_response(is_taken(1), timeout=SOON), page.expect_response(is_taken(3), timeout=SOON):
        page.set_input_files("[data-file]", clip)
    expect(row(page, "clip.mp4").locator("[data-percent]")).to_have_text(HALFWAY)
    line.wait_for(2)

    line.cut()
    phone.set_offline(True)
    expect(page.locator("[data-announce]")).to_contain_text("The connection is lost", timeout=SOON)
    line.mend()
    phone.set_offline(False)
    expect(row(page, "clip.mp4").locator("[data-words]")).to_have_text("Uploading", timeout=SOON)
    line.wait_for(2, times=2)
    percents = page.evaluate("percents")
    assert percents == sorted(percents)
    assert page.evaluate("said.filter((words) => /[0-9]%/.test(words))") == []
    page.reload()
    line.cut()  # what the old page has left on it is not to be counted
    line.mend()

    other = {"name": "other.mp4", "mimeType": "video/mp4", "buffer": b"another"}
    page.set_input_files("[data-file]", files=other)  # pyright: ignore[reportArgumentType] (a FilePayload)
    expect(page.locator("[data-problem]")).to_contain_text("This is another file")
    line.held, line.carried = set(), 0
    page.set_input_files("[data-file]", clip)
    expect(page.locator("[data-announce]")).to_contain_text("has arrived", timeout=SOON)
    assert line.carried == uploads.PART_BYTES
    assert dict(line.begun) == {1: 1, 2: 3, 3: 1}
    video = videos(creator)["clip"]
    assert video.state == "uploaded"
    assert open_store(live).private.get(str(video.source_key)) == CONTENT


def test_several_films_go_at_once_and_none_waits_for_the_trouble_of_another(
    page: Page, line: Wire, creator: Account, tmp_path: Path
):
    line.held, line.most_at_once = {2}, 0
    small = [film(tmp_path, f"Kite {number}.mp4", FILM + os.urandom(9000)) for number in (1, 2, 3)]
    long = [film(tmp_path, name, CONTENT) for name in ("kept.mp4", "dropped.mp4")]
    letter, nothing = (
        film(tmp_path, "letter.mp4", b"Dear all, this is no film."),
        film(tmp_path, "empty.mp4", b""),
    )
    taken: list[str] = []
    page.on("response", lambda answer: taken.extend(["part"] * (is_taken(1)(answer) or is_taken(3)(answer))))
    page.set_input_files("[data-file]", [*long, letter, nothing, *small])

    expect(row(page, "letter.mp4")).to_contain_text("does not look like a video")
    expect(row(page, "empty.mp4")).to_contain_text("This file is empty")
    for name in ("kept.mp4", "dropped.mp4"):
        expect(row(page, name).locator("[data-percent]")).to_have_text(HALFWAY, timeout=SOON)
    expect(row(page, "Kite 1.mp4")).to_contain_text("Waits for its turn")
    eventually(lambda: not page.wait_for_timeout(20) and len(taken) == 4)  # both but for their second parts
    line.held.add(1)
    row(page, "kept.mp4").get_by_role("button", name="Pause").click()
    expect(row(page, "kept.mp4")).to_contain_text("Paused")
    expect(row(page, "kept.mp4").get_by_role("button", name="Go on")).to_be_focused()
    expect(row(page, "Kite 1.mp4").locator("[data-percent]")).to_have_text("99%", timeout=SOON)
    line.let_go(1)
    for path in small:
        expect(row(page, path.name)).to_contain_text("has arrived", timeout=SOON)
    assert line.most_at_once <= 3
    row(page, "kept.mp4").get_by_role("button", name="Go on").click()
    expect(row(page, "kept.mp4")).to_contain_text("Uploading")

    row(page, "dropped.mp4").get_by_role("button", name="Cancel").click()
    with page.expect_response(lambda answer: answer.url.endswith("/cancel") and answer.ok):
        row(page, "dropped.mp4").get_by_role("button", name="Yes, cancel it").click()
    expect(row(page, "dropped.mp4")).to_contain_text("Nothing of it is kept")
    expect(page.locator("[data-together]")).to_have_text("3 of 4 have arrived.")
    found = videos(creator)
    assert {title: video.state for title, video in found.items()} == {
        "kept": "uploading",
        "dropped": "removed",
        "Kite 1": "uploaded",
        "Kite 2": "uploaded",
        "Kite 3": "uploaded",
    }
    link = row(page, "Kite 2.mp4").get_by_role("link")
    expect(link).to_have_attribute("href", f"/studio/videos/{found['Kite 2'].code}")

    page.reload()
    line.cut()
    line.mend()
    line.held, line.carried = set(), 0
    expect(page.locator("[data-unfinished]")).to_have_count(1)
    page.set_input_files("[data-file]", long[0])
    expect(row(page, "kept.mp4")).to_contain_text("has arrived", timeout=SOON)
    assert line.carried == uploads.PART_BYTES
    assert videos(creator)["kept"].id == found["kept"].id


@pytest.mark.parametrize("locale", LOCALES)
def test_the_page_speaks_the_creator_s_language_and_fits_a_phone(page: Page, locale: str, tmp_path: Path):
    said = gettext.translation("messages", CATALOGUES, [locale], fallback=True).gettext
    long_name = f"{'long' * 20}.mp4"
    page.set_input_files(
        "[data-file]", [film(tmp_path, long_name, b"no film"), film(tmp_path, "kite.mp4", FILM)]
    )
    expect(row(page, "kite.mp4")).to_contain_text(said("The video has arrived. It is being prepared now."))
    doubt = said("This does not look like a video. We take MP4, MOV, WebM and MKV.")
    expect(row(page, long_name)).to_contain_text(doubt)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    boxes = [button.bounding_box() for button in page.locator(".uploader button:visible").all()]
    assert [box for box in boxes if box is None or box["height"] < 44] == []


def test_enter_in_a_field_saves_a_draft_and_does_not_publish_it(page: Page, address: str, creator: Account):
    with unit_of_work() as session:
        draft = factories.video(session, creator, publishing="draft", no_speech=True)
    page.goto(f"{address}/studio/videos/{draft.code}")
    page.fill("[name=title]", "A swing for the yard")
    page.press("[name=title]", "Enter")
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert videos(creator)["A swing for the yard"].publishing == "draft"
