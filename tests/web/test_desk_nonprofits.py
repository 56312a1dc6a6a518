"""A nonprofit registers itself, hands its papers in, and learns what it still has to do."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.models import Task
from app.gateways.payments.contract import AccountStatus
from app.nonprofits import documents, payees, verification
from app.nonprofits.models import Nonprofit
from app.nonprofits.verification import Decision
from app.projects import queries
from tests import nearby
from tests.factories import admin, member, nonprofit, person, project
from tests.web.conftest import sign_in_as

PDF = b"%PDF-1.7\n%made for a test\n"
TODAY = clock.now().date()
TYPED = {
    "name": "Paper Lanterns",
    "about": "We build what children draw.",
    "website": "lanterns.example.org",
    "legal_name": "Stichting Papieren Lantaarns",
    "country": "NL",
    "registration_number": "KVK 12345678",
    "certificate_from": (TODAY - timedelta(days=1)).isoformat(),
    "certificate_until": (TODAY + timedelta(days=300)).isoformat(),
    "fundraising_certificate": "",
    "time_zone": "Europe/Amsterdam",
}


def test_from_an_empty_desk_to_papers_handed_in(client: FlaskClient, session: Session) -> None:
    founder = person(session)
    sign_in_as(client, founder)
    assert "Register a nonprofit" in client.get("/desk").text
    answer = client.post("/desk/register", data=TYPED)
    assert answer.status_code == 303
    made = session.scalars(select(Nonprofit).where(Nonprofit.legal_name == TYPED["legal_name"])).one()
    desk = f"/desk/{made.code}"
    assert answer.location == f"{desk}/documents"
    assert "Add at least one document" in client.get(desk).text
    assert "Hand it in" not in client.get(desk).text

    sent = {"kind": "certificate", "file": (BytesIO(PDF), "登记证书.pdf")}
    assert client.post(f"{desk}/documents", data=sent, follow_redirects=True).status_code == 200
    [document] = documents.of(session, made)
    assert document.filename == "登记证书.pdf"
    page = client.get(f"{desk}/documents").text
    assert "登记证书.pdf" in page
    assert "Hand it in to be checked" in page
    assert "Everything is there." in client.get(desk).text

    handed_in = client.post(f"{desk}/submit", follow_redirects=True).text
    assert "Being checked" in handed_in
    assert made.status == "submitted"
    assert made in verification.waiting(session)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Please fill this in."),
        ("country", "", "Please fill this in."),
        ("country", "XX", "Choose one from the list."),
        ("website", "ftp://x.org", "Write an address such as"),
        ("certificate_until", "2001-01-01", "The end is before the beginning."),
        ("certificate_from", "yesterday", "Write a date such as"),
        ("registration_number", "x" * 61, "Use at most 60 characters."),
    ],
)
def test_a_bad_field_is_told_beside_it_and_the_rest_is_kept(
    client: FlaskClient, session: Session, field: str, typed: str, said: str
) -> None:
    sign_in_as(client, person(session))
    answer = client.post("/desk/register", data={**TYPED, field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert said in answer.text
    if field != "about":
        assert TYPED["about"] in answer.text
    if typed and field not in ("country",):
        assert typed in answer.text


def test_a_number_that_is_registered_already_is_told_beside_its_field(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, person(session))
    client.post("/desk/register", data=TYPED)
    answer = client.post("/desk/register", data={**TYPED, "registration_number": "kvk  12345678"})
    assert 'id="registration_number-error"' in answer.text
    assert "registered already" in answer.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This file is empty."),
        (b"MZ not a pdf", "This is not a PDF, JPEG or PNG file"),
    ],
)
def test_a_bad_document_is_told_and_nothing_is_stored(
    client: FlaskClient, session: Session, content: bytes, said: str
) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status="draft")
    sign_in_as(client, owner)
    sent = {"kind": "other", "file": (BytesIO(content), "certificate.pdf")}
    answer = client.post(f"/desk/{at.code}/documents", data=sent)
    assert said in answer.text
    assert len(documents.of(session, at)) == 1


def test_a_document_is_read_by_its_people_through_a_short_lived_address(
    client: FlaskClient, session: Session
) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status="draft")
    sign_in_as(client, owner)
    client.post(f"/desk/{at.code}/documents", data={"kind": "other", "file": (BytesIO(PDF), "a.pdf")})
    document = documents.of(session, at)[-1]
    answer = client.get(f"/desk/{at.code}/documents/{document.code}")
    assert answer.status_code == 303
    assert nearby.get(answer.location).content == PDF
    assert client.post(f"/desk/{at.code}/documents/{document.code}/remove").status_code == 303
    assert nearby.get(answer.location).status_code == 404
    assert document not in documents.of(session, at)


@pytest.mark.parametrize(
    ("decision", "badge"), [(Decision.ASK_FOR_CHANGES, "Changes needed"), (Decision.REJECT, "Refused")]
)
def test_the_reason_of_a_decision_stands_on_the_overview(
    client: FlaskClient, session: Session, decision: Decision, badge: str
) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status="submitted")
    verification.decide(session, at, decision, "The stamp is <b>missing</b>.", admin(session).id)
    page = sign_in_as(client, owner).get(f"/desk/{at.code}").text
    assert badge in page
    assert "The stamp is &lt;b&gt;missing&lt;/b&gt;." in page


def test_the_checklist_leads_to_the_first_gift(client: FlaskClient, session: Session) -> None:
    owner = person(session)
    at = nonprofit(session, owner, receives=False)
    sign_in_as(client, owner)
    page = client.get(f"/desk/{at.code}").text
    assert "What stands between you and the first gift" in page
    assert f"/desk/{at.code}/payments" in page
    payees.connect(session, at, owner.id, "sandbox", AccountStatus("sandbox-x", ready=True))
    project(session, at)
    assert "You can receive gifts" in client.get(f"/desk/{at.code}").text


def test_checked_papers_are_shown_and_not_asked_for(client: FlaskClient, session: Session) -> None:
    owner = person(session)
    at = nonprofit(session, owner)
    project(session, at)
    sign_in_as(client, owner)
    page = client.get(f"/desk/{at.code}/edit").text
    assert 'name="name"' not in page
    assert 'name="legal_name"' not in page
    name = at.name
    typed = {"about": "New words", "website": "", "time_zone": "Asia/Shanghai"}
    forged = {"name": "A Famous Charity", "legal_name": "Somebody else", "certificate_until": "2099-01-01"}
    assert client.post(f"/desk/{at.code}/edit", data=typed | forged).status_code == 303
    assert (at.name, at.about, at.status) == (name, "New words", "verified")
    assert at.legal_name == "Paper Lanterns Foundation"
    assert at.certificate_until is not None
    assert at.certificate_until.year < 2099


def test_a_new_name_is_found_once_it_is_checked(client: FlaskClient, session: Session) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status="changes_requested")
    project(session, at)
    sign_in_as(client, owner)
    assert client.post(f"/desk/{at.code}/edit", data=TYPED | {"name": "New Moons"}).status_code == 303
    at.status = "verified"
    session.flush()
    assert queries.find(session, "new moons")


def test_a_renewal_takes_the_seal_off_until_it_is_checked_again(
    client: FlaskClient, session: Session
) -> None:
    owner = person(session)
    at = nonprofit(session, owner)
    sign_in_as(client, owner)
    assert "Open the papers" in client.get(f"/desk/{at.code}").text
    client.post(f"/desk/{at.code}/reopen")
    assert at.status == "changes_requested"
    assert 'name="legal_name"' in client.get(f"/desk/{at.code}/edit").text


def test_handing_in_too_early_says_what_is_missing(client: FlaskClient, session: Session) -> None:
    owner = person(session)
    at = nonprofit(session, owner, status="draft", certificate_until=None)
    page = sign_in_as(client, owner).post(f"/desk/{at.code}/submit", follow_redirects=True).text
    assert "Say until when your registration certificate is valid." in page
    assert at.status == "draft"


def test_an_account_is_connected_and_disconnected(client: FlaskClient, session: Session) -> None:
    owner, finance = person(session), person(session)
    at = nonprofit(session, owner, receives=False)
    member(session, at, finance, "finance")
    sign_in_as(client, finance)
    payments = f"/desk/{at.code}/payments"
    assert "Connect an account" in client.get(payments).text
    assert "Connected" in client.post(f"{payments}/connect", follow_redirects=True).text
    assert payees.account_of(session, at) is not None
    client.post(f"{payments}/disconnect")
    session.expire_all()
    assert payees.account_of(session, at) is None


def test_an_unverified_organisation_is_told_to_wait(client: FlaskClient, session: Session) -> None:
    owner = person(session)
    at = nonprofit(session, owner, receives=False, status="submitted")
    sign_in_as(client, owner)
    assert "as soon as your organisation is verified" in client.get(f"/desk/{at.code}/payments").text
    page = client.post(f"/desk/{at.code}/payments/connect", follow_redirects=True).text
    assert "once you are verified" in page


def test_the_list_shows_where_one_works_and_nothing_else(client: FlaskClient, session: Session) -> None:
    somebody = person(session)
    member(session, nonprofit(session, name="Mine & Yours"), somebody, "viewer")
    nonprofit(session, name="Theirs")
    page = sign_in_as(client, somebody).get("/desk").text
    assert "Mine &amp; Yours" in page
    assert "Viewer" in page
    assert "Theirs" not in page


def test_every_page_of_the_desk_speaks_for_the_phone_and_the_reader(
    client: FlaskClient, session: Session
) -> None:
    owner = person(session)
    page = sign_in_as(client, owner).get(f"/desk/{nonprofit(session, owner).code}").text
    assert "width=device-width" in page
    assert "style=" not in page
    assert "onclick" not in page
    assert session.scalars(select(Task)).all() == []
