"""The donor without an account: gifts behind a mailed link, monthly gifts in hand, data taken or deleted."""

import re

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, tasks
from app.core.settings import Settings
from app.donations import donors, monthly
from app.donations.ledger_models import LedgerEntry
from app.donations.models import Donation, MonthlyGift, Receipt
from app.finance import books
from app.gateways.models import KeptMail, SandboxSubscription
from app.gateways.payments.sandbox import subscriptions
from app.nonprofits.models import Nonprofit
from app.projects import updates
from app.projects.models import Project
from app.videos.models import Video
from tests import factories
from tests.web.test_giving import DECLINED, LOST, PAYS, give, pay
from workers.runner import run_due

pytestmark = pytest.mark.usefixtures("hooks")

FAILS_LATER = "4000 0000 0000 0341"
TOKEN = re.compile(r'(?<=name="csrf_token" value=")[^"]+')  # it holds the second in which it was made


def given(client: FlaskClient, video: Video, card: str = PAYS, **changes: str) -> None:
    pay(client, give(client, f"/v/{video.code}/donate", **changes), card)
    run_due("money", "outbound")


def mailed(session: Session, path: str) -> str:
    """The newest link of that kind in any mail."""
    for text in session.scalars(select(KeptMail.text).order_by(KeptMail.id.desc())):
        if found := re.search(rf"https?://[^/\s]+({path}/[\w.-]+)", text):
            return found[1]
    raise AssertionError(f"no mail holds a link to {path}")


def my_gifts(client: FlaskClient, session: Session, email: str = "dora@example.org") -> str:
    assert client.post("/gifts", data={"email": email}).status_code == 200
    run_due("outbound")
    return mailed(session, "/gifts")


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(
    client: FlaskClient, session: Session, video: Video
):
    given(client, video)
    before = len(session.scalars(select(KeptMail)).all())
    known, unknown = (
        TOKEN.sub("", client.post("/gifts", data={"email": f"{name}@example.org"}).text)
        for name in ("dora", "nobody")
    )
    assert known.replace("dora@", "nobody@") == unknown
    run_due("outbound")
    mails = session.scalars(select(KeptMail).order_by(KeptMail.id)).all()[before:]
    assert [mail.to for mail in mails] == ["dora@example.org"]


def test_the_link_shows_every_gift_of_the_address_in_any_letter_case(
    client: FlaskClient, session: Session, project: Project, video: Video
):
    given(client, video)
    given(client, video, amount="7", email="Dora@example.org")
    given(client, video, amount="99", email="eve@example.org")
    updates.post(session, project, project_owner(session), "The swing stands", "Look!")
    address = my_gifts(client, session, "DORA@example.org")
    assert "dora" not in address.lower()
    page = client.get(address)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for said in ("€12.50", "€7.00", "€19.50", "Paper Lanterns", video.title, "The swing stands", "Receipt"):
        assert said in page.text, said
    assert "€99" not in page.text


def project_owner(session: Session) -> int:
    return factories.person(session).id


@pytest.mark.parametrize("change", ["forged", "too old", "forgotten"])
def test_a_link_that_is_not_good_opens_nothing(
    client: FlaskClient, session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch, change: str
):
    gift = factories.donation(session, to=factories.project(session))
    token = donors.link_token(gift, settings.secret_key)
    if change == "forged":
        token = donors.link_token(gift, "another secret")
    elif change == "too old":
        monkeypatch.setattr(donors, "LINK_HOURS", -1)
    else:
        donors.forget(session, gift.email)
    for path in ("", "/export", "/forget", "/statement?payee=x&first=2026-01-01&last=2026-12-31"):
        assert client.get(f"/gifts/{token}{path}").status_code == 404


def test_a_statement_lists_the_gifts_of_a_range_as_pdf(
    client: FlaskClient, session: Session, project: Project, video: Video
):
    given(client, video)
    address = my_gifts(client, session)
    payee = re.search(r'<option value="(\w+)"', client.get(address).text)
    assert payee
    today = clock.now().date().isoformat()
    made = client.get(f"{address}/statement?payee={payee[1]}&first={today}&last={today}")
    assert (made.status_code, made.mimetype) == (200, "application/pdf")
    for nonsense in ("first=2026-02-01&last=2026-01-01", "first=0001-01-01&last=2026-01-01", "first=x"):
        assert client.get(f"{address}/statement?payee={payee[1]}&{nonsense}").status_code == 422
    until_the_end = f"{address}/statement?payee={payee[1]}&first={today}&last=9999-12-31"
    assert client.get(until_the_end).status_code == 422


def test_all_that_is_kept_can_be_taken_along(client: FlaskClient, session: Session, video: Video):
    given(client, video, private_note="For the swing", frequency="monthly")
    taken = client.get(my_gifts(client, session) + "/export")
    assert taken.headers["Content-Disposition"].startswith("attachment")
    assert taken.json is not None
    [gift] = taken.json["gifts"]
    assert (gift["amount_minor"], gift["currency"], gift["private_note"]) == (1250, "EUR", "For the swing")
    assert (gift["credited_videos"], gift["receipt_numbers"]) == ([video.code], [1])
    [each_month] = taken.json["monthly_gifts"]
    assert (each_month["state"], each_month["another_card_since"]) == ("active", None)


def test_deleting_takes_the_person_out_and_leaves_the_books(
    client: FlaskClient, session: Session, video: Video
):
    given(client, video, public_message="Hello", private_note="A note")
    given(client, video, email="eve@example.org")
    entries = len(session.scalars(select(LedgerEntry)).all())
    address = my_gifts(client, session)
    assert client.post(f"{address}/forget").status_code == 422
    assert client.post(f"{address}/forget", data={"sure": "y"}).status_code == 200
    session.expire_all()
    mine, eves = session.scalars(select(Donation).order_by(Donation.id))
    assert (mine.donor_name, mine.email, mine.public_message, mine.private_note) == ("", "", "", "")
    assert mine.forgotten_at is not None
    assert (eves.email, eves.forgotten_at) == ("eve@example.org", None)
    assert {mail.to for mail in session.scalars(select(KeptMail))} == {"eve@example.org"}
    assert len(session.scalars(select(LedgerEntry)).all()) == entries
    assert session.scalars(select(Receipt)).first() is not None
    assert books.check(session).right
    assert client.get(address).status_code == 404


def test_who_gives_each_month_ends_that_before_being_forgotten(
    client: FlaskClient, session: Session, video: Video
):
    given(client, video, frequency="monthly")
    address = my_gifts(client, session)
    refused = client.post(f"{address}/forget", data={"sure": "y"})
    assert (refused.status_code, "End your monthly gifts first" in refused.text) == (422, True)
    client.post(mailed(session, "/monthly"), data={"change": "end"})
    assert client.post(f"{address}/forget", data={"sure": "y"}).status_code == 200


def test_a_monthly_gift_that_was_begun_and_not_paid_cannot_be_paid_once_its_donor_is_forgotten(
    client: FlaskClient, session: Session, video: Video
):
    given(client, video)
    pay_url = give(client, f"/v/{video.code}/donate", frequency="monthly")
    client.post(my_gifts(client, session) + "/forget", data={"sure": "y"})
    client.post(pay_url, data={"card": PAYS})
    run_due("money", "outbound")
    assert session.scalars(select(MonthlyGift.state)).all() == ["pending"]
    assert session.scalars(select(SandboxSubscription)).all() == []


@pytest.mark.parametrize("state", ["pending", "expired"])
def test_nobody_is_forgotten_while_a_monthly_gift_was_paid_unheard(
    client: FlaskClient, session: Session, video: Video, state: str
):
    given(client, video)
    pay(client, give(client, f"/v/{video.code}/donate", frequency="monthly"), LOST)
    monthly_one = session.scalars(select(Donation).order_by(Donation.id.desc())).first()
    assert monthly_one is not None
    monthly_one.state = state
    session.flush()
    address = my_gifts(client, session)
    refused = client.post(f"{address}/forget", data={"sure": "y"})
    assert (refused.status_code, "has just arrived" in refused.text) == (422, True)
    session.expire_all()
    assert {gift.email for gift in session.scalars(select(Donation))} == {"dora@example.org"}


def test_a_monthly_gift_that_expired_cannot_be_paid_once_its_donor_is_forgotten(
    client: FlaskClient, session: Session, video: Video
):
    given(client, video)
    pay_url = give(client, f"/v/{video.code}/donate", frequency="monthly")
    left = session.scalars(select(Donation).order_by(Donation.id.desc())).first()
    assert left is not None
    left.state = "expired"
    session.flush()
    assert client.post(my_gifts(client, session) + "/forget", data={"sure": "y"}).status_code == 200
    client.post(pay_url, data={"card": PAYS})
    run_due("money", "outbound")
    assert session.scalars(select(SandboxSubscription)).all() == []


def test_a_monthly_gift_is_paused_resumed_changed_and_ended_from_its_mailed_link(
    client: FlaskClient, session: Session, video: Video
):
    given(client, video, frequency="monthly")
    address = mailed(session, "/monthly")
    at_provider = session.scalars(select(SandboxSubscription)).one()
    gift = session.scalars(select(MonthlyGift)).one()

    def press(change: str, **fields: str) -> tuple[str, str]:
        answer = client.post(address, data={"change": change, **fields})
        assert answer.status_code == 303
        session.expire_all()
        return gift.state, at_provider.state

    assert press("pause") == ("paused", "paused")
    assert "Go on giving" in client.get(address).text
    assert press("resume") == ("active", "active")
    assert press("amount", amount="20") == ("active", "active")
    assert (gift.amount_minor, at_provider.amount_minor) == (2000, 2000)
    assert press("end") == ("ended", "ended")
    run_due("money", "outbound")
    endings = [mail for mail in session.scalars(select(KeptMail)) if "has ended" in mail.subject]
    assert [("as you asked" in mail.text) for mail in endings] == [True]
    assert "Nothing more will be taken" in client.get(address).text
    page = client.get(address)
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_a_monthly_gift_that_rises_a_lot_is_confirmed_with_both_amounts(
    client: FlaskClient, session: Session, video: Video
):
    given(client, video, frequency="monthly")
    address = mailed(session, "/monthly")
    gift = session.scalars(select(MonthlyGift)).one()

    def raised(to: str, sure: str = "") -> tuple[int, int]:
        answer = client.post(address, data={"change": "amount", "amount": to, "sure": sure})
        asks = "Is this amount right?" in answer.text
        assert asks == (answer.status_code == 200)
        assert not asks or ("€12.50" in answer.text and f"€{to}" in answer.text)
        session.expire_all()
        return answer.status_code, gift.amount_minor

    assert raised("37.51") == (200, 1250)
    assert raised("37.51", sure="1250 9999") == (200, 1250)
    assert raised("37.51", sure="1250 3751") == (303, 3751)
    assert raised("112.53") == (303, 11253), "three times as much is not asked about"


def test_a_monthly_gift_that_fails_is_mended_with_another_card_by_its_mailed_link(
    client: FlaskClient, session: Session, video: Video
):
    given(client, video, FAILS_LATER, frequency="monthly")
    at_provider = session.scalars(select(SandboxSubscription)).one()
    gift = session.scalars(select(MonthlyGift)).one()
    subscriptions.renew(session, at_provider.code)
    run_due("money", "outbound")
    subjects = session.scalars(select(KeptMail.subject).order_by(KeptMail.id)).all()
    assert "did not go through" in subjects[-1]
    address = mailed(session, "/monthly")
    asked = client.post(address, data={"change": "card"})
    assert (asked.status_code, "/sandbox/cards/" in asked.location) == (303, True)
    assert client.post(asked.location, data={"card": DECLINED}).status_code == 422
    back = client.post(asked.location, data={"card": PAYS})
    assert (back.status_code, "tells us of your card" in client.get(back.location).text) == (303, True)
    run_due("outbound", "money", "outbound")
    session.expire_all()
    assert (gift.state, gift.card_at is not None) == ("failing", True)
    assert "Your new card is in place" in client.get(back.location).text
    subscriptions.renew(session, at_provider.code)
    run_due("money", "outbound")
    session.expire_all()
    assert (gift.state, session.scalars(select(Donation.state)).all()) == ("active", ["paid", "paid"])
    assert books.check(session).right


def test_nobody_tries_out_cards_on_a_monthly_gift(client: FlaskClient, session: Session, video: Video):
    given(client, video, frequency="monthly")
    address = mailed(session, "/monthly")
    answers = [client.post(address, data={"change": "card"}).status_code for _ in range(6)]
    assert answers == [303] * 5 + [429]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"change": "amount", "amount": "0.10"}, "smallest gift"),
        ({"change": "amount", "amount": "10,50"}, "10.50"),
        ({"change": "resume"}, "cannot be done"),
        ({"change": "nonsense"}, "Choose one of the buttons"),
    ],
)
def test_what_cannot_be_done_with_a_monthly_gift_is_said(
    client: FlaskClient, session: Session, video: Video, sent: dict[str, str], said: str
):
    given(client, video, frequency="monthly")
    answer = client.post(mailed(session, "/monthly"), data=sent)
    assert (answer.status_code, said in answer.text) == (422, True)


def test_a_provider_that_does_not_answer_is_said_kindly_and_nothing_is_noted(
    client: FlaskClient, session: Session, video: Video, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    given(client, video, frequency="monthly")
    address = mailed(session, "/monthly")

    def silence(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("no answer", request=request)

    gateway = app.extensions["payments"]
    monkeypatch.setattr(
        gateway, "_http", httpx.Client(base_url="http://x", transport=httpx.MockTransport(silence))
    )
    answer = client.post(address, data={"change": "end"})
    assert (answer.status_code, "does not answer right now" in answer.text) == (422, True)
    assert session.scalars(select(MonthlyGift.state)).one() == "active"


def test_a_month_later_the_renewal_is_credited_and_receipted(
    client: FlaskClient, session: Session, video: Video
):
    given(client, video, frequency="monthly")
    subscription = session.scalars(select(SandboxSubscription)).one()
    for _ in range(2):
        subscriptions.renew(session, subscription.code)
        run_due("money", "outbound")
    gifts = session.scalars(select(Donation).order_by(Donation.id)).all()
    assert [(one.state, one.captured_minor, one.video_id) for one in gifts] == [("paid", 1250, video.id)] * 3
    assert len(session.scalars(select(Receipt)).all()) == 3
    assert books.check(session).right


def test_the_link_of_one_monthly_gift_opens_no_other_page(
    client: FlaskClient, session: Session, video: Video, settings: Settings
):
    given(client, video, frequency="monthly")
    gift = session.scalars(select(MonthlyGift)).one()
    token = monthly.link_token(gift, settings.secret_key)
    assert client.get(f"/gifts/{token}").status_code == 404
    assert client.get(f"/monthly/{my_gifts(client, session).rsplit('/', 1)[1]}").status_code == 404


def test_nothing_is_taken_each_month_for_what_may_not_receive(
    client: FlaskClient, session: Session, project: Project, video: Video
):
    given(client, video, frequency="monthly")
    gift = session.scalars(select(MonthlyGift)).one()
    at_provider = session.scalars(select(SandboxSubscription)).one()

    def held(hour: int) -> tuple[str, str]:
        tasks.defer(session, "monthly.hold", dedupe_key=f"hold {hour}")
        run_due("outbound", "money")
        session.expire_all()
        return gift.state, at_provider.state

    nonprofit = session.get_one(Nonprofit, project.nonprofit_id)
    assert held(1) == ("active", "active")
    nonprofit.status = "suspended"
    session.flush()
    assert held(2) == ("paused", "paused")
    address = mailed(session, "/monthly")
    assert "We have paused it" in client.get(address).text
    assert client.post(address, data={"change": "resume"}).status_code == 422
    nonprofit.status = "verified"
    session.flush()
    assert held(3) == ("active", "active")
    client.post(address, data={"change": "pause"})
    assert held(4) == ("paused", "paused"), "what the donor paused is the donor's to resume"
    project.status = "closed"
    session.flush()
    assert held(5) == ("ended", "ended")
