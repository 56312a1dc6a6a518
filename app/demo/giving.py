"""The demo's gifts of today: each from a form to the provider's pay page, and back by its signed webhook."""

import html
import re

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.money import Money
from app.core.settings import Settings
from app.demo import filming, planning
from app.demo.content.donations import Present
from app.demo.content.videos import UPLOADS
from app.demo.errors import DemoError
from app.demo.waiting import wait_while
from app.donations import checkout, offers
from app.donations.models import Donation
from app.donations.offers import Offer
from app.gateways.payments.contract import PaymentGateway
from app.gateways.payments.registry import open_gateway
from app.projects import queries

CARD = "4242424242424242"  # the simulated provider's card that pays at once
CSRF_FIELD = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
CHINESE = re.compile(r"[\u4e00-\u9fff]")
UPLOAD_OF = {upload.key: upload for upload in UPLOADS}
TOKEN = "demogift"  # noqa: S105 (begins the token of each form, which tells these gifts from visitors')
PATIENCE_SECONDS = 120


def give_all(settings: Settings, browser: httpx.Client) -> None:
    """Let those give and pay who do so on the day of loading."""
    gateway = open_gateway(settings)
    if gateway is None:
        raise DemoError("The demo needs the simulated payments. Set KINDRELAY_PAYMENT_PROVIDER=sandbox.")
    for number, present in enumerate(planning.todays()):
        _give(present, f"{TOKEN}{number:08d}", settings, gateway, browser)


def wait_until_settled() -> None:
    """Wait until every gift has come back as paid. Raises DemoError when one does not."""
    wait_while(
        _pending,
        lambda left: f"{left} gifts were paid and are not settled. Look at the worker of “money”.",
        PATIENCE_SECONDS,
    )


def _give(
    present: Present, token: str, settings: Settings, gateway: PaymentGateway, browser: httpx.Client
) -> None:
    with unit_of_work() as session:
        place = offer(session, present.place, settings.payment_provider)
        donation = checkout.start(session, place, gift(present, place.project.currency), token)
    if donation.state != "pending":
        return
    page = f"{settings.base_url.rstrip('/')}/d/{donation.code}"
    opened = gateway.open_payment(checkout.payment_request(donation, page))
    with unit_of_work() as session:
        checkout.opened(session, donation.id, opened)
    _pay(opened.pay_url, browser)


def offer(session: Session, place: str, provider: str) -> Offer:
    """The chance to give at a place. Raises DemoError for a film that is not there."""
    if place.startswith("#"):
        return offers.of_project(session, queries.by_tag(session, place).code, provider)
    video = filming.find(session, UPLOAD_OF[place])
    if video is None:
        raise DemoError(f"The video “{UPLOAD_OF[place].title}” is not there to give from.")
    return offers.of_video(session, video.code, provider)


def gift(present: Present, currency: str) -> checkout.Gift:
    """What somebody fills in."""
    speaks_chinese = currency == "CNY" or CHINESE.search(present.name + present.message)
    return checkout.Gift(
        amount=Money(present.amount, currency),
        name=present.name,
        anonymous=not present.name,
        email=present.email,
        public_message=present.message,
        private_note=present.note,
        locale="zh_Hans" if speaks_chinese else "en",
        monthly=present.monthly,
    )


def _pay(address: str, browser: httpx.Client) -> None:
    """Do what a donor does on the provider's page: choose a card and press the button."""
    page = browser.get(address)
    if page.is_redirect:
        return  # paid before
    token = CSRF_FIELD.search(page.raise_for_status().text)
    if token is None:
        raise DemoError(f"The pay page at {address} has no form.")
    answer = browser.post(address, data={"csrf_token": html.unescape(token[1]), "card": CARD})
    if not answer.is_redirect:
        raise DemoError(f"The pay page at {address} answered {answer.status_code}.")


def _pending() -> int:
    ours = Donation.idempotency.startswith(TOKEN)
    with unit_of_work() as session:
        waiting = session.scalar(select(func.count()).where(Donation.state == "pending", ours))
    return waiting or 0
