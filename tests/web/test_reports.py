"""The desk's reports: every figure the same on the screen, in the CSV, in its donations and in the ledger."""

import csv
import html
import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock
from app.core.money import Money
from app.donations.models import Donation
from app.finance import books
from app.finance.sums import Sums
from app.gateways.payments.contract import EventKind
from app.nonprofits.models import Nonprofit
from app.projects.models import Project
from app.reports import movements, periods, queries, report_table, tables
from app.reports.periods import Period
from app.videos.models import Video
from tests import factories
from tests.web.conftest import sign_in_as
from workers import credit


@pytest.fixture
def project(session: Session, nonprofit: Nonprofit) -> Project:
    return factories.project(session, nonprofit)


@pytest.fixture
def video(session: Session, project: Project) -> Video:
    return factories.video(session, carries=project, title='=HYPERLINK("evil")')


def gift(
    session: Session, through: Video | None, to: Project, minor: int, fee: int, **values: object
) -> Donation:
    donation = factories.donation(session, through, to, amount_minor=minor, **values)
    credit.settle(session, event_ids=[factories.event(session, donation, fee_minor=fee).id])
    return donation


def give_back(session: Session, donation: Donation, minor: int) -> None:
    credit.settle(session, event_ids=[factories.event(session, donation, EventKind.REFUNDED, minor).id])


@pytest.fixture
def gifts(session: Session, project: Project, video: Video) -> list[Donation]:
    made = [
        gift(session, video, project, 1000, 29),
        gift(
            session,
            video,
            project,
            2550,
            74,
            donor_name="Secret Sam",
            anonymous=True,
            email="sam@example.org",
        ),
        gift(session, None, project, 700, 20, donor_name="Plain Pat", email="pat@example.org"),
    ]
    give_back(session, made[1], 550)
    return made


def page_at(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.text


def rows_of(session: Session, nonprofit: Nonprofit, period: Period | None = None) -> list[dict[str, str]]:
    """The rows of the report's CSV: of the latest days, or of a period."""
    report = queries.report(session, nonprofit.id, period or periods.latest(clock.now(), nonprofit.time_zone))
    made, written = report_table.table(report, clock.now(), str), io.StringIO()
    tables.into(written, made.header, made.rows)
    return list(csv.DictReader(io.StringIO(written.getvalue())))


@pytest.mark.usefixtures("gifts")
def test_screen_csv_donations_and_ledger_agree(
    client: FlaskClient, session: Session, owner: Person, nonprofit: Nonprofit, video: Video
):
    sign_in_as(client, owner)
    address = f"/desk/{nonprofit.code}/reports"
    rows = rows_of(session, nonprofit)
    [of_video] = [row for row in rows if row["Row"] == "Video"]
    [uncredited] = [row for row in rows if row["Row"] == "Not credited"]
    [total] = [row for row in rows if row["Row"] == "Total"]
    assert (of_video["Donations"], of_video["Gross"], of_video["Refunds"]) == ("2", "35.50", "5.50")
    assert (of_video["Fees"], of_video["Net"]) == ("1.03", "28.97")
    assert (uncredited["Gross"], uncredited["Net"]) == ("7.00", "6.80")
    assert (total["Donations"], total["Gross"], total["Net"]) == ("3", "42.50", "35.77")
    screen = page_at(client, address)
    for shown in ("€35.50", "€5.50", "€1.03", "€28.97", "€42.50", "€35.77", "€6.80"):
        assert shown in screen, shown
    behind = page_at(client, f"{address}/donations?currency=EUR&video={video.code}")
    for shown in ("€35.50", "€5.50", "€1.03", "€28.97"):
        assert shown in behind, shown
    [account] = books.check(session).accounts
    assert account.ledger == Sums(4250, 550, 123)
    assert books.check(session).right


@pytest.mark.usefixtures("gifts")
def test_a_title_that_a_spreadsheet_would_run_is_made_harmless(session: Session, nonprofit: Nonprofit):
    [of_video] = [row for row in rows_of(session, nonprofit) if row["Row"] == "Video"]
    assert of_video["Video"] == '\'=HYPERLINK("evil")'
    assert of_video["Credit rule"] == "last v1"


@pytest.mark.parametrize(("role", "sees"), [("finance", True), ("viewer", False), ("editor", False)])
def test_donors_are_named_to_those_who_may_know_and_anonymous_ones_to_nobody(
    client: FlaskClient,
    session: Session,
    nonprofit: Nonprofit,
    gifts: list[Donation],
    role: str,
    sees: bool,
):
    member = factories.person(session)
    factories.member(session, nonprofit, member, role)
    sign_in_as(client, member)
    address = f"/desk/{nonprofit.code}/reports/donations"
    pages = page_at(client, f"{address}?currency=EUR")
    for donation in gifts:
        pages += page_at(client, f"{address}/{donation.number}")
    assert ("Plain Pat" in pages, "pat@example.org" in pages) == (sees, sees)
    assert "Secret Sam" not in pages
    assert "sam@example.org" not in pages
    assert gifts[0].code not in pages


def test_the_evidence_of_a_donation_shows_its_split_and_its_postings(
    client: FlaskClient, session: Session, owner: Person, nonprofit: Nonprofit, gifts: list[Donation]
):
    sign_in_as(client, owner)
    page = page_at(client, f"/desk/{nonprofit.code}/reports/donations/{gifts[1].number}")
    for shown in ("Why this split?", "€25.50", "€5.50", "€20.00", "€0.74", "Partly refunded"):
        assert shown in page, shown
    assert "Payment arrived" in page
    assert EventKind.SUCCEEDED not in page


def test_another_nonprofits_donations_are_not_shown(
    client: FlaskClient, session: Session, gifts: list[Donation]
):
    stranger = factories.person(session)
    elsewhere = factories.nonprofit(session, stranger)
    sign_in_as(client, stranger)
    assert client.get(f"/desk/{elsewhere.code}/reports/donations/{gifts[0].number}").status_code == 404
    assert "€" not in page_at(client, f"/desk/{elsewhere.code}/reports")


def test_two_currencies_have_two_totals(session: Session, nonprofit: Nonprofit):
    yen = factories.project(session, nonprofit, goal=Money(100_000, "JPY"))
    euro = factories.project(session, nonprofit)
    gift(session, None, yen, 5000, 145)
    gift(session, None, euro, 5000, 145)
    rows = rows_of(session, nonprofit)
    totals = {row["Currency"]: row["Gross"] for row in rows if row["Row"] == "Total"}
    assert totals == {"JPY": "5000", "EUR": "50.00"}


@pytest.mark.usefixtures("gifts")
def test_the_period_before_stands_beside_it(session: Session, nonprofit: Nonprofit):
    tomorrow = (clock.now() + timedelta(days=1)).date()
    period = periods.between(tomorrow, tomorrow + timedelta(days=1), nonprofit.time_zone)
    [total] = [row for row in rows_of(session, nonprofit, period) if row["Row"] == "Total"]
    assert (total["Net"], total["Net in the period before"]) == ("0.00", "35.77")


def test_a_long_list_is_paged(
    client: FlaskClient,
    session: Session,
    owner: Person,
    nonprofit: Nonprofit,
    gifts: list[Donation],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(movements, "PAGE", 3)
    sign_in_as(client, owner)
    address = f"/desk/{nonprofit.code}/reports/donations?currency=EUR"
    first = page_at(client, address)
    [older] = re.findall('rel="next" href="([^"]+)"', first)
    second = page_at(client, html.unescape(older))
    assert [page.count("reports/donations/") for page in (first, second)] == [3, 1]
    assert 'rel="next"' not in second


@pytest.mark.usefixtures("gifts")
def test_the_desk_begins_with_what_came_in_lately(client: FlaskClient, owner: Person, nonprofit: Nonprofit):
    sign_in_as(client, owner)
    page = page_at(client, f"/desk/{nonprofit.code}")
    for shown in ("Last 30 days", "€35.77", "€28.97", "HYPERLINK", "Not credited to any video"):
        assert shown in page, shown
    assert f'href="/desk/{nonprofit.code}/reports"' in page


def test_a_desk_without_gifts_tells_of_none(client: FlaskClient, owner: Person, nonprofit: Nonprofit):
    sign_in_as(client, owner)
    assert "Last 30 days" not in page_at(client, f"/desk/{nonprofit.code}")


def test_an_empty_report_says_so(client: FlaskClient, owner: Person, nonprofit: Nonprofit):
    sign_in_as(client, owner)
    assert "Nothing came in" in page_at(client, f"/desk/{nonprofit.code}/reports")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("first=abc&last=2026-02-01", "first, last"),
        ("first=2026-01-01", "first"),
        ("page=bogus", "page"),
        ("span=ever&sort=zz&order=up&step=hour", "span, sort, order, step"),
    ],
)
def test_a_program_is_told_what_it_asked_that_means_nothing(
    client: FlaskClient, owner: Person, nonprofit: Nonprofit, said: str, named: str
):
    sign_in_as(client, owner)
    answer = client.get(f"/desk/{nonprofit.code}/reports.json?{said}")
    assert (answer.status_code, answer.json) == (
        400,
        {"error": f"This address says what means nothing here: {named}."},
    )


@pytest.mark.usefixtures("gifts")
def test_days_from_ever_to_ever_end_today(client: FlaskClient, owner: Person, nonprofit: Nonprofit):
    sign_in_as(client, owner)
    page = page_at(client, f"/desk/{nonprofit.code}/reports?first=0001-01-01&last=9999-12-31")
    assert "€35.77" in page
    assert f'name="last" value="{clock.now().date().isoformat()}"' in page


def test_what_is_kept_is_what_is_shown(client: FlaskClient, owner: Person, nonprofit: Nonprofit):
    sign_in_as(client, owner)
    address = f"/desk/{nonprofit.code}/reports"
    assert f"{address}/views?page=creators&amp;span=30-days#keep" in page_at(client, address)
    days = "first=2026-01-01&amp;last=2026-01-20"
    assert f"page=creators&amp;{days}" in page_at(client, f"{address}?{html.unescape(days)}")
