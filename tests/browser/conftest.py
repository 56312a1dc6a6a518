"""A real browser the size of a phone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests import browser_binary
from tests.clips import Clips

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
PHONE = {"width": 390, "height": 844}

Person = Callable[[], BrowserContext]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    binary = browser_binary.get()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=binary, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def person(browser: Browser) -> Iterator[Person]:
    """Makes a phone of its own, with its own cookies, for each person of a story."""
    contexts: list[BrowserContext] = []

    def arrives() -> BrowserContext:
        contexts.append(browser.new_context(viewport=PHONE, locale="en-GB", has_touch=True))
        contexts[-1].set_default_timeout(15_000)
        return contexts[-1]

    yield arrives
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder
