"""The finance desk: gifts found and followed, money sent back once, disputes, payouts and differences."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask, get_template_attribute
from flask.testing import FlaskClient
from httpx import WSGITransport
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import permissions
from app.core import clock, db
from app.core.models import AuditEvent, Task
from app.donations.models import Donation, Refund
from app.finance import differences, gifts, overview
from app.finance.differences import Found
from app.gateways import traffic
from app.gateways.payments.contract import EventKind
from app.gateways.payments.sandbox.scripts import PLAIN_CARD
from app.nonprofits.models import Nonprofit
from app.projects.models import Project
from app.web.finance import exports
from tests import factories
from tests.finance.conftest import World, build
from tests.web.conftest import sign_in_as
from workers import credit
from workers.runner import run_due


@pytest.fixture
def money(session: Session) -> World:
    return build(session)


@pytest.fixture
def desk(client: FlaskClient, session: Session, money: World) -> FlaskClient:
    member = factories.person(session, "Fin Finance")
    factories.member(session, money.nonprofit, member, "finance")
    return sign_in_as(client, member)


def at(money: World, path: str = "") -> str:
    return f"/desk/{money.nonprofit.code}/money{path}"


def page(desk: FlaskClient, address: str) -> str:
    answer = desk.get(address)
    assert answer.status_code == 200, address
    return answer.text


def listed(text: str) -> set[str]:
    return set(re.findall(r"/money/donations/([a-z0-9]+)\"", text))


def test_the_desk_opens_with_balances_and_what_waits(desk: FlaskClient, money: World):
    shown = page(desk, at(money))
    assert "1 dispute is open" in shown
    for amount in ("€9.71", "€10.00", "¥4,855"):  # paid out, held in a dispute, held in yen
        assert amount in shown, amount


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?state=lost", {"lost"}),
        ("?q=pat", {"plain"}),
        ("?least=40", {"plain"}),
        ("?most=20&state=paid", {"paid"}),
        ("?last=2001-01-01", set()),
        ("?monthly=1", set()),
        ("?least=nonsense&first=nonsense&state=nonsense&project=nonsense", set()),
    ],
)
def test_gifts_are_found_by_filters(
    desk: FlaskClient, session: Session, money: World, query: str, names: set[str]
):
    money.gifts["plain"].donor_name = "Plain Pat"
    session.flush()
    expected = {money.gifts[name].number for name in names}
    assert listed(page(desk, at(money, f"/donations{query}"))) == expected


def test_nobody_finds_an_anonymous_donor_by_name(desk: FlaskClient, session: Session, money: World):
    money.gifts["paid"].anonymous = True
    money.gifts["paid"].donor_name = "Secret Sam"
    session.flush()
    assert listed(page(desk, at(money, "/donations?q=secret"))) == set()
    assert "Secret Sam" not in page(desk, at(money, f"/donations/{money.gifts['paid'].number}"))
    assert "Secret Sam" not in desk.get(at(money, "/donations.csv")).text


def test_the_list_is_paged_by_key(desk: FlaskClient, money: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gifts, "PAGE", 4)
    first = page(desk, at(money, "/donations"))
    [after] = set(re.findall(r"after=([a-z0-9]+)", first))
    second = page(desk, at(money, f"/donations?after={after}"))
    assert (len(listed(first)), len(listed(second))) == (4, 3)
    assert listed(first) | listed(second) == {gift.number for gift in money.gifts.values()}
    assert listed(page(desk, at(money, "/donations?after=nobody"))) == listed(first), (
        "as if nothing was asked"
    )


def test_the_export_holds_every_figure_and_no_formula(desk: FlaskClient, session: Session, money: World):
    money.gifts["partly"].donor_name = "=cmd()"
    session.flush()
    answer = desk.get(at(money, "/donations.csv"))
    rows = {row["Number"]: row for row in csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))}
    assert len(rows) == len(money.gifts)
    row = rows[money.gifts["partly"].number]
    assert (row["Donor"], row["Received"], row["Refunded"]) == ("'=cmd()", "10.00", "4.00")
    assert (row["Fees"], row["Net"], row["State"]) == ("0.29", "5.71", "partly_refunded")


def test_no_transaction_is_open_while_an_export_is_sent(
    desk: FlaskClient, money: World, monkeypatch: pytest.MonkeyPatch
):
    held: list[int] = [0]

    @contextmanager
    def counted() -> Iterator[Session]:
        held[0] += 1
        with db.unit_of_work() as inner:
            yield inner
        held[0] -= 1

    monkeypatch.setattr(exports, "unit_of_work", counted)
    answer = desk.get(at(money, "/donations.csv"), buffered=False)
    assert (answer.status_code, held) == (200, [0])
    assert len(answer.data.splitlines()) == 1 + len(money.gifts)


def test_who_reads_the_desk_without_settling_sees_no_form_and_only_administrators_the_test_provider(
    desk: FlaskClient, app: Flask, money: World, monkeypatch: pytest.MonkeyPatch
):
    assert "/sandbox/payments/" not in page(desk, at(money, f"/donations/{money.gifts['paid'].number}"))
    monkeypatch.setitem(app.extensions, "payments", None)
    assert "Compare with the provider now" not in page(desk, at(money, "/differences"))
    assert desk.post(at(money, "/compare")).status_code == 404
    monkeypatch.setitem(
        permissions.ROLE_ACTIONS,
        "finance",
        permissions.ROLE_ACTIONS["finance"] - {permissions.Action.MONEY_SETTLE},
    )
    assert "/note" not in page(desk, at(money, "/disputes"))


def test_a_gift_s_page_tells_all_that_happened(desk: FlaskClient, money: World):
    shown = page(desk, at(money, f"/donations/{money.gifts['lost'].number}"))
    for words in ("Payment arrived", "Dispute opened", "Dispute lost", "Receipt 3 issued", "became void"):
        assert words in shown, words
    assert "Send money back" not in shown


@pytest.fixture
def paid(session: Session, app: Flask, money: World) -> Donation:
    """A gift that the simulated provider itself has been paid."""
    donation = factories.paid_there(session, _project(session, money), PLAIN_CARD)
    with traffic.routed(WSGITransport(app)):
        run_due("outbound", "money")
    assert donation.state == "paid"
    return donation


def _project(session: Session, money: World) -> Project:
    return session.get_one(Project, money.gifts["paid"].project_id)


def give_back(
    desk: FlaskClient, money: World, donation: Donation, amount: str, code: str, reason: str = "Asked"
):
    typed = {"amount": amount, "reason": reason, "code": code}
    return desk.post(at(money, f"/donations/{donation.number}/refund"), data=typed)


def test_a_refund_asked_for_twice_is_sent_once_and_settled_by_its_event(
    desk: FlaskClient, session: Session, app: Flask, money: World, paid: Donation
):
    code = re.search(r'name="code"[^>]*value="([^"]+)"', page(desk, at(money, f"/donations/{paid.number}")))
    assert code is not None
    for _ in range(2):
        assert give_back(desk, money, paid, "4", code[1]).status_code == 303
    assert "€4.00 is on its way back" in page(desk, at(money, f"/donations/{paid.number}"))
    with traffic.routed(WSGITransport(app)):
        run_due("outbound", "money")
    refund = session.scalars(select(Refund).where(Refund.donation_id == paid.id)).one()
    assert (refund.state, refund.amount_minor, refund.reason) == ("succeeded", 400, "Asked")
    assert (paid.state, paid.refunded_minor) == ("partly_refunded", 400)
    shown = page(desk, at(money, f"/donations/{paid.number}"))
    assert "Fin Finance asked to send €4.00 back" in shown
    assert "Refund made · €4.00" in shown
    asked = session.scalars(select(AuditEvent).where(AuditEvent.action == "refund.asked")).one()
    assert asked.subject == f"donation:{paid.number}"


def test_more_than_is_left_is_refused_in_words(
    desk: FlaskClient, session: Session, money: World, paid: Donation
):
    assert give_back(desk, money, paid, "7", "a" * 22).status_code == 303
    answer = give_back(desk, money, paid, "4", "b" * 22)
    assert answer.status_code == 422
    assert "At most 3.00 EUR of this gift can still be sent back." in answer.text
    assert give_back(desk, money, paid, "1", "c" * 22, reason=" ").status_code == 422
    assert session.scalars(select(Refund.amount_minor).where(Refund.donation_id == paid.id)).all() == [700]


def test_what_the_provider_refuses_says_why_and_moves_nothing(
    desk: FlaskClient, session: Session, app: Flask, money: World
):
    gift = money.gifts["paid"]  # the simulated provider has never heard of it
    assert give_back(desk, money, gift, "4", "d" * 22).status_code == 303
    with traffic.routed(WSGITransport(app)):
        run_due("outbound")
    refund = session.scalars(select(Refund).where(Refund.donation_id == gift.id)).one()
    assert refund.state == "refused"
    assert "The provider refused the refund of €4.00" in page(desk, at(money, f"/donations/{gift.number}"))
    assert (gift.state, gift.refunded_minor) == ("paid", 0)


def test_a_gift_in_dispute_is_not_sent_back(desk: FlaskClient, money: World):
    answer = give_back(desk, money, money.gifts["disputed"], "1", "e" * 22)
    assert answer.status_code == 422
    assert "disputes this payment" in answer.text


def test_a_dispute_shows_its_days_left_and_keeps_a_note(desk: FlaskClient, session: Session, money: World):
    gift = factories.donation(session, to=_project(session, money))
    for kind in (EventKind.SUCCEEDED, EventKind.DISPUTE_OPENED):
        part = "dp-9" if kind is EventKind.DISPUTE_OPENED else ""
        event = factories.event(
            session,
            gift,
            kind,
            part=part,
            reason="fraudulent",
            respond_by=clock.now() + timedelta(days=4, hours=1),
        )
        credit.settle(session, event_ids=[event.id])
    shown = page(desk, at(money, "/disputes"))
    assert "4 days left" in shown
    assert "The cardholder says they did not pay" in shown
    [case] = [one for one in overview.disputes(session, money.nonprofit.id) if one.donation.id == gift.id]
    desk.post(at(money, f"/disputes/{case.dispute.code}/note"), data={"note": "Sent the receipt."})
    assert "Sent the receipt." in page(desk, at(money, "/disputes"))


def test_a_payout_names_the_gifts_it_is_made_of(desk: FlaskClient, money: World):
    [code] = set(re.findall(r"/money/payouts/([a-z0-9]+)\"", page(desk, at(money, "/payouts"))))
    shown = page(desk, at(money, f"/payouts/{code}"))
    assert money.gifts["paid"].number in shown
    [row] = csv.DictReader(
        io.StringIO(desk.get(at(money, f"/payouts/{code}/lines.csv")).data.decode("utf-8-sig"))
    )
    assert (row["Donation"], row["Amount"], row["Fee"]) == (money.gifts["paid"].number, "10.00", "0.29")


def test_a_difference_is_settled_with_a_note_and_only_with_one(
    desk: FlaskClient, session: Session, money: World
):
    gift = money.gifts["paid"]
    details = {"event": "refund.succeeded", "told": 1100, "currency": "EUR"}
    differences.note(session, [Found("never_legal", "event-1", money.nonprofit.id, gift.id, details)])
    shown = page(desk, at(money, "/differences"))
    assert "€11.00" in shown
    assert gift.number in shown
    [code] = set(re.findall(r"/differences/([a-z0-9]+)/settle", shown))
    address = at(money, f"/differences/{code}/settle")
    assert "Say what you found" in desk.post(address, data={"note": " "}, follow_redirects=True).text
    settled = desk.post(address, data={"note": "Paid back by hand."}, follow_redirects=True).text
    assert "Paid back by hand." in settled
    assert session.scalars(select(AuditEvent).where(AuditEvent.action == "difference.settled")).one()


@pytest.mark.parametrize("name", ["differences", "payouts"])
def test_the_provider_is_asked_at_once_and_once_a_minute(
    desk: FlaskClient, session: Session, money: World, monkeypatch: pytest.MonkeyPatch, name: str
):
    noon = clock.now().replace(hour=12, minute=0, second=1)
    monkeypatch.setattr(clock, "now", lambda: noon)
    assert "Compare with the provider now" in page(desk, at(money, f"/{name}"))
    for _ in range(2):
        answer = desk.post(at(money, "/compare"), data={"page": name})
        assert (answer.status_code, answer.location) == (303, at(money, f"/{name}"))
    assert "We are asking the provider." in page(desk, at(money, f"/{name}"))
    asked = select(Task).where(Task.name == "donations.reconcile")
    assert len(session.scalars(asked).all()) == 1
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "reconciliation.asked"))
    assert event.subject == f"nonprofit:{money.nonprofit.code}"
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(minutes=1))
    desk.post(at(money, "/compare"))
    assert len(session.scalars(asked).all()) == 2


def test_what_was_received_and_given_back_has_no_sign_of_the_ledger(desk: FlaskClient, money: World):
    shown = page(desk, at(money, f"/donations/{money.gifts['partly'].number}"))
    sides = re.findall(r"<li>\s*<span>(Received|Given back)</span>\s*<data[^>]*>([^<]*)</data>", shown)
    assert sides == [("Given back", "€4.00"), ("Received", "€10.00")]


def test_another_organisation_s_money_is_not_there(desk: FlaskClient, session: Session, money: World):
    other: Nonprofit = factories.nonprofit(session)
    assert desk.get(f"/desk/{other.code}/money").status_code == 404
    gift = factories.donation(session, to=factories.project(session, other))
    assert desk.get(at(money, f"/donations/{gift.number}")).status_code == 404


@pytest.mark.parametrize("kind", sorted(set(EventKind) - {EventKind.ACCOUNT_CHANGED}))
def test_what_a_provider_told_of_a_gift_is_said_in_words(app: Flask, kind: EventKind):
    with app.test_request_context():
        said = str(get_template_attribute("finance/words.html", "event_words")(kind))
    assert said.strip()
    assert kind not in said
