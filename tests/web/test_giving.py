"""From the donor's form to credit: the real form, the provider's API, its pay page, its signed webhook."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import tasks
from app.core.models import Task
from app.core.money import Money
from app.credit.models import Credit
from app.donations.models import Donation, MonthlyGift, PaymentEvent
from app.gateways.models import KeptMail, SandboxPayment
from app.gateways.payments.sandbox import refunds
from app.projects.models import Project
from app.videos.models import Video
from tests.donations.sums import balance_of
from workers.runner import run_due

PAYS = "4242 4242 4242 4242"
DECLINED, TWICE, LOST = "4000 0000 0000 0002", "4000 0000 0000 0028", "4000 0000 0000 0036"


pytestmark = pytest.mark.usefixtures("hooks")


def fill_in(client: FlaskClient, address: str, **changes: str) -> dict[str, str]:
    page = client.get(address).text
    token = re.search(r'name="idempotency"[^>]*value="(\w+)"', page)
    assert token
    return {
        "amount": "12.50",
        "email": "dora@example.org",
        "name": "Dora",
        "idempotency": token[1],
        **changes,
    }


def give(client: FlaskClient, address: str, **changes: str) -> str:
    answer = client.post(address, data=fill_in(client, address, **changes))
    assert answer.status_code == 303
    return answer.location


def pay(client: FlaskClient, pay_url: str, card: str = PAYS) -> str:
    answer = client.post(pay_url, data={"card": card})
    assert answer.status_code == 303
    return answer.location


def the_donation(session: Session) -> Donation:
    session.expire_all()
    return session.scalars(select(Donation)).one()


def test_a_gift_from_a_video_is_credited_to_it(client: FlaskClient, session: Session, video: Video):
    thanks = pay(client, give(client, f"/v/{video.code}/donate"))
    assert client.get(f"{thanks}/state").json == {"state": "pending", "settled": False}
    run_due("money", "outbound")
    assert client.get(f"{thanks}/state").json == {"state": "paid", "settled": True}
    donation = the_donation(session)
    [credit] = session.scalars(select(Credit))
    assert (credit.video_id, credit.creator_id, credit.amount_minor) == (video.id, video.creator_id, 1250)
    assert (donation.captured_minor, donation.fee_minor) == (1250, 36)
    assert balance_of(session, donation.id) == {"provider": 1214, "donations": -1250, "fees": 36}
    assert video.title in client.get(thanks).text


def test_the_receipt_names_amount_payee_project_and_video(
    client: FlaskClient, session: Session, project: Project, video: Video
):
    thanks = pay(client, give(client, f"/v/{video.code}/donate"))
    run_due("money", "outbound")
    [mail] = session.scalars(select(KeptMail))
    assert mail.to == "dora@example.org"
    for said in ("€12.50", "Paper Lanterns", project.title, video.title, thanks, "TEST MODE"):
        assert said in mail.text, said
        assert said.replace("'", "&#39;") in mail.html, said


def test_a_gift_from_a_project_page_is_uncredited(client: FlaskClient, session: Session, project: Project):
    pay(client, give(client, f"/p/{project.code}/donate"))
    run_due("money", "outbound")
    [credit] = session.scalars(select(Credit))
    assert (credit.video_id, credit.creator_id, credit.amount_minor) == (None, None, 1250)


def test_a_redirect_without_an_event_posts_nothing(client: FlaskClient, session: Session, video: Video):
    thanks = pay(client, give(client, f"/v/{video.code}/donate"), LOST)
    client.get(thanks)
    run_due("money", "outbound")
    assert the_donation(session).state == "pending"
    assert session.scalars(select(Credit)).all() == []


def test_a_lost_webhook_is_found_in_the_providers_list(client: FlaskClient, session: Session, video: Video):
    pay(client, give(client, f"/v/{video.code}/donate"), LOST)
    tasks.defer(session, "donations.reconcile")
    run_due("money")
    assert the_donation(session).state == "paid"
    tasks.defer(session, "donations.reconcile")
    run_due("money")
    assert session.scalars(select(func.count()).select_from(PaymentEvent)).one() == 1


def test_news_that_comes_twice_counts_once(client: FlaskClient, session: Session, video: Video):
    pay(client, give(client, f"/v/{video.code}/donate"), TWICE)
    run_due("money", "outbound")
    delivered = session.scalars(select(Task).where(Task.name == "sandbox.deliver")).all()
    assert [bool(task.done_at) for task in delivered] == [True, True]
    assert session.scalars(select(Credit.amount_minor)).all() == [1250]


def test_a_declined_card_can_be_followed_by_one_that_pays(
    client: FlaskClient, session: Session, video: Video
):
    pay_url = give(client, f"/v/{video.code}/donate")
    declined = client.post(pay_url, data={"card": DECLINED})
    assert declined.status_code == 422
    assert "declined" in declined.text
    run_due("money", "outbound")
    donation = the_donation(session)
    assert donation.state == "failed"
    assert "Nothing was charged" in client.get(f"/d/{donation.code}").text
    pay(client, pay_url)
    waiting = client.get(f"/d/{donation.code}").text
    assert "Nothing was charged" not in waiting
    assert f"/d/{donation.code}/state?shown=failed" in waiting
    run_due("money", "outbound")
    assert the_donation(session).state == "paid"


def test_a_gift_that_was_begun_cannot_be_paid_once_its_project_is_closed(
    client: FlaskClient, session: Session, video: Video
):
    pay_url = give(client, f"/v/{video.code}/donate")
    donation = the_donation(session)
    assert client.get(f"/d/{donation.code}/pay").location.endswith(pay_url)
    project = session.get_one(Project, donation.project_id)
    project.status = "closed"
    session.flush()
    refused = client.get(f"/d/{donation.code}/pay")
    assert refused.status_code == 409
    assert pay_url not in refused.text


def test_a_card_number_may_be_typed_without_spaces(client: FlaskClient, session: Session, video: Video):
    pay(client, give(client, f"/v/{video.code}/donate"), PAYS.replace(" ", ""))
    run_due("money", "outbound")
    assert the_donation(session).state == "paid"


def test_going_back_without_paying_ends_the_gift(client: FlaskClient, session: Session, video: Video):
    pay_url = give(client, f"/v/{video.code}/donate")
    thanks = client.post(f"{pay_url}/cancel").location
    run_due("money", "outbound")
    assert the_donation(session).state == "expired"
    assert "Nothing was charged" in client.get(thanks).text


def test_a_form_sent_twice_is_one_donation_and_one_payment(
    client: FlaskClient, session: Session, video: Video
):
    address = f"/v/{video.code}/donate"
    form = fill_in(client, address)
    first, second = client.post(address, data=form), client.post(address, data=form)
    assert first.location == second.location
    assert len(session.scalars(select(Donation)).all()) == 1
    assert len(session.scalars(select(SandboxPayment)).all()) == 1


def test_a_form_sent_again_after_paying_leads_to_the_thanks(client: FlaskClient, video: Video):
    address = f"/v/{video.code}/donate"
    form = fill_in(client, address)
    thanks = pay(client, client.post(address, data=form).location)
    run_due("money", "outbound")
    assert thanks.endswith(client.post(address, data=form).location)


def test_a_changed_form_closes_what_it_had_opened_before(client: FlaskClient, session: Session, video: Video):
    address = f"/v/{video.code}/donate"
    form = fill_in(client, address)
    first = client.post(address, data=form).location
    second = client.post(address, data={**form, "amount": "99"}).location
    assert first != second
    states = dict(session.execute(select(SandboxPayment.amount_minor, SandboxPayment.state)).all())
    assert states == {1250: "cancelled", 9900: "open"}
    assert client.post(first, data={"card": PAYS}).status_code == 303
    pay(client, second)
    run_due("money", "outbound")
    session.expire_all()
    gifts = dict(session.execute(select(Donation.amount_minor, Donation.state)).all())
    assert gifts == {1250: "expired", 9900: "paid"}


def test_a_form_that_was_changed_back_opens_a_payment_again(
    client: FlaskClient, session: Session, video: Video
):
    address = f"/v/{video.code}/donate"
    form = fill_in(client, address, amount="10")
    pages = [client.post(address, data={**form, "amount": much}).location for much in ("10", "20", "10")]
    run_due("money", "outbound")
    pages += [client.post(address, data={**form, "amount": much}).location for much in ("10", "20")]
    assert pages[3] == pages[2]
    assert len(set(pages)) == 4
    payments = session.execute(
        select(SandboxPayment.amount_minor, SandboxPayment.state).order_by(SandboxPayment.id)
    )
    assert [tuple(one) for one in payments] == [
        (1000, "cancelled"),
        (2000, "cancelled"),
        (1000, "cancelled"),
        (2000, "open"),
    ]


def test_a_gift_that_went_back_is_not_said_to_be_credited(
    client: FlaskClient, session: Session, video: Video
):
    thanks = pay(client, give(client, f"/v/{video.code}/donate"))
    run_due("money", "outbound")
    said = ("All of your gift is credited to this video", "on its way to your inbox")
    assert [words in client.get(thanks).text for words in said] == [True, True]
    paid = session.scalars(select(SandboxPayment)).one()
    refunds.refund(session, paid, "all of it", Money(1250, "EUR"))
    run_due("money", "outbound")
    page = client.get(thanks).text
    assert "Your gift was given back" in page
    assert [words in page for words in said] == [False, False]


def test_a_form_that_was_changed_after_it_was_paid_unheard_leads_to_the_thanks(
    client: FlaskClient, session: Session, video: Video
):
    address = f"/v/{video.code}/donate"
    form = fill_in(client, address)
    thanks = pay(client, client.post(address, data=form).location, LOST)
    assert thanks.endswith(client.post(address, data={**form, "amount": "99"}).location)
    assert session.scalars(select(SandboxPayment.amount_minor)).all() == [1250]


def test_a_script_is_told_where_to_go_on_and_sends_the_form_once(
    client: FlaskClient, session: Session, video: Video
):
    address = f"/v/{video.code}/donate"
    asks = {"Accept": "application/json, text/html;q=0.5"}
    told = client.post(address, data=fill_in(client, address), headers=asks)
    assert told.json == {"next": session.scalars(select(Donation.pay_url)).one()}
    wrong = client.post(address, data=fill_in(client, address, amount="ten"), headers=asks)
    assert (wrong.status_code, "data-donate-content" in wrong.text) == (422, True)
    project = session.scalars(select(Project)).one()
    project.status = "closed"
    session.flush()
    closed = client.post(address, data={"amount": "5"}, headers=asks)
    assert (closed.status_code, "data-donate-content" in closed.text) == (409, True)


def test_a_gift_each_month_begins_a_subscription_and_says_so_before_and_after(
    client: FlaskClient, session: Session, video: Video
):
    address = f"/v/{video.code}/donate"
    assert "each month until you stop" in client.get(address).text
    thanks = pay(client, give(client, address, frequency="monthly"))
    run_due("money", "outbound")
    gift = session.scalars(select(MonthlyGift)).one()
    assert (gift.state, gift.amount_minor) == ("active", 1250)
    assert "You give each month" in client.get(thanks).text
    subjects = session.scalars(select(KeptMail.subject).order_by(KeptMail.id)).all()
    assert any("monthly gift" in subject for subject in subjects)


def test_how_often_begins_with_one_time_and_a_month_needs_an_email(
    client: FlaskClient, session: Session, video: Video
):
    address = f"/v/{video.code}/donate"
    assert re.search(r'<input checked[^>]*value="once"', client.get(address).text)
    refused = client.post(address, data=fill_in(client, address, frequency="monthly", email=""))
    assert refused.status_code == 422
    assert "A monthly gift needs your email" in refused.text
    assert re.search(r'<input checked[^>]*value="monthly"', refused.text)
    assert session.scalars(select(Donation)).all() == []


def test_a_lost_answer_and_another_try_are_the_same_payment(
    client: FlaskClient, session: Session, video: Video
):
    address = f"/v/{video.code}/donate"
    form = fill_in(client, address)
    first = client.post(address, data=form).location
    donation = the_donation(session)
    donation.reference = donation.pay_url = None
    session.flush()
    assert client.post(address, data=form).location == first
    assert the_donation(session).pay_url == first


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("amount", "", "Write how much"),
        ("amount", "ten", "in digits"),
        ("amount", "10,50", "Write 10.50 or 1050"),
        ("amount", "0.50", "smallest gift"),
        ("amount", "12.3456", "decimal places"),
        ("email", "dora@", "email address"),
        ("public_message", "x" * 501, "at most 500"),
        ("idempotency", "short", "send it again"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    client: FlaskClient, session: Session, video: Video, field: str, typed: str, said: str
):
    address = f"/v/{video.code}/donate"
    answer = client.post(address, data=fill_in(client, address, private_note="kept words") | {field: typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert "kept words" in answer.text
    assert session.scalars(select(Donation)).all() == []


def test_an_old_link_says_why_the_project_cannot_receive(
    client: FlaskClient, session: Session, project: Project, video: Video
):
    project.status = "closed"
    session.flush()
    for address in (f"/v/{video.code}/donate", f"/p/{project.code}/donate"):
        for answer in (client.get(address), client.post(address, data={"amount": "5"})):
            assert answer.status_code == 409
            assert "This project is closed" in answer.text
    assert session.scalars(select(Donation)).all() == []


def test_the_donors_page_is_for_the_donor_alone(client: FlaskClient, video: Video):
    thanks = pay(client, give(client, f"/v/{video.code}/donate"))
    answer = client.get(thanks)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_every_page_of_the_simulated_provider_says_test_mode(
    client: FlaskClient, session: Session, video: Video
):
    form = f"/v/{video.code}/donate"
    pay_url = give(client, form)
    pages = [client.get(address).text for address in (form, pay_url, "/sandbox")]
    pages.append(client.get(pay(client, pay_url)).text)
    assert ["TEST MODE" in page for page in pages] == [True] * 4
