"""Receipts on the web: the donor's PDF, the public check page, the desk, and the mail that brings one."""

import io

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.donations import donors, receipts
from app.donations.models import Donation, Receipt
from app.gateways.mail.mailer import Attachment, Message, compose
from app.gateways.models import KeptMail
from app.nonprofits.models import Nonprofit
from tests import factories
from tests.web.conftest import sign_in_as
from workers import credit
from workers.runner import run_due


@pytest.fixture
def at(session: Session) -> Nonprofit:
    return factories.nonprofit(session)


@pytest.fixture
def gift(session: Session, at: Nonprofit) -> Donation:
    """A gift that has arrived, and no receipt yet."""
    made = factories.donation(
        session, to=factories.project(session, at), donor_name="李明 Dora", locale="zh_Hans"
    )
    credit.settle(session, event_ids=[factories.event(session, made).id])
    return made


@pytest.fixture
def finance(client: FlaskClient, session: Session, at: Nonprofit) -> FlaskClient:
    """The browser of somebody from the organisation's finance."""
    person = factories.person(session, "Fina Finance")
    factories.member(session, at, person, "finance")
    return sign_in_as(client, person)


def test_the_holder_of_the_secret_address_gets_the_receipt(client: FlaskClient, gift: Donation):
    answer = client.get(f"/d/{gift.code}/receipt")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert client.get(f"/d/{gift.code}/receipt").data == answer.data
    root = PdfReader(io.BytesIO(answer.data)).trailer["/Root"]
    assert root["/Lang"] == "zh-CN"  # pyright: ignore[reportIndexIssue]


def test_without_a_payment_there_is_a_reason_and_no_receipt(client: FlaskClient, session: Session):
    unpaid = factories.donation(session)
    answer = client.get(f"/d/{unpaid.code}/receipt")
    assert answer.status_code == 409
    assert "as soon as the gift has been paid" in answer.text
    assert session.scalars(select(Receipt)).all() == []


def test_the_check_page_shows_nothing_of_the_donor(client: FlaskClient, session: Session, gift: Donation):
    gift.private_note, gift.public_message = "A note", "A message"
    issued = receipts.ensure(session, gift.id)
    page = client.get(f"/receipts/{issued.code}").text
    for shown in ("This receipt is valid", "Receipt 1", "€10.00", "Paper Lanterns Foundation", "noindex"):
        assert shown in page
    for hidden in ("李明", "Dora", gift.email, gift.number, gift.code, "A note", "A message"):
        assert hidden not in page


def test_the_check_page_says_void_and_which_receipt_is_in_its_place(
    client: FlaskClient, session: Session, gift: Donation
):
    issued = receipts.ensure(session, gift.id)
    made = receipts.reissue(session, issued, "Secret reason", factories.person(session).id)
    page = client.get(f"/receipts/{issued.code}").text
    assert "This receipt is void" in page
    assert f"Receipt {made.number} is in its place" in page
    assert "Secret reason" not in page
    assert made.code not in page
    assert "This receipt is valid" in client.get(f"/receipts/{made.code}").text
    assert client.get("/receipts/nothing").status_code == 404


def test_finance_sees_voids_and_replaces_receipts(
    finance: FlaskClient, session: Session, at: Nonprofit, gift: Donation
):
    receipts.ensure(session, gift.id)
    here = f"/desk/{at.code}/receipts"
    assert "李明 Dora" in finance.get(here).text
    assert finance.get(f"{here}/1/pdf").content_type == "application/pdf"
    refused = finance.post(f"{here}/1/void", data={"reason": " "})
    assert refused.status_code == 422
    assert "Please fill this in." in refused.text or "Say why" in refused.text
    answer = finance.post(f"{here}/1/reissue", data={"reason": "A typo", "name": "Dora Li"})
    assert answer.location == f"{here}/2"
    second = finance.get(answer.location).text
    assert "Dora Li" in second
    assert finance.post(f"{here}/2/void", data={"reason": "Not ours"}).status_code == 303
    voided = finance.get(f"{here}/2").text
    assert "Not ours" in voided
    assert "Fina Finance" in voided
    assert "No receipts here" in finance.get(f"{here}?state=valid").text
    assert finance.get(f"{here}?state=void").text.count("No. ") == 2


def test_nobody_reads_an_anonymous_donors_name_in_the_receipts(
    finance: FlaskClient, client: FlaskClient, session: Session, at: Nonprofit, gift: Donation
):
    gift.anonymous = True
    receipts.ensure(session, gift.id)
    here = f"/desk/{at.code}/receipts"
    for page in (here, f"{here}/1"):
        assert "Anonymous" in finance.get(page).text
        assert "Dora" not in finance.get(page).text
    seen = finance.get(f"{here}/1/pdf").data
    own = client.get(f"/d/{gift.code}/receipt").data
    assert "Dora" not in PdfReader(io.BytesIO(seen)).pages[0].extract_text()
    assert "Dora" in PdfReader(io.BytesIO(own)).pages[0].extract_text()


def test_a_forgotten_donors_name_stands_on_the_organisations_own_copy_and_nowhere_else(
    finance: FlaskClient, client: FlaskClient, session: Session, at: Nonprofit, gift: Donation
):
    receipts.ensure(session, gift.id)
    donors.forget(session, gift.email)
    session.expire_all()
    here = f"/desk/{at.code}/receipts"
    for page in (here, f"{here}/1"):
        assert "Deleted at the donor's wish" in finance.get(page).text
        assert "Dora" not in finance.get(page).text
    kept = finance.get(f"{here}/1/pdf").data
    by_link = client.get(f"/d/{gift.code}/receipt").data
    assert "Dora" in PdfReader(io.BytesIO(kept)).pages[0].extract_text()
    assert "Dora" not in PdfReader(io.BytesIO(by_link)).pages[0].extract_text()


def test_an_editor_reads_no_receipts_and_another_organisation_finds_none(
    client: FlaskClient, session: Session, at: Nonprofit, gift: Donation
):
    receipts.ensure(session, gift.id)
    editor = factories.person(session)
    factories.member(session, at, editor, "editor")
    assert sign_in_as(client, editor).get(f"/desk/{at.code}/receipts").status_code == 403
    owner = factories.person(session)
    other = factories.nonprofit(session, owner)
    assert sign_in_as(client, owner).get(f"/desk/{other.code}/receipts/1").status_code == 404


def test_the_mail_brings_the_receipt(office: FlaskClient, session: Session, gift: Donation):
    run_due("outbound")
    mail = session.scalars(select(KeptMail).where(KeptMail.to == gift.email)).one()
    issued = session.scalars(select(Receipt)).one()
    assert issued.donation_id == gift.id
    page = office.get(f"/admin/mail/{mail.id}")
    assert f"-{issued.number}.pdf" in page.text
    file = office.get(f"/admin/mail/{mail.id}/attachments/1")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.data == office.get(f"/d/{gift.code}/receipt").data
    assert office.get(f"/admin/mail/{mail.id}/attachments/2").status_code == 404


def test_a_gift_that_went_back_meanwhile_brings_no_mail(session: Session):
    gift = factories.donation(
        session, state="refunded", captured_minor=1000, refunded_minor=1000, paid_at=clock.now()
    )
    tasks.defer(session, "mail.send", mail="receipt", donation_id=gift.id)
    run_due("outbound")
    assert session.scalars(select(KeptMail)).all() == []


def test_a_withdrawn_receipt_is_not_attached(session: Session, gift: Donation):
    issued = receipts.ensure(session, gift.id)
    receipts.void(session, issued, "Wrong", factories.person(session).id)
    run_due("outbound")
    mail = session.scalars(select(KeptMail)).one()
    assert session.scalars(select(KeptMail).join(KeptMail.attachments)).all() == []
    assert "PDF" not in mail.text


def test_a_mail_carries_its_attachment_whole():
    body = bytes(range(256)) * 100
    message = Message(
        "d@example.org", "s", "t", "<p>h</p>", "k", (Attachment("收据-1.pdf", "application/pdf", body),)
    )
    sent = compose(message, "hello@kindrelay.example")
    [file] = sent.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "收据-1.pdf",
        "application/pdf",
        body,
    )
