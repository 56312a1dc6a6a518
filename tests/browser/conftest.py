"""A real browser the size of a phone."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from werkzeug.serving import make_server

from app.core import runtime
from app.core.settings import Settings
from app.embedded.ports import choose
from app.web import create_app
from tests import browser_binary

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
# Its window brings a popup for addresses, a page of its own that costs more than most pages which we test.
# Playwright's own list no longer counts beside this one, so what matters of it stands here again.
WITHOUT = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    "Translate",
)
PATIENCE_MS = 30_000  # of a machine that encodes films for two other tests meanwhile
expect.set_options(timeout=PATIENCE_MS)
PHONE = {"width": 390, "height": 844}
# Without a head the browser says that it is a program, and what programs watch does not count.
OF_A_PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"

Person = Callable[[], BrowserContext]


@pytest.fixture(scope="package")  # its event loop must be gone when others want one
def browser() -> Iterator[Browser]:
    binary = browser_binary.get()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=binary, args=[*FLAGS, f"--disable-features={','.join(WITHOUT)}"]
        )
        yield launched
        launched.close()


@pytest.fixture
def person(browser: Browser) -> Iterator[Person]:
    """Makes a phone of its own, with its own cookies, for each person of a story."""
    contexts: list[BrowserContext] = []

    def arrives() -> BrowserContext:
        name = f"{OF_A_PHONE} Chrome/{browser.version} Mobile Safari/537.36"
        made = browser.new_context(viewport=PHONE, locale="en-GB", has_touch=True, user_agent=name)
        contexts.append(made)
        contexts[-1].set_default_timeout(PATIENCE_MS)
        return contexts[-1]

    yield arrives
    for context in contexts:
        context.close()


@pytest.fixture
def place(live_database: Settings) -> Iterator[str]:
    """The site in a thread of this process; tasks are run by the test itself."""
    port = choose(["web"], {})["web"]
    address = f"http://127.0.0.1:{port}"
    live = live_database.model_copy(update={"base_url": address})
    app = create_app(live)
    engine = runtime.start(live)  # the application's threads use it too; it is closed below
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    engine.dispose()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder
