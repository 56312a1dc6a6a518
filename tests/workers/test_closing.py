"""Pay pages that were open when their project stopped receiving are closed at the provider."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock, tasks
from app.core.models import Task
from app.core.settings import Settings
from app.donations.models import Donation
from app.gateways import traffic
from app.gateways.models import SandboxPayment
from app.gateways.payments.contract import AccountStatus, PaymentRequest
from app.gateways.payments.registry import open_gateway
from app.nonprofits import payees, verification
from app.nonprofits.models import Nonprofit, PaymentAccount
from app.nonprofits.verification import Decision
from app.projects import lifecycle
from app.projects.models import Project
from app.web import create_app
from tests import factories
from workers.runner import run_due


@pytest.fixture(autouse=True, scope="module")
def _provider(settings: Settings) -> Iterator[None]:
    with traffic.routed(httpx.WSGITransport(create_app(settings))):
        yield


@pytest.fixture
def admin(session: Session) -> Person:
    return factories.admin(session)


def begun(session: Session, settings: Settings, to: Project) -> Donation:
    """A gift whose payment is open at the provider."""
    donation = factories.donation(session, to=to)
    account = session.get_one(PaymentAccount, donation.payment_account_id)
    gateway = open_gateway(settings, traffic.transport())
    assert gateway is not None
    asked = PaymentRequest(account.reference, donation.amount, "Gift", "http://127.0.0.1/d/x", donation.code)
    opened = gateway.open_payment(asked)
    donation.reference, donation.pay_url = opened.reference, opened.pay_url
    session.flush()
    return donation


def state_there(session: Session, donation: Donation) -> str:
    session.expire_all()
    return session.scalars(
        select(SandboxPayment.state).where(SandboxPayment.code == donation.reference)
    ).one()


def house_of(session: Session, project: Project) -> Nonprofit:
    return session.get_one(Nonprofit, project.nonprofit_id)


def restrict(session: Session, project: Project, _admin: Person) -> None:
    account = payees.account_of(session, house_of(session, project))
    assert account is not None
    payees.note(session, account, AccountStatus(account.reference, ready=False))


STOPS: dict[str, Callable[[Session, Project, Person], None]] = {
    "closed": lambda s, p, a: lifecycle.close(s, p, a.id),
    "suspended": lambda s, p, a: verification.decide(s, house_of(s, p), Decision.SUSPEND, "A reason", a.id),
    "reopened": lambda s, p, a: verification.reopen(s, house_of(s, p), a.id),
    "disconnected": lambda s, p, a: payees.disconnect(s, house_of(s, p), a.id),
    "restricted": restrict,
}


@pytest.mark.parametrize("stop", STOPS)
def test_what_stops_a_project_closes_its_open_pages_and_no_others(
    session: Session, settings: Settings, admin: Person, stop: str
):
    project, other = factories.project(session), factories.project(session)
    gift, elsewhere = begun(session, settings, project), begun(session, settings, other)
    STOPS[stop](session, project, admin)
    run_due("outbound", "money")
    assert (state_there(session, gift), gift.state) == ("cancelled", "expired")
    assert (state_there(session, elsewhere), elsewhere.state) == ("open", "pending")


def test_a_page_that_was_opened_in_that_very_moment_is_closed_at_the_next_look(
    session: Session, settings: Settings, admin: Person
):
    project = factories.project(session)
    lifecycle.close(session, project, admin.id)
    run_due("outbound")
    late = begun(session, settings, project)
    [again] = session.scalars(select(Task).where(Task.name == "donations.close_open", Task.done_at.is_(None)))
    assert timedelta(minutes=1) < again.run_after - clock.now() < timedelta(minutes=3)
    again.run_after = clock.now()
    session.flush()
    run_due("outbound")
    assert state_there(session, late) == "cancelled"


def test_an_organisation_that_receives_again_keeps_its_pages(
    session: Session, settings: Settings, admin: Person
):
    project = factories.project(session)
    gift = begun(session, settings, project)
    for decision in (Decision.SUSPEND, Decision.REINSTATE):
        verification.decide(session, house_of(session, project), decision, "A reason", admin.id)
    run_due("outbound")
    assert state_there(session, gift) == "open"


def test_a_certificate_that_ends_by_itself_is_found_each_hour(session: Session, settings: Settings):
    project = factories.project(session)
    gift = begun(session, settings, project)
    house_of(session, project).certificate_until = clock.now().date() - timedelta(days=2)
    tasks.defer(session, "donations.close_open")
    run_due("outbound", "money")
    assert (state_there(session, gift), gift.state) == ("cancelled", "expired")
    assert not session.scalars(
        select(Task).where(Task.done_at.is_(None), Task.name == "donations.close_open")
    ).all()


def test_a_provider_that_does_not_answer_is_asked_again(session: Session, settings: Settings, admin: Person):
    project = factories.project(session)
    gift = begun(session, settings, project)
    lifecycle.close(session, project, admin.id)

    def fail(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with traffic.routed(httpx.MockTransport(fail)):
        run_due("outbound")
    [task] = session.scalars(select(Task).where(Task.name == "donations.close_open"))
    assert (task.done_at, task.dead_at) == (None, None)
    assert "does not answer" in (task.last_error or "")
    task.run_after = clock.now()
    session.flush()
    run_due("outbound")
    assert state_there(session, gift) == "cancelled"
