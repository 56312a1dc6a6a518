"""Every reason why a project may not receive, and that none is left over when it may."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from app.donations import eligibility
from app.nonprofits.models import Nonprofit, PaymentAccount
from app.projects.models import Project

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)


class Case:
    def __init__(self) -> None:
        self.nonprofit = Nonprofit(
            country="NL",
            status="verified",
            certificate_from=TODAY,
            certificate_until=TODAY,
            fundraising_certificate="",
        )
        self.project = Project(
            status="live", currency="EUR", starts_on=TODAY, ends_on=TODAY, filing_number=""
        )
        self.account: PaymentAccount | None = PaymentAccount(provider="sandbox", ready=True)
        self.provider = "sandbox"

    def obstacle(self) -> str | None:
        return eligibility.obstacle(self.project, self.nonprofit, self.account, self.provider, TODAY)

    def change(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    def through_alipay(self, currency: str) -> None:
        self.provider = self.account.provider = "alipay"
        self.project.currency = currency

    def in_china(self, certificate: str, filing: str, **dates: date | None) -> None:
        self.nonprofit.country = "CN"
        for name, value in dates.items():
            setattr(self.nonprofit, name, value)
        self.nonprofit.fundraising_certificate = certificate
        self.project.filing_number = filing


def test_a_live_project_of_a_verified_nonprofit_with_an_account_may_receive():
    assert Case().obstacle() is None


def test_a_nonprofit_without_certificate_dates_or_a_project_without_dates_may_receive():
    case = Case()
    case.nonprofit.certificate_from = case.nonprofit.certificate_until = None
    case.project.starts_on = case.project.ends_on = None
    assert case.obstacle() is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c.change(provider="none"), eligibility.SWITCHED_OFF),
        (lambda c: setattr(c.nonprofit, "status", "suspended"), eligibility.SUSPENDED),
        (lambda c: setattr(c.nonprofit, "status", "draft"), eligibility.NOT_VERIFIED),
        (lambda c: setattr(c.nonprofit, "status", "submitted"), eligibility.NOT_VERIFIED),
        (lambda c: setattr(c.nonprofit, "status", "changes_requested"), eligibility.NOT_VERIFIED),
        (lambda c: setattr(c.nonprofit, "status", "rejected"), eligibility.NOT_VERIFIED),
        (lambda c: setattr(c.nonprofit, "certificate_from", TODAY + DAY), eligibility.CERTIFICATE_EARLY),
        (lambda c: setattr(c.nonprofit, "certificate_until", TODAY - DAY), eligibility.CERTIFICATE_EXPIRED),
        (lambda c: setattr(c.project, "status", "draft"), eligibility.DRAFT),
        (lambda c: setattr(c.project, "status", "closed"), eligibility.CLOSED),
        (lambda c: setattr(c.project, "starts_on", TODAY + DAY), eligibility.NOT_STARTED),
        (lambda c: setattr(c.project, "ends_on", TODAY - DAY), eligibility.ENDED),
        (lambda c: setattr(c.project, "paused_at", TODAY), eligibility.PAUSED),
        (lambda c: setattr(c.account, "ready", False), eligibility.ACCOUNT_NOT_READY),
        (lambda c: c.through_alipay("EUR"), eligibility.WRONG_CURRENCY),
        (lambda c: c.in_china("certificate", "filing", certificate_from=None), eligibility.NOT_FILED),
        (lambda c: c.in_china("certificate", "filing", certificate_until=None), eligibility.NOT_FILED),
        (
            lambda c: c.in_china("certificate", "filing", certificate_until=TODAY - DAY),
            eligibility.CERTIFICATE_EXPIRED,
        ),
        (lambda c: c.in_china("", ""), eligibility.NOT_FILED),
        (lambda c: c.in_china("certificate", ""), eligibility.NOT_FILED),
        (lambda c: c.in_china("", "filing"), eligibility.NOT_FILED),
        (lambda c: c.change(account=None), eligibility.NO_ACCOUNT),
        (lambda c: setattr(c.account, "provider", "another"), eligibility.NO_ACCOUNT),
        (lambda c: setattr(c.account, "disconnected_at", TODAY), eligibility.NO_ACCOUNT),
    ],
)
def test_each_obstacle_has_its_sentence(change: Callable[[Case], None], reason: str):
    case = Case()
    change(case)
    assert case.obstacle() == reason


def test_a_project_in_yuan_may_receive_through_alipay():
    case = Case()
    case.through_alipay("CNY")
    assert case.obstacle() is None


def test_mainland_china_with_certificate_and_filing_number_may_receive():
    case = Case()
    case.in_china("certificate", "filing")
    assert case.obstacle() is None
