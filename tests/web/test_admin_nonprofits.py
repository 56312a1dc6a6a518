import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.gateways.models import KeptMail
from app.nonprofits import documents, verification
from app.web.outside import object_store
from tests import nearby
from tests.factories import nonprofit, person
from workers.runner import run_due


def test_a_registration_is_approved_and_its_owner_reads_why(
    office: FlaskClient, session: Session, ada: Person
) -> None:
    owner = person(session, "Olga", locale="zh_Hans")
    at = nonprofit(session, owner, status="draft", verified_at=None)
    verification.submit(session, at, owner.id)
    run_due("outbound")
    told = session.scalars(select(KeptMail).where(KeptMail.to == ada.email)).one()
    assert f"http://127.0.0.1:8000/admin/nonprofits/{at.code}" in told.text
    assert at.name in office.get("/admin").text

    page = office.get(f"/admin/nonprofits/{at.code}").text
    assert "Paper Lanterns Foundation" in page
    assert "register.pdf" in page
    assert owner.email in page
    typed = {"decision": "approve", "reason": "The register agrees. <3"}
    answer = office.post(f"/admin/nonprofits/{at.code}/decide", data=typed)
    assert (answer.status_code, answer.location, at.status) == (303, "/admin", "verified")
    run_due("outbound")
    mail = session.scalars(select(KeptMail).where(KeptMail.to == owner.email)).one()
    assert "The register agrees. <3" in mail.text
    assert "The register agrees. &lt;3" in mail.html
    assert f"http://127.0.0.1:8000/desk/{at.code}" in mail.text
    assert f"/admin/nonprofits/{at.code}" not in office.get("/admin").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"decision": "approve", "reason": " "}, "Write the reason; the organisation will read it."),
        ({"decision": "approve", "reason": ""}, "Please fill this in."),
        ({"reason": "Because."}, "Choose one."),
        ({"decision": "suspend", "reason": "Because."}, "Choose one from the list."),
        ({"decision": "submit", "reason": "Because."}, "Choose one from the list."),
    ],
)
def test_a_decision_without_sense_changes_nothing(
    office: FlaskClient, session: Session, typed: dict[str, str], said: str
) -> None:
    at = nonprofit(session, status="submitted")
    answer = office.post(f"/admin/nonprofits/{at.code}/decide", data=typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert at.status == "submitted"


def test_what_is_incomplete_is_not_approved_and_the_reason_typed_is_kept(
    office: FlaskClient, session: Session
) -> None:
    at = nonprofit(session, status="submitted", certificate_until=None)
    typed = {"decision": "approve", "reason": "Looks fine to me."}
    page = office.post(f"/admin/nonprofits/{at.code}/decide", data=typed).text
    assert "Say until when your registration certificate is valid." in page
    assert "Looks fine to me." in page
    assert at.status == "submitted"


def test_a_verified_organisation_is_suspended_and_reinstated(office: FlaskClient, session: Session) -> None:
    at = nonprofit(session)
    decide = f"/admin/nonprofits/{at.code}/decide"
    office.post(decide, data={"decision": "suspend", "reason": "Reports are missing."})
    assert at.status == "suspended"
    office.post(decide, data={"decision": "reinstate", "reason": "They came."})
    assert at.status == "verified"
    page = office.get(f"/admin/nonprofits/{at.code}").text
    assert "Reports are missing." in page
    assert "They came." in page


def test_the_papers_are_opened_by_a_signed_address(office: FlaskClient, session: Session) -> None:
    at = nonprofit(session, status="submitted")
    [document] = documents.of(session, at)
    with office.application.app_context():
        object_store().private.put(document.object_key, b"%PDF-1.7", "application/pdf")
    answer = office.get(f"/admin/nonprofits/{at.code}/documents/{document.code}")
    assert answer.status_code == 303
    assert nearby.get(answer.location).content == b"%PDF-1.7"
    other = nonprofit(session)
    assert office.get(f"/admin/nonprofits/{other.code}/documents/{document.code}").status_code == 404


def test_the_list_is_narrowed_by_status(office: FlaskClient, session: Session) -> None:
    nonprofit(session, name="Suspended Swans", status="suspended")
    nonprofit(session, name="Verified Voles")
    page = office.get("/admin/nonprofits?status=suspended").text
    assert "Suspended Swans" in page
    assert "Verified Voles" not in page
    assert "Verified Voles" in office.get("/admin/nonprofits?status=nonsense").text
