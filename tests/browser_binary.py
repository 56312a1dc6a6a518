"""Which browser the tests drive: the system's, else one that `python -m tests.browser_binary` gets."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
REMEDY = (
    "The browser tests need Chromium, and it could not be installed. "
    "Install it with your system's package manager "
    "(apt install chromium, brew install --cask google-chrome), or name one with KINDRELAY_TEST_BROWSER."
)


@cache
def find() -> str | None:
    """Path of a browser that runs on this machine; None when there is none yet."""
    named = os.environ.get("KINDRELAY_TEST_BROWSER")
    return next((path for path in ([named] if named else _known()) if _runs(path)), None)


def get() -> str:
    """A browser, installed now if need be: by apt when root on Debian, else by Playwright.

    Raises RuntimeError with the remedy when every way failed.
    """
    if browser := find():
        return browser
    for steps in _ways():
        print(f"Getting a browser for the tests: {' '.join(steps[-1])}", flush=True)  # noqa: T201
        if all(subprocess.run(step, check=False).returncode == 0 for step in steps):
            find.cache_clear()
            if browser := find():
                return browser
    raise RuntimeError(REMEDY)


def _ways() -> list[list[list[str]]]:
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
        return [
            [[*apt, "update", "-q"], [*apt, "install", "-y", "-q", "--no-install-recommends", "chromium"]],
            [[*playwright, "--with-deps"]],
        ]
    return [[playwright]]


def _known() -> Iterator[str]:
    """Where browsers stand, Playwright's own last: asking for it starts a process."""
    yield from filter(None, map(shutil.which, NAMES))
    yield str(MAC)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _runs(path: str) -> bool:
    try:
        return (
            subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
        )
    except OSError:
        return False


if __name__ == "__main__":
    try:
        print(f"Browser for the tests: {get()}")  # noqa: T201
    except RuntimeError as error:
        sys.exit(str(error))
