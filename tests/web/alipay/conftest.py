"""A site that receives through Alipay, and the other side of it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import runtime
from app.core.money import Money
from app.core.settings import Settings
from app.donations.models import Donation
from app.gateways.payments.alipay import grants
from app.gateways.payments.contract import PaymentRequest
from app.nonprofits.models import PaymentAccount
from app.projects.models import Project
from app.web import create_app
from app.web.outside import payments
from tests import factories
from tests.engines import Engines
from tests.gateways.alipay_side import APP_ID, SELLER, TOKEN, AlipaySide, serving


@pytest.fixture(scope="module")
def server() -> Iterator[AlipaySide]:
    with serving(AlipaySide()) as side:
        yield side


@pytest.fixture(scope="module")
def site(settings: Settings, server: AlipaySide) -> Iterator[Flask]:
    """A site that receives through Alipay."""
    alipay = {
        "payment_provider": "alipay",
        "alipay_app_id": APP_ID,
        "alipay_private_key": server.app_private_pem,
        "alipay_public_key": server.public_pem,
        "alipay_gateway_url": server.url,
    }
    made = create_app(settings.model_copy(update=alipay))
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    runtime.start(settings)


@pytest.fixture
def hook(site: Flask, session: Session, engines: Engines) -> FlaskClient:
    engines.empty_redis(engines.worker)
    return site.test_client()


@pytest.fixture
def side(server: AlipaySide) -> AlipaySide:
    server.begin_anew()
    return server


@pytest.fixture
def project(session: Session, site: Flask, side: AlipaySide) -> Project:
    """A project in yuan of an organisation that has let this site act for its account at Alipay."""
    project = factories.project(session, goal=Money(500_000, "CNY"))
    account = session.query(PaymentAccount).filter_by(nonprofit_id=project.nonprofit_id).one()
    account.provider, account.reference = "alipay", SELLER
    session.flush()
    grants.keep(SELLER, TOKEN)
    return project


@pytest.fixture
def donation(session: Session, site: Flask, side: AlipaySide, project: Project) -> Donation:
    """A gift of 10.00 yuan whose page the donor has opened and paid at."""
    donation = factories.donation(session, to=project)
    donation.reference = donation.code
    session.flush()
    with site.app_context():
        gateway = payments()
    assert gateway is not None
    asked = PaymentRequest(SELLER, donation.amount, project.title, "http://127.0.0.1/d/x", donation.code)
    side.open(gateway.open_payment(asked).pay_url)
    side.pay(donation.code)
    return donation
