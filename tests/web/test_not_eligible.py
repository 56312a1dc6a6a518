"""Whatever keeps a project from receiving: no place leads to a charge, and each says why."""

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock, runtime
from app.core.settings import Settings
from app.donations import eligibility
from app.donations.models import Donation
from app.gateways.models import SandboxPayment
from app.nonprofits.models import Nonprofit, PaymentAccount
from app.projects.models import Project
from app.videos.models import Video
from app.web import create_app
from tests import factories

DAY = timedelta(days=1)
NOT_PUBLISHED = "It may not be published yet."


@dataclass
class Place:
    """A project that may receive, with a video and gifts that were begun; what a way takes that from it."""

    project: Project
    nonprofit: Nonprofit
    account: PaymentAccount
    video: Video
    begun: Donation  # its pay page is open
    mailed: Donation  # its pay page opens by a mailed link

    def in_china(self, **values: object) -> None:
        self.nonprofit.country = "CN"
        self.nonprofit.fundraising_certificate = "certificate"
        self.project.filing_number = "filing"
        for name, value in values.items():
            setattr(self.project if name == "filing_number" else self.nonprofit, name, value)


Way = Callable[[Place], object]


def today(place: Place):
    return clock.now().date()


WAYS: dict[str, tuple[str, Way]] = {
    "suspended": (eligibility.SUSPENDED, lambda p: setattr(p.nonprofit, "status", "suspended")),
    "not verified": (eligibility.NOT_VERIFIED, lambda p: setattr(p.nonprofit, "status", "changes_requested")),
    "certificate early": (
        eligibility.CERTIFICATE_EARLY,
        lambda p: setattr(p.nonprofit, "certificate_from", today(p) + 2 * DAY),
    ),
    "certificate expired": (
        eligibility.CERTIFICATE_EXPIRED,
        lambda p: setattr(p.nonprofit, "certificate_until", today(p) - 2 * DAY),
    ),
    "no account": (eligibility.NO_ACCOUNT, lambda p: setattr(p.account, "disconnected_at", clock.now())),
    "account restricted": (eligibility.ACCOUNT_NOT_READY, lambda p: setattr(p.account, "ready", False)),
    "draft": (NOT_PUBLISHED, lambda p: setattr(p.project, "status", "draft")),
    "closed": (eligibility.CLOSED, lambda p: setattr(p.project, "status", "closed")),
    "not started": (
        eligibility.NOT_STARTED,
        lambda p: setattr(p.project, "starts_on", today(p) + 2 * DAY),
    ),
    "ended": (eligibility.ENDED, lambda p: setattr(p.project, "ends_on", today(p) - 2 * DAY)),
    "not filed in mainland China": (eligibility.NOT_FILED, lambda p: p.in_china(filing_number="")),
    "no fundraising certificate in mainland China": (
        eligibility.NOT_FILED,
        lambda p: p.in_china(fundraising_certificate=""),
    ),
    "a certificate without dates in mainland China": (
        eligibility.NOT_FILED,
        lambda p: p.in_china(certificate_until=None),
    ),
    "an expired certificate in mainland China": (
        eligibility.CERTIFICATE_EXPIRED,
        lambda p: p.in_china(certificate_until=today(p) - 2 * DAY),
    ),
    "paused": (eligibility.PAUSED, lambda p: setattr(p.project, "paused_at", clock.now())),
}


@pytest.fixture
def place(session: Session) -> Place:
    project = factories.project(session)
    account = session.query(PaymentAccount).filter_by(nonprofit_id=project.nonprofit_id).one()
    nonprofit = session.get_one(Nonprofit, project.nonprofit_id)
    begun, mailed = (factories.donation(session, to=project) for _ in range(2))
    mailed.reference = mailed.pay_url = None
    return Place(project, nonprofit, account, factories.video(session, carries=project), begun, mailed)


def refusals(client: FlaskClient, place: Place) -> dict[str, tuple[int, str]]:
    """What each place answers that could lead to a charge: its status and what it says."""
    gift = {"amount": "5", "frequency": "once", "email": "dora@example.org", "idempotency": "a" * 22}
    video, project = f"/v/{place.video.code}/donate", f"/p/{place.project.code}/donate"
    answers = {
        "sheet of the video": client.get(video),
        "sheet of the project": client.get(project),
        "sent from the video": client.post(video, data=gift),
        "sent from the project": client.post(project, data=gift),
        "asked for by a script": client.post(project, data=gift, headers={"Accept": "application/json"}),
        "old pay link": client.get(f"/d/{place.begun.code}/pay"),
        "mailed link": client.post(f"/d/{place.mailed.code}/confirm"),
    }
    return {name: (answer.status_code, html.unescape(answer.text)) for name, answer in answers.items()}


def check_nothing_can_be_charged(client: FlaskClient, session: Session, place: Place, reason: str) -> None:
    hidden = reason == NOT_PUBLISHED
    for name, (status, said) in refusals(client, place).items():
        assert status == (404 if hidden else 409), name
        assert reason in said or (hidden and "does not raise money for a project" in said), name
        assert (place.begun.pay_url or "") not in said, name
    project = client.get(f"/p/{place.project.code}")
    watch = client.get(f"/v/{place.video.code}")
    assert reason in html.unescape(project.text)
    assert f"/p/{place.project.code}/donate" not in project.text
    assert watch.status_code == 200
    assert "data-donate>" not in watch.text
    assert "DonateAction" not in watch.text
    assert "takes no gifts right now. Why?" in watch.text
    assert session.scalars(select(func.count()).select_from(Donation)).one() == 2
    assert session.scalars(select(func.count()).select_from(SandboxPayment)).one() == 0


def test_while_it_may_receive_every_place_leads_on(client: FlaskClient, session: Session, place: Place):
    answers = refusals(client, place)
    assert [status for status, _ in answers.values()][:2] == [200, 200]
    assert answers["old pay link"][0] == 303
    assert "data-donate>" in client.get(f"/v/{place.video.code}").text
    assert f"/p/{place.project.code}/donate" in client.get(f"/p/{place.project.code}").text


@pytest.mark.parametrize("way", WAYS)
def test_what_may_not_receive_charges_nowhere_and_says_why(
    client: FlaskClient, session: Session, place: Place, way: str
):
    reason, take = WAYS[way]
    take(place)
    session.flush()
    check_nothing_can_be_charged(client, session, place, reason)


@pytest.fixture
def switched_off(settings: Settings) -> Iterator[Flask]:
    yield create_app(settings.model_copy(update={"payment_provider": "none"}))
    runtime.start(settings)


def test_a_site_without_payments_charges_nowhere_and_says_why(
    session: Session, place: Place, switched_off: Flask
):
    switched_off.config["WTF_CSRF_ENABLED"] = False
    with switched_off.test_client() as client:
        check_nothing_can_be_charged(client, session, place, eligibility.SWITCHED_OFF)


def test_numbers_of_mainland_china_stand_on_the_page(client: FlaskClient, session: Session, place: Place):
    place.in_china(fundraising_certificate="53110000MJ0000000X", filing_number="51110000MJ0000000XA26001")
    session.flush()
    for address in (f"/p/{place.project.code}", f"/p/{place.project.code}/donate"):
        said = client.get(address).text
        for number in ("53110000MJ0000000X", "51110000MJ0000000XA26001"):
            assert number in said, address
