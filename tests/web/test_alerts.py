"""Alerts for administrators, and the switch that pauses a project."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core import alerts, clock, tasks
from app.core.models import Alert, AuditEvent, Task
from app.gateways.models import KeptMail
from app.projects.models import Project
from tests import factories
from tests.web.conftest import sign_in_as
from workers import alarms
from workers.runner import run_due


def test_an_alert_is_raised_once_mailed_shown_first_and_seen(
    office: FlaskClient, ada: Person, session: Session
):
    project = factories.project(session, title="A river")
    for _ in range(2):
        alerts.raise_alert(
            session, alerts.ATTACK, f"project:{project.code}", "key", project="A river", code=project.code
        )
    run_due("outbound")
    [mail] = session.scalars(select(KeptMail).where(KeptMail.to == ada.email))
    assert "“A river”" in mail.text
    assert "/admin/alerts" in mail.text
    home = office.get("/admin").text
    assert home.index("testing stolen cards") < home.index("Nonprofits to check")
    assert '<b class="desk__count number">1</b>' in home
    page = office.get("/admin/alerts").text
    assert f"/admin/projects/{project.code}" in page
    [alert] = session.scalars(select(Alert))
    assert office.post(f"/admin/alerts/{alert.id}/seen").status_code == 303
    assert alert.seen_by_id == ada.id
    assert "No alerts" in office.get("/admin/alerts").text
    assert office.post("/admin/alerts/999999999/seen").status_code == 404


@pytest.mark.parametrize("kind", [alerts.ATTACK, alerts.MISMATCH, alerts.DEAD_TASK])
def test_every_kind_of_alert_has_its_words(office: FlaskClient, session: Session, kind: str):
    alerts.raise_alert(session, kind, "site", kind, task="credit.settle", error="<why>")
    run_due("outbound")
    [mail] = session.scalars(select(KeptMail))
    assert mail.subject.startswith("Alert: ")
    assert office.get("/admin/alerts").status_code == 200
    assert office.get("/admin").status_code == 200


def test_work_on_money_that_was_given_up_alarms_once_an_hour(session: Session):
    for number in range(3):
        alarms.task_died(session, number, "credit.settle", "ValueError: no")
    alarms.task_died(session, 9, "media.ladder", "ValueError: no")
    assert [alert.kind for alert in session.scalars(select(Alert))] == ["dead_task"]


def test_the_next_alert_says_how_many_were_given_up_since_the_last(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    then = clock.now().replace(minute=1)
    for hours in (0, 1, 2, 26):  # the second and the third are told of with the fourth
        at = then + timedelta(hours=hours if hours > 2 else 0, minutes=hours)
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        dead = Task(name="credit.settle", queue="money", args={}, run_after=at, dead_at=at, last_error="no")
        session.add(dead)
        session.flush()
        alarms.task_died(session, dead.id, dead.name, "no")
    raised = session.scalars(select(Alert).order_by(Alert.id)).all()
    assert [alert.details["count"] for alert in raised] == [1, 3]


def test_an_event_that_does_not_fit_its_gift_alarms(session: Session):
    donation = factories.donation(session)
    event = factories.event(session, donation, amount_minor=999)
    task_id = tasks.defer(session, "credit.settle", event_id=event.id)
    run_due("money")
    assert session.get_one(Task, task_id, populate_existing=True).dead_at is not None
    [alert] = session.scalars(select(Alert))
    assert (alert.kind, alert.subject) == ("mismatch", f"task:{task_id}")
    assert "999" in alert.details["error"]


@pytest.mark.parametrize("role", ["owner", "finance", "editor"])
def test_those_who_work_on_a_project_pause_it_and_let_gifts_in_again(
    client: FlaskClient, session: Session, role: str
):
    project = factories.project(session)
    who = factories.person(session)
    factories.member(session, project.nonprofit, who, role)
    sign_in_as(client, who)
    here = f"/desk/projects/{project.code}"
    assert f"{here}/pause" in client.get(here).text
    assert client.post(f"{here}/pause", data={"reason": " "}).status_code == 422
    assert client.post(f"{here}/pause", data={"reason": "Strange payments"}).status_code == 303
    assert "Strange payments" in client.get(here).text
    refused = client.post(f"/p/{project.code}/donate", data={"amount": "5"})
    assert (refused.status_code, "paused" in refused.text) == (409, True)
    assert client.post(f"{here}/resume").status_code == 303
    assert client.get(f"/p/{project.code}/donate").status_code == 200
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    done = [(event.action, event.actor_id) for event in events if event.subject == f"project:{project.code}"]
    assert done[-2:] == [("project.pause", who.id), ("project.resume", who.id)]
    closing = session.scalars(select(Task).where(Task.name == "donations.close_open")).all()
    assert [task.args["project_id"] for task in closing] == [project.id]


def test_administrators_pause_any_live_project(office: FlaskClient, session: Session):
    project, draft = factories.project(session), factories.project(session, status="draft")
    here = f"/admin/projects/{project.code}"
    assert "Pause gifts" in office.get(here).text
    assert office.post(f"{here}/pause", data={"reason": ""}).status_code == 422
    assert office.post(f"{here}/pause", data={"reason": "An attack"}).status_code == 303
    assert session.get_one(Project, project.id, populate_existing=True).pause_reason == "An attack"
    assert "An attack" in office.get(here).text
    assert office.post(f"{here}/resume").status_code == 303
    assert session.get_one(Project, project.id, populate_existing=True).paused_at is None
    assert office.post(f"/admin/projects/{draft.code}/pause", data={"reason": "x"}).status_code == 422
    assert office.get("/admin/projects/nothing").status_code == 404
