"""Keyboard, no JavaScript, a screen reader: giving once and each month, getting receipts, ending."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.core import db
from app.donations.models import Donation, MonthlyGift
from app.gateways.models import KeptMail
from tests import factories
from tests.browser.conftest import PATIENCE_MS
from workers.runner import run_due

MOST_TABS = 60
HEADINGS = """() => [...document.querySelectorAll("main :is(h1, h2, h3, h4)")]
    .map((one) => Number(one.tagName[1]))"""
UNNAMED = """() => [...document.querySelectorAll("main :is(input, textarea, select, button, a)")]
    .filter((one) => one.type !== "hidden")
    .filter((one) => !(one.labels?.[0] ?? one).textContent.trim() && !one.ariaLabel)
    .map((one) => one.outerHTML)"""


@pytest.fixture(params=["en-GB", "zh-CN"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A browser that runs no JavaScript, in one of the languages."""
    context = browser.new_context(java_script_enabled=False, locale=request.param)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def tab_to(page: Page, target: str) -> list[str]:
    """Press Tab until `target` has the focus; returns the names of the fields passed on the way."""
    passed: list[str] = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.and_(page.locator(target)).count():
            return passed
        passed.append(focused.get_attribute("name") or "" if focused.count() else "")
    raise AssertionError(f"{target} cannot be reached by Tab; passed {passed}")


def can_be_read(page: Page) -> None:
    """Headings step down one level at a time, and every control has a name."""
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    assert page.evaluate(UNNAMED) == []


def reads_in_order(page: Page, *parts: str) -> None:
    """What a screen reader says of these parts comes in this order."""
    said = page.locator("main").aria_snapshot()
    names = [" ".join(page.locator(part).first.inner_text().split()) for part in parts]
    places = [said.find(name) for name in names]
    assert -1 not in places, (names, said)
    assert places == sorted(places), (names, said)


def fill_in_and_pay(page: Page, address: str, *, monthly: bool) -> None:
    page.goto(address)
    can_be_read(page)
    reads_in_order(
        page,
        "h1",
        ".give legend",
        "label[for=amount]",
        "label[for=email]",
        ".give__line strong",
        ".give [type=submit]",
    )
    tab_to(page, "[name=frequency]")
    if monthly:
        page.keyboard.press("ArrowRight")
    expect(page.locator(".give__monthly")).to_be_visible(visible=monthly)
    expect(page.locator(".give__once")).to_be_visible(visible=not monthly)
    assert tab_to(page, "[name=amount]") == []
    page.keyboard.type("12.50")
    assert tab_to(page, "[name=email]") == ["name", "anonymous"]
    page.keyboard.type("dora@example.org")
    tab_to(page, ".give [type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sandbox/pay/"))
    can_be_read(page)
    reads_in_order(page, "h1", ".lead", "main form legend", "main form [type=submit]", ".button--quiet")
    tab_to(page, "main form [type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/d/"))
    run_due("money", "outbound")
    expect(page.locator("a[href$='/receipt']")).to_be_visible()  # it loads itself again
    can_be_read(page)
    reads_in_order(page, "h1", "#credited", "a[href$='/why']", "a[href$='/receipt']", "#pass")


def mailed(path: str) -> str:
    """The newest link of that kind in any mail."""
    with db.unit_of_work() as session:
        texts = session.scalars(select(KeptMail.text).order_by(KeptMail.id.desc())).all()
    return next(found[0] for text in texts if (found := re.search(rf"http\S+{path}/\S+", text)))


def is_a_receipt(page: Page, link: str) -> None:
    """Enter on the link opens a PDF."""
    tab_to(page, link)
    with page.expect_response(lambda answer: answer.url.endswith("/receipt")) as opened:
        page.keyboard.press("Enter")
    page.wait_for_url("**/receipt")
    headers = opened.value.headers
    assert (opened.value.status, headers["content-type"]) == (200, "application/pdf")
    assert int(headers["content-length"]) > 10_000


def test_giving_and_stopping_takes_a_keyboard_and_nothing_else(page: Page, place: str) -> None:
    with db.unit_of_work() as session:
        video = factories.video(session, carries=factories.project(session))
    address = f"{place}/v/{video.code}/donate"

    fill_in_and_pay(page, address, monthly=False)
    is_a_receipt(page, "a[href$='/receipt']")
    fill_in_and_pay(page, address, monthly=True)

    page.goto(mailed("/monthly"))
    can_be_read(page)
    reads_in_order(page, "h1", ".donor__facts a", "#pause", "#card", "#change", "#end")
    tab_to(page, "[name=change][value=end]")
    page.keyboard.press("Enter")
    expect(page.locator("#thanks")).to_be_visible()
    run_due("money", "outbound")

    page.goto(f"{place}/gifts")
    can_be_read(page)
    tab_to(page, "[name=email]")
    page.keyboard.type("dora@example.org")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    run_due("outbound")
    page.goto(mailed("/gifts"))
    can_be_read(page)
    reads_in_order(page, "h1", "#monthly", "#given", "#trails", "#data")
    is_a_receipt(page, "td a[href$='/receipt']")

    with db.unit_of_work() as session:
        gifts = session.scalars(select(Donation).where(Donation.video_id == video.id)).all()
        ending = select(MonthlyGift.state).where(MonthlyGift.first_donation_id.in_(one.id for one in gifts))
        assert [one.captured_minor for one in gifts] == [1250, 1250]
        assert session.scalars(ending).all() == ["ended"]
