"""An upload in a real browser, straight to the real store: interrupted, gone on with, and arrived whole."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.accounts.models import Person as Account
from app.core.db import unit_of_work
from app.core.settings import Settings
from app.embedded.ports import choose
from app.gateways.s3 import open_store
from app.videos import uploads
from app.videos.models import Video
from tests import factories
from tests.browser.conftest import Person
from tests.engines import variables_of
from tests.site import processes, wait_until_ready

# Until the page is loaded again, what is sent as part 2 goes where nobody answers.
LOSE_THE_SECOND_PART = """() => {
    const open = XMLHttpRequest.prototype.open;
    XMLHttpRequest.prototype.open = function (method, url) {
        open.call(this, method, url.includes("partNumber=2&") ? "http://127.0.0.1:9/" : url);
    };
}"""
CONTENT = os.urandom(uploads.PART_BYTES + 4321)


@pytest.fixture
def address(live_database: Settings, tmp_path: Path) -> Iterator[str]:
    """A web server and no workers: nothing is transcoded here."""
    port = choose(["web"], {})["web"]
    here = f"http://127.0.0.1:{port}"
    variables = {**variables_of(live_database), "KINDRELAY_BASE_URL": here}
    with processes(variables, tmp_path) as started:
        options = ("--interface", "wsgi", "--port", str(port), "--blocking-threads", "4")
        started.start("web", "granian", *options, "app.wsgi:application")
        wait_until_ready(here, started)
        yield here


@pytest.fixture
def creator(live_database: Settings) -> Account:
    with unit_of_work() as session:
        return factories.person(session)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(CONTENT)
    return path


def part_number(url: str) -> int:
    return int(url.split("partNumber=")[1].split("&")[0])


def sign_in(page: Page, address: str, creator: Account) -> None:
    page.goto(f"{address}/sign-in?next=/studio/new")
    page.fill("[name=email]", creator.email)
    page.fill("[name=password]", factories.PASSWORD)
    page.locator("main form [type=submit]").click()
    expect(page.locator("[data-uploader]")).to_be_visible()


def test_an_upload_goes_on_after_a_reload_with_the_missing_parts_only(
    live_database: Settings, address: str, creator: Account, clip: Path, person: Person
):
    page = person().new_page()
    sign_in(page, address, creator)
    page.on("dialog", lambda dialog: dialog.accept())

    page.evaluate(LOSE_THE_SECOND_PART)
    with page.expect_response(lambda answer: "partNumber=1&" in answer.url and answer.ok, timeout=30_000):
        page.set_input_files("[data-file]", str(clip))
    expect(page.locator("[data-announce]")).to_contain_text("The connection is lost", timeout=30_000)
    page.reload()

    put: list[int] = []
    page.on(
        "request", lambda request: put.append(part_number(request.url)) if request.method == "PUT" else None
    )
    page.set_input_files(
        "[data-file]", files={"name": "other.mp4", "mimeType": "video/mp4", "buffer": b"another"}
    )
    expect(page.locator("[data-problem]")).to_contain_text("This is another file")
    page.set_input_files("[data-file]", str(clip))
    expect(page.locator("[data-announce]")).to_contain_text("has arrived", timeout=30_000)
    assert put == [2]
    with unit_of_work() as session:
        video = session.scalars(select(Video)).one()
    assert (video.state, video.title) == ("uploaded", "clip")
    assert open_store(live_database).private.get(str(video.source_key)) == CONTENT
