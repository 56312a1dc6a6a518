"""Views that are kept and come by mail: begun and stopped by mailed links, as long as their reader stays."""

from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import clock
from app.core.errors import KindrelayError
from app.gateways.models import KeptMail
from app.nonprofits import team
from app.nonprofits.models import Nonprofit
from app.reports import report_mails, saved_views
from app.reports.files.models import ReportFile, ReportMail, SavedView
from app.reports.saved_views import Sketch
from tests import factories
from tests.web.conftest import sign_in_as
from workers.runner import run_due

ZONE = "Asia/Shanghai"
A_THURSDAY = datetime(2026, 10, 29, 2, tzinfo=UTC)


@pytest.fixture
def nonprofit(session: Session, owner: Person) -> Nonprofit:
    return factories.nonprofit(session, owner, time_zone=ZONE)


@pytest.fixture
def desk(client: FlaskClient, owner: Person) -> FlaskClient:
    return sign_in_as(client, owner)


def kept(session: Session, nonprofit: Nonprofit, owner: Person, **values: str) -> SavedView:
    sketch = {"name": "Every month", "page": "creators", "span": "last-month", **values}
    return saved_views.keep(session, nonprofit, owner.id, Sketch(**sketch))  # pyright: ignore[reportArgumentType]


def set_clock(patch: pytest.MonkeyPatch, moment: datetime) -> None:
    patch.setattr(clock, "now", lambda: moment)


def test_a_view_is_kept_opened_renamed_and_removed(session: Session, nonprofit: Nonprofit, desk: FlaskClient):
    address = f"/desk/{nonprofit.code}/reports/views"
    begun = desk.get(f"{address}?page=videos&span=this-quarter&sort=net&order=asc").text
    assert 'name="sort" type="hidden" value="net"' in begun
    desk.post(
        address, data={"name": " Board  meeting ", "page": "videos", "span": "this-quarter", "sort": "net"}
    )
    [view] = saved_views.of(session, nonprofit.id)
    assert (view.name, view.page, view.span, view.choices) == (
        "Board meeting",
        "videos",
        "this-quarter",
        {"sort": "net"},
    )
    opened = desk.get(f"{address}/{view.code}")
    assert opened.location == f"/desk/{nonprofit.code}/reports/videos?span=this-quarter&sort=net"
    desk.post(f"{address}/{view.code}/rename", data={"name": "For the board"})
    assert "For the board" in desk.get(address).text
    desk.post(f"{address}/{view.code}/remove")
    assert list(saved_views.of(session, nonprofit.id)) == []


def test_days_that_stay_are_kept_as_they_are(session: Session, nonprofit: Nonprofit, desk: FlaskClient):
    address = f"/desk/{nonprofit.code}/reports/views"
    days = {"first": "2026-03-01", "last": "2026-03-31"}
    desk.post(address, data={"name": "March", "page": "creators", "span": "fixed", **days})
    [view] = saved_views.of(session, nonprofit.id)
    assert desk.get(f"{address}/{view.code}").location.endswith("?first=2026-03-01&last=2026-03-31")
    asked = desk.post(
        f"{address}/{view.code}/mail", data={"every": "week", "format": "csv"}, follow_redirects=True
    )
    assert "stay the same" in asked.text
    assert session.scalars(select(ReportMail)).all() == []


@pytest.mark.parametrize(
    "bad",
    [
        {"name": " "},
        {"name": "x" * 81},
        {"name": "Taken"},
        {"page": "donors"},
        {"span": "fixed"},
        {"span": "soon"},
    ],
)
def test_a_view_that_makes_no_sense_is_refused(
    session: Session, nonprofit: Nonprofit, owner: Person, desk: FlaskClient, bad: dict[str, str]
):
    kept(session, nonprofit, owner, name="Taken")
    good = {"name": "Good", "page": "creators", "span": "last-year"}
    assert desk.post(f"/desk/{nonprofit.code}/reports/views", data={**good, **bad}).status_code == 422
    assert len(saved_views.of(session, nonprofit.id)) == 1


def test_nothing_is_mailed_before_the_mailed_link_is_opened_and_answered(
    session: Session, nonprofit: Nonprofit, owner: Person, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    set_clock(monkeypatch, A_THURSDAY)
    view = kept(session, nonprofit, owner)
    view.choices = {"sort": "gross", "show": "money"}
    address = f"/desk/{nonprofit.code}/reports/views/{view.code}/mail"
    desk.post(address, data={"every": "month", "format": "xlsx"})
    mail = session.scalars(select(ReportMail)).one()
    assert (mail.confirmed_at, mail.next_on) == (None, date(2026, 11, 1))
    run_due("outbound")
    [letter] = session.scalars(select(KeptMail))
    assert (letter.to, f"/report-mails/{mail.code}" in letter.text) == (owner.email, True)
    set_clock(monkeypatch, datetime(2026, 11, 1, 3, tzinfo=UTC))
    report_mails.order_due(session)
    assert session.scalars(select(ReportFile)).all() == []
    sign_in_as(desk, None)
    assert "Yes, send it to me" in desk.get(f"/report-mails/{mail.code}").text
    desk.post(f"/report-mails/{mail.code}", data={"do": "begin"})
    session.refresh(mail)
    assert mail.confirmed_at is not None
    report_mails.order_due(session)
    [file] = session.scalars(select(ReportFile))
    assert (file.first, file.last, file.format) == (date(2026, 10, 1), date(2026, 10, 31), "xlsx")
    assert file.which == {"page": "creators", "sort": "gross"}
    assert mail.next_on == date(2026, 12, 1)
    run_due("reports", "outbound")
    letter = session.scalars(select(KeptMail).order_by(KeptMail.id.desc())).first()
    assert letter is not None
    assert f"/desk/{nonprofit.code}/reports/files/{file.code}" in letter.text
    assert f"/report-mails/{mail.code}" in letter.text
    assert "October 1, 2026 to October 31, 2026" in letter.subject
    desk.post(f"/report-mails/{mail.code}", data={"do": "stop"})
    assert session.scalars(select(ReportMail)).all() == []
    assert desk.get(f"/report-mails/{mail.code}").status_code == 404


def begun(session: Session, nonprofit: Nonprofit, owner: Person, **values: str) -> ReportMail:
    view = kept(session, nonprofit, owner, **values)
    mail = report_mails.want(session, view, nonprofit, owner.id, "week", "csv")
    report_mails.confirm(session, mail)
    return mail


def test_a_week_that_was_missed_is_made_up_for_once_and_in_the_nonprofits_own_day(
    session: Session, nonprofit: Nonprofit, owner: Person, monkeypatch: pytest.MonkeyPatch
):
    set_clock(monkeypatch, A_THURSDAY)
    mail = begun(session, nonprofit, owner, span="30-days")
    assert mail.next_on == date(2026, 11, 2)
    for early in (datetime(2026, 11, 1, 15, tzinfo=UTC), datetime(2026, 11, 1, 21, tzinfo=UTC)):
        set_clock(monkeypatch, early)  # Sunday there, and Monday before six
        report_mails.order_due(session)
        assert session.scalars(select(ReportFile)).all() == []
    set_clock(monkeypatch, datetime(2026, 11, 18, 4, tzinfo=UTC))
    for _ in range(2):
        report_mails.order_due(session)
    [file] = session.scalars(select(ReportFile))
    assert (file.first, file.last, mail.next_on) == (
        date(2026, 10, 19),
        date(2026, 11, 17),
        date(2026, 11, 23),
    )


def test_who_has_left_gets_no_more_mail(
    session: Session, nonprofit: Nonprofit, owner: Person, monkeypatch: pytest.MonkeyPatch
):
    set_clock(monkeypatch, A_THURSDAY)
    leaving = factories.person(session)
    factories.member(session, nonprofit, leaving, "viewer")
    begun(session, nonprofit, leaving)
    set_clock(monkeypatch, datetime(2026, 11, 2, 4, tzinfo=UTC))
    report_mails.order_due(session)
    team.remove(session, nonprofit, leaving.code, owner.id)
    run_due("reports", "outbound")
    assert session.scalars(select(ReportFile.state)).all() == ["ready"]
    assert (
        session.scalars(
            select(KeptMail).where(KeptMail.to == leaving.email, KeptMail.subject.contains("2026"))
        ).all()
        == []
    )
    set_clock(monkeypatch, datetime(2026, 11, 9, 4, tzinfo=UTC))
    report_mails.order_due(session)
    assert session.scalars(select(ReportMail)).all() == []


def test_a_view_that_others_get_by_mail_stays(session: Session, nonprofit: Nonprofit, owner: Person):
    other = factories.person(session)
    factories.member(session, nonprofit, other, "viewer")
    view = begun(session, nonprofit, other).view_id
    found = session.get_one(SavedView, view)
    with pytest.raises(KindrelayError, match="Others in your team"):
        saved_views.remove(session, found, owner.id)
    report_mails.stop_own(session, found, other.id)
    saved_views.remove(session, found, owner.id)
    assert list(saved_views.of(session, nonprofit.id)) == []


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        ("last-month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this-month", date(2026, 10, 1), date(2026, 10, 31)),  # of which the first of November is no day yet
        ("30-days", date(2026, 10, 2), date(2026, 10, 31)),
        ("this-year", date(2026, 1, 1), date(2026, 10, 31)),
        ("last-quarter", date(2026, 7, 1), date(2026, 9, 30)),
    ],
)
def test_what_is_mailed_ends_before_today(span: str, first: date, last: date):
    view = SavedView(span=span, choices={})
    days = saved_views.whole_days(view, datetime(2026, 10, 31, 22, tzinfo=UTC), ZONE)
    assert (days.first, days.last) == (first, last)
